//! Traffic of `pets`. The app creates, renames and deletes pets. An app that is older than visual traits creates
//! pets without them.

use app::pets::traits::generate;
use app::pets::{NewPet, PetError, Temperament, create, delete, get, rename};
use rehearsal::generate::Draw;
use rehearsal::proofs::{Failure, Held, Traffic, Written};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use uuid::Uuid;

/// Operations of the app on pets.
pub(crate) struct Pets;

impl Traffic for Pets {
    type Db = Sqlite;

    fn database(&self) -> &'static str {
        "pets"
    }

    fn units(&self) -> &'static str {
        r#"SELECT "id" FROM "Pet""#
    }

    async fn create(&self, connection: &mut SqliteConnection, draw: &mut Draw) -> Result<Written, Failure> {
        let user_id = owner(connection).await?;
        let percent = draw.below(101) as u8;
        let [friendliness, energy, curiosity, patience, playfulness] = [percent; 5];
        let temperament = Temperament { friendliness, energy, curiosity, patience, playfulness };
        let new = NewPet { name: name(draw), user_id, temperament, parents: [None, None] };
        let pet = create(connection, new).await.map_err(failure)?;
        Ok(Written { id: pet.id.to_string(), holds: held(&pet.name, &pet.traits.to_json()) })
    }

    async fn create_old(
        &self,
        connection: &mut SqliteConnection,
        _: &str,
        draw: &mut Draw,
    ) -> Result<Written, Failure> {
        let (id, name) = (Uuid::new_v4(), name(draw));
        let insert = r#"INSERT INTO "Pet" ("id", "name", "userId", "friendliness", "energyTrait", "curiosity", "patience", "playfulness",
                                           "createdAt", "updatedAt")
                        VALUES ($1, $2, $3, 1, 2, 3, 4, 5, '2025-09-01T09:00:00.000Z', '2025-09-01T09:00:00.000Z')"#;
        let owner = owner(connection).await?;
        sqlx::query(insert).bind(id.to_string()).bind(&name).bind(owner).execute(connection).await?;
        Ok(Written { id: id.to_string(), holds: held(&name, &generate(id).to_json()) })
    }

    async fn change(&self, connection: &mut SqliteConnection, pet: &Written, draw: &mut Draw) -> Result<Held, Failure> {
        let name = name(draw);
        rename(connection, parse(&pet.id)?, &name).await.map_err(failure)?;
        Ok(Held::from([("name".to_owned(), Some(name))]))
    }

    async fn delete(&self, connection: &mut SqliteConnection, id: &str) -> Result<(), Failure> {
        delete(connection, parse(id)?).await.map_err(failure)
    }

    async fn read(&self, connection: &mut SqliteConnection, id: &str) -> Result<Option<Held>, Failure> {
        match get(connection, parse(id)?).await {
            Ok(pet) => Ok(Some(held(&pet.name, &pet.traits.to_json()))),
            Err(PetError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }
}

fn held(name: &str, traits: &str) -> Held {
    [("name", name), ("traits", traits)].map(|(what, value)| (what.to_owned(), Some(value.to_owned()))).into()
}

fn name(draw: &mut Draw) -> String {
    format!("{} {}", draw.one_of(&["Momo", "O'Malley", "🐈", "مشمش"]), draw.below(1_000_000))
}

/// The owner of new pets: an existing user, because this app neither creates nor deletes users.
async fn owner(connection: &mut SqliteConnection) -> Result<String, Failure> {
    Ok(sqlx::query_scalar(r#"SELECT "id" FROM "User" ORDER BY "id" LIMIT 1"#).fetch_one(connection).await?)
}

fn parse(id: &str) -> Result<Uuid, Failure> {
    Uuid::parse_str(id).map_err(|error| Failure::App(format!("`{id}` is not a pet id: {error}")))
}

fn failure(error: PetError) -> Failure {
    match error {
        PetError::Database { cause, .. } => Failure::Database(cause),
        error => Failure::App(error.to_string()),
    }
}
