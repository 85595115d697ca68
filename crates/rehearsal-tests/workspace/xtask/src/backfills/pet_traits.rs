//! Fills the visual traits of every pet that has none. The traits follow from the pet's id
//! (`rehearsal_tests::pets::traits`).

use rehearsal::backfill::{About, Backfill, Findings, Reject, Undo, Undone, Written};
use rehearsal::ledger::UndoNotes;
use rehearsal_tests::pets::traits;
use sqlx::QueryBuilder;
use sqlx::sqlite::{Sqlite, SqliteConnection};
use uuid::Uuid;

/// The backfill of `"Pet"."traits"`.
pub(crate) struct PetTraits;

/// The unit: a pet.
#[derive(rehearsal::FromRow)]
pub(crate) struct Pet {
    cursor: i64,
    id: String,
    name: String,
}

/// The traits of a pet.
pub(crate) struct Filled {
    rowid: i64,
    rarity: &'static str,
    traits: String,
}

impl Backfill for PetTraits {
    type Db = Sqlite;
    type Unit = Pet;
    type Output = Filled;

    fn about(&self) -> About {
        About { scopes: &["id"], undo: Undo::Written, ..About::new("pet_traits", "pets", "pet", 20_250_915_090_000) }
    }

    fn units(&self) -> &'static str {
        r#"SELECT "Pet".rowid AS "cursor", "Pet"."traits" IS NULL AS "pending", "Pet"."id", "Pet"."name" FROM "Pet""#
    }

    fn id(&self, pet: &Pet) -> String {
        pet.id.clone()
    }

    fn transform(&self, pet: &Pet, findings: &mut Findings) -> Result<Filled, Reject> {
        let id = Uuid::parse_str(&pet.id)
            .map_err(|error| Reject::new("id", format!("`{}` is not a UUID: {error}", pet.id)))?;
        let traits = traits(id);
        findings.tally("rarity", traits.rarity);
        Ok(Filled { rowid: pet.cursor, rarity: traits.rarity, traits: traits.json })
    }

    fn describe(&self, pet: &Pet, filled: &Filled) -> String {
        format!("{:?} ({}): {}", pet.name, pet.id, filled.rarity)
    }

    async fn write(&self, connection: &mut SqliteConnection, filled: &[Filled]) -> Result<Written, sqlx::Error> {
        let mut rows = 0;
        // Measured: fewer rows in a statement are slower, and more than 32,766 parameters are an error.
        for filled in filled.chunks(1000) {
            let mut update = QueryBuilder::new(r#"UPDATE "Pet" SET "traits" = new.column2 FROM ("#);
            update.push_values(filled, |mut row, filled| {
                row.push_bind(filled.rowid).push_bind(filled.traits.as_str());
            });
            update.push(r#") AS new WHERE "Pet".rowid = new.column1 AND "Pet"."traits" IS NULL"#);
            rows += update.build().execute(&mut *connection).await?.rows_affected();
        }
        Ok(rows.into())
    }

    async fn undo(
        &self,
        connection: &mut SqliteConnection,
        pets: &[Pet],
        _notes: &UndoNotes,
    ) -> Result<Undone, sqlx::Error> {
        let rows: Vec<i64> = pets.iter().map(|pet| pet.cursor).collect();
        let update = r#"UPDATE "Pet" SET "traits" = NULL
                        WHERE "Pet".rowid IN (SELECT value FROM json_each($1)) AND "Pet"."traits" IS NOT NULL"#;
        Ok(sqlx::query(update).bind(sqlx::types::Json(rows)).execute(connection).await?.rows_affected().into())
    }
}
