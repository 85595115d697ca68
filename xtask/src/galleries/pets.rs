//! The gallery of `pets`: the app draws pets that have visual traits. Older pets have only a name.

use app::pets::{PetError, PetSummary, list, svg};
use futures_util::future::BoxFuture;
use rehearsal::db::Connection;
use rehearsal::db::Driver;
use rehearsal::gallery::{Gallery, Picture};
use sqlx::sqlite::{Sqlite, SqliteConnection};

/// Pets as the app draws them.
pub(crate) struct Pets;

impl Gallery for Pets {
    fn database(&self) -> &'static str {
        "pets"
    }

    fn draw<'a>(&'a self, connection: &'a mut Connection, units: u32) -> BoxFuture<'a, Result<Vec<Picture>, String>> {
        Box::pin(async move {
            let connection = Sqlite::typed(connection).ok_or("the app reads pets from SQLite")?;
            match list(connection, units).await {
                Ok(pets) => Ok(pets.into_iter().map(picture).collect()),
                // Before the migration that adds visual traits, there is nothing to draw.
                Err(PetError::SchemaBehind { .. }) => names(connection, units).await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            }
        })
    }
}

/// A pet with invalid traits has nothing to draw; the checks report it.
fn picture(pet: PetSummary) -> Picture {
    let traits = pet.traits.and_then(Result::ok);
    Picture { unit: pet.id, caption: pet.name, svg: traits.map(|traits| svg::render(&traits)) }
}

/// Pets of a version without visual traits, in the order of [`list`].
async fn names(connection: &mut SqliteConnection, units: u32) -> Result<Vec<Picture>, sqlx::Error> {
    let sql = r#"SELECT "id", "name" FROM "Pet" ORDER BY "name", "id" LIMIT $1"#;
    let pets: Vec<(String, String)> = sqlx::query_as(sql).bind(units).fetch_all(connection).await?;
    Ok(pets.into_iter().map(|(unit, caption)| Picture { unit, caption, svg: None }).collect())
}
