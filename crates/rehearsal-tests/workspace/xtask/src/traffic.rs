//! The app's writes on pets. The app consists of these statements; an older release creates pets without visual traits.

use rehearsal::generate::Draw;
use rehearsal::proofs::{Failure, Held, Traffic, Written};
use rehearsal_tests::pets::traits;
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
        let (id, name) = (Uuid::new_v4(), name(draw));
        let traits = traits(id).json;
        insert(connection, id, &name, Some(&traits)).await?;
        Ok(Written { id: id.to_string(), holds: held(name, traits) })
    }

    async fn create_old(
        &self,
        connection: &mut SqliteConnection,
        _: &str,
        draw: &mut Draw,
    ) -> Result<Written, Failure> {
        let (id, name) = (Uuid::new_v4(), name(draw));
        insert(connection, id, &name, None).await?;
        Ok(Written { id: id.to_string(), holds: held(name, traits(id).json) })
    }

    async fn change(&self, connection: &mut SqliteConnection, pet: &Written, draw: &mut Draw) -> Result<Held, Failure> {
        let name = name(draw);
        let update = r#"UPDATE "Pet" SET "name" = $1 WHERE "id" = $2"#;
        sqlx::query(update).bind(&name).bind(&pet.id).execute(connection).await?;
        Ok(Held::from([("name".to_owned(), Some(name))]))
    }

    async fn delete(&self, connection: &mut SqliteConnection, id: &str) -> Result<(), Failure> {
        sqlx::query(r#"DELETE FROM "Pet" WHERE "id" = $1"#).bind(id).execute(connection).await?;
        Ok(())
    }

    async fn read(&self, connection: &mut SqliteConnection, id: &str) -> Result<Option<Held>, Failure> {
        let read = sqlx::query_as(r#"SELECT "name", "traits" FROM "Pet" WHERE "id" = $1"#).bind(id);
        let pet: Option<(String, Option<String>)> = read.fetch_optional(connection).await?;
        Ok(pet.map(|(name, traits)| [("name".to_owned(), Some(name)), ("traits".to_owned(), traits)].into()))
    }
}

async fn insert(
    connection: &mut SqliteConnection,
    id: Uuid,
    name: &str,
    traits: Option<&str>,
) -> Result<(), sqlx::Error> {
    let insert = r#"INSERT INTO "Pet" ("id", "name", "userId", "friendliness", "energyTrait", "curiosity", "patience", "playfulness",
                                       "createdAt", "updatedAt", "traits")
                    SELECT $1, $2, min("id"), 1, 2, 3, 4, 5, '2025-09-01T09:00:00.000Z', '2025-09-01T09:00:00.000Z', $3
                    FROM "User""#;
    sqlx::query(insert).bind(id.to_string()).bind(name).bind(traits).execute(connection).await?;
    Ok(())
}

fn held(name: String, traits: String) -> Held {
    [("name", name), ("traits", traits)].map(|(what, value)| (what.to_owned(), Some(value))).into()
}

fn name(draw: &mut Draw) -> String {
    format!("{} {}", draw.one_of(&["Momo", "O'Malley", "🐈", "مشمش"]), draw.below(1_000_000))
}
