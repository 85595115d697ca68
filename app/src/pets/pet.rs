//! A pet as the rest of the app sees it.
//!
//! Only the types. They are filled by [`create`](super::create) and [`get`](super::get).

use uuid::Uuid;

use super::traits::{PetTraits, TraitsError};

/// A pet whose visual traits were found valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pet {
    /// The key, from which the visual traits follow.
    pub id: Uuid,
    /// Any text at all, also an empty one.
    pub name: String,
    /// The key of the user whose pet it is.
    pub user_id: String,
    /// 1 for a pet without parents, else one more than the larger generation of its parents.
    pub generation: i64,
    /// Its character.
    pub temperament: Temperament,
    /// Its parents, as far as they are known and were not deleted since.
    pub parents: [Option<Uuid>; 2],
    /// What it looks like.
    pub traits: PetTraits,
    /// The names of its genetic traits, in alphabetical order.
    pub genetic_traits: Vec<String>,
    /// When it was created, as ISO 8601 in UTC with milliseconds.
    pub created_at: String,
    /// When it was last changed, as ISO 8601 in UTC with milliseconds.
    pub updated_at: String,
}

/// The character of a pet, each from 0 to [`Temperament::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temperament {
    /// How friendly it is.
    pub friendliness: u8,
    /// How much energy it has; the column is `"energyTrait"`.
    pub energy: u8,
    /// How curious it is.
    pub curiosity: u8,
    /// How patient it is.
    pub patience: u8,
    /// How playful it is.
    pub playfulness: u8,
}

/// What has to be said to create a pet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPet {
    /// Any text at all, also an empty one.
    pub name: String,
    /// The key of a user.
    pub user_id: String,
    /// Its character.
    pub temperament: Temperament,
    /// Up to two pets, which must differ.
    pub parents: [Option<Uuid>; 2],
}

/// One line of a list of pets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PetSummary {
    /// The key, as stored.
    pub id: String,
    /// Any text at all.
    pub name: String,
    /// What it looks like: `None` if it has no visual traits, an error if they are not valid. A list does not fail for
    /// the sake of one pet.
    pub traits: Option<Result<PetTraits, TraitsError>>,
}

impl Temperament {
    /// The largest value of each part.
    pub const MAX: u8 = 100;

    /// The names of the columns with their values, in the order of the table.
    pub(super) fn columns(self) -> [(&'static str, u8); 5] {
        [
            ("friendliness", self.friendliness),
            ("energyTrait", self.energy),
            ("curiosity", self.curiosity),
            ("patience", self.patience),
            ("playfulness", self.playfulness),
        ]
    }
}
