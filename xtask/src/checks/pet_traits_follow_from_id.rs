//! Catches visual traits that are not those that follow from the pet's id: copied, edited, or made by another version.

use app::pets::traits::generate;
use rehearsal::check::{RowCheck, RowCheckAbout};
use sqlx::sqlite::Sqlite;
use uuid::Uuid;

/// Every stored value equals `generate(id)`.
pub(crate) struct PetTraitsFollowFromId;

/// A pet with traits.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct Pet {
    id: String,
    traits: String,
}

impl RowCheck for PetTraitsFollowFromId {
    type Db = Sqlite;
    type Row = Pet;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout { name: "pet_traits_follow_from_id", database: "pets", from: 20_250_915_090_000, until: None }
    }

    fn rows(&self) -> &'static str {
        r#"SELECT "Pet".rowid AS "cursor", "Pet"."id", "Pet"."traits" FROM "Pet" WHERE "Pet"."traits" IS NOT NULL"#
    }

    fn offence(&self, pet: &Pet) -> Option<(String, String)> {
        let offence = match Uuid::parse_str(&pet.id) {
            Ok(id) if generate(id).to_json() == pet.traits => return None,
            Ok(_) => "the traits are not those of this id".to_owned(),
            Err(error) => format!("the id is no UUID: {error}"),
        };
        Some((pet.id.clone(), offence))
    }
}
