//! Creates pets; see [`create`].
//!
//! Only this module makes random choices: the id and the genetic traits. [`traits`](super::traits) derives the
//! visual traits from the id.

use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use super::change::now;
use super::traits::generate;
use super::{NewPet, Pet, PetError, Temperament, read};

/// The number of genetic traits of kind `visual` that a new pet gets.
pub const VISUAL_TRAITS: u32 = 4;
/// The number of genetic traits of kind `personality` that a new pet gets. It gets none of kind `skill`.
pub const PERSONALITY_TRAITS: u32 = 3;

const ACTION: &str = "create a pet";

/// Creates a pet, with the visual traits that follow from its id and with random genetic traits, in one transaction.
///
/// The connection must not be in a transaction: this function begins one with `BEGIN IMMEDIATE`, which takes
/// SQLite's write lock. A transaction that first reads and then writes would fail immediately, without waiting for
/// the lock, if another connection wrote in between.
///
/// # Errors
///
/// A [`PetError`] that names the invalid field, user, parent or kind of traits; nothing is stored then.
pub async fn create(conn: &mut SqliteConnection, new: NewPet) -> Result<Pet, PetError> {
    check_fields(&new)?;
    let id = Uuid::new_v4();
    let traits = generate(id);

    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(PetError::database(ACTION))?;
    check_user(&mut tx, &new.user_id).await?;
    let generation = generation(&mut tx, &new.parents).await?;
    let [parent1, parent2] = new.parents.map(|parent| parent.map(|id| id.to_string()));
    sqlx::query(
        r#"INSERT INTO "Pet" ("id", "name", "userId", "generation",
                              "friendliness", "energyTrait", "curiosity", "patience", "playfulness",
                              "parent1Id", "parent2Id", "createdAt", "updatedAt", "traits")
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)"#,
    )
    .bind(id.to_string())
    .bind(&new.name)
    .bind(&new.user_id)
    .bind(generation)
    .bind(new.temperament.friendliness)
    .bind(new.temperament.energy)
    .bind(new.temperament.curiosity)
    .bind(new.temperament.patience)
    .bind(new.temperament.playfulness)
    .bind(parent1)
    .bind(parent2)
    .bind(now())
    .bind(traits.to_json())
    .execute(&mut *tx)
    .await
    .map_err(PetError::database(ACTION))?;
    give_genetic_traits(&mut tx, id, "visual", VISUAL_TRAITS).await?;
    give_genetic_traits(&mut tx, id, "personality", PERSONALITY_TRAITS).await?;
    let pet = read::get(&mut tx, id).await?;
    tx.commit().await.map_err(PetError::database(ACTION))?;
    Ok(pet)
}

/// Rejects values that are invalid regardless of the content of the database.
fn check_fields(new: &NewPet) -> Result<(), PetError> {
    if let Some((field, value)) = new.temperament.columns().into_iter().find(|(_, value)| *value > Temperament::MAX) {
        return Err(PetError::OutOfRange { field, value });
    }
    match new.parents {
        [Some(one), Some(other)] if one == other => Err(PetError::SameParents { id: one }),
        _ => Ok(()),
    }
}

async fn check_user(conn: &mut SqliteConnection, user_id: &str) -> Result<(), PetError> {
    let exists: bool = sqlx::query_scalar(r#"SELECT EXISTS (SELECT 1 FROM "User" WHERE "id" = $1)"#)
        .bind(user_id)
        .fetch_one(conn)
        .await
        .map_err(PetError::database(ACTION))?;
    if exists { Ok(()) } else { Err(PetError::NoSuchUser { user_id: user_id.to_owned() }) }
}

/// Returns the larger generation of the parents plus one; 1 without parents.
async fn generation(conn: &mut SqliteConnection, parents: &[Option<Uuid>; 2]) -> Result<i64, PetError> {
    let mut largest = 0;
    for &id in parents.iter().flatten() {
        let generation: Option<i64> = sqlx::query_scalar(r#"SELECT "generation" FROM "Pet" WHERE "id" = $1"#)
            .bind(id.to_string())
            .fetch_optional(&mut *conn)
            .await
            .map_err(PetError::database(ACTION))?;
        largest = largest.max(generation.ok_or(PetError::NoSuchParent { id })?);
    }
    Ok(largest + 1)
}

async fn give_genetic_traits(
    conn: &mut SqliteConnection,
    pet: Uuid,
    kind: &'static str,
    needed: u32,
) -> Result<(), PetError> {
    let found = sqlx::query(
        r#"INSERT INTO "PetTrait" ("petId", "traitId")
           SELECT $1, "id" FROM "Trait" WHERE "kind" = $2 ORDER BY random() LIMIT $3"#,
    )
    .bind(pet.to_string())
    .bind(kind)
    .bind(needed)
    .execute(conn)
    .await
    .map_err(PetError::database(ACTION))?
    .rows_affected();
    if found == u64::from(needed) { Ok(()) } else { Err(PetError::TooFewTraits { kind, needed, found }) }
}
