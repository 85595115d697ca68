//! Reads pets with [`get`] and [`list`], and validates every column.
//!
//! Nothing here writes or repairs: an invalid value is an error that names the pet.
//!
//! A column that older versions of the schema lack is qualified with its table, `"Pet"."traits"`: SQLite treats an
//! unqualified name in double quotes that is not a column as a string literal, and would return the text `traits`
//! from an older schema.

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::traits::PetTraits;
use super::{Pet, PetError, PetSummary, Temperament};

const ACTION: &str = "read a pet";

/// Reads the pet with this id.
///
/// # Errors
///
/// [`PetError::NotFound`]; [`PetError::MissingTraits`]; [`PetError::InvalidTraits`] with the path of the invalid
/// field; [`PetError::Corrupt`] if another column is invalid; [`PetError::SchemaBehind`] or [`PetError::Database`]
/// if a query fails.
pub async fn get(conn: &mut SqliteConnection, id: Uuid) -> Result<Pet, PetError> {
    let row: Option<Row> = sqlx::query_as(
        r#"SELECT "name", "userId", "generation",
                  "friendliness", "energyTrait", "curiosity", "patience", "playfulness",
                  "parent1Id", "parent2Id", "createdAt", "updatedAt", "Pet"."traits"
           FROM "Pet" WHERE "id" = $1"#,
    )
    .bind(id.to_string())
    .fetch_optional(&mut *conn)
    .await
    .map_err(PetError::database(ACTION))?;
    let row = row.ok_or(PetError::NotFound { id })?;
    let genetic_traits = sqlx::query_scalar(
        r#"SELECT "Trait"."name" FROM "PetTrait" JOIN "Trait" ON "Trait"."id" = "PetTrait"."traitId"
           WHERE "PetTrait"."petId" = $1 ORDER BY "Trait"."name""#,
    )
    .bind(id.to_string())
    .fetch_all(conn)
    .await
    .map_err(PetError::database(ACTION))?;
    row.into_pet(id, genetic_traits)
}

/// Reads at most `limit` pets, sorted by name and id.
///
/// # Errors
///
/// Fails if the query fails. A pet with missing or invalid traits is not an error here.
pub async fn list(conn: &mut SqliteConnection, limit: u32) -> Result<Vec<PetSummary>, PetError> {
    let rows: Vec<(String, String, Option<String>)> =
        sqlx::query_as(r#"SELECT "id", "name", "Pet"."traits" FROM "Pet" ORDER BY "name", "id" LIMIT $1"#)
            .bind(limit)
            .fetch_all(conn)
            .await
            .map_err(PetError::database("list the pets"))?;
    Ok(rows
        .into_iter()
        .map(|(id, name, traits)| PetSummary { id, name, traits: traits.map(|text| PetTraits::from_json(&text)) })
        .collect())
}

/// A row of `"Pet"` before validation.
#[derive(sqlx_macros::FromRow)]
#[sqlx(rename_all = "camelCase")]
struct Row {
    name: String,
    user_id: String,
    generation: i64,
    friendliness: i64,
    energy_trait: i64,
    curiosity: i64,
    patience: i64,
    playfulness: i64,
    #[sqlx(rename = "parent1Id")]
    parent1_id: Option<String>,
    #[sqlx(rename = "parent2Id")]
    parent2_id: Option<String>,
    created_at: String,
    updated_at: String,
    traits: Option<String>,
}

impl Row {
    fn into_pet(self, id: Uuid, genetic_traits: Vec<String>) -> Result<Pet, PetError> {
        let Some(traits) = self.traits else {
            return Err(PetError::MissingTraits { id, name: self.name });
        };
        let traits = match PetTraits::from_json(&traits) {
            Ok(traits) => traits,
            Err(fault) => return Err(PetError::InvalidTraits { id, name: self.name, fault }),
        };
        Ok(Pet {
            id,
            generation: self.generation,
            temperament: Temperament {
                friendliness: percent(id, "friendliness", self.friendliness)?,
                energy: percent(id, "energyTrait", self.energy_trait)?,
                curiosity: percent(id, "curiosity", self.curiosity)?,
                patience: percent(id, "patience", self.patience)?,
                playfulness: percent(id, "playfulness", self.playfulness)?,
            },
            parents: [parent(id, "parent1Id", self.parent1_id)?, parent(id, "parent2Id", self.parent2_id)?],
            traits,
            genetic_traits,
            name: self.name,
            user_id: self.user_id,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn percent(id: Uuid, column: &'static str, value: i64) -> Result<u8, PetError> {
    match u8::try_from(value) {
        Ok(percent) if percent <= Temperament::MAX => Ok(percent),
        _ => Err(PetError::Corrupt { id, column, found: value.to_string(), expected: "a number from 0 to 100" }),
    }
}

fn parent(id: Uuid, column: &'static str, value: Option<String>) -> Result<Option<Uuid>, PetError> {
    let Some(found) = value else { return Ok(None) };
    match Uuid::try_parse(&found) {
        Ok(parent) => Ok(Some(parent)),
        Err(_) => Err(PetError::Corrupt { id, column, found, expected: "a UUID" }),
    }
}
