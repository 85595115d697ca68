//! The types of a pet: [`NewPet`] as input of [`create`](super::create()), and [`Pet`] and [`PetSummary`] as
//! results of [`get`](super::get) and [`list`](super::list).

use uuid::Uuid;

use super::traits::{PetTraits, TraitsError};

/// A pet with validated visual traits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pet {
    /// The primary key, from which the visual traits follow.
    pub id: Uuid,
    /// Any text, including an empty one.
    pub name: String,
    /// The id of the user who owns the pet.
    pub user_id: String,
    /// 1 for a pet without parents, otherwise the larger generation of its parents plus one.
    pub generation: i64,
    /// The pet's character.
    pub temperament: Temperament,
    /// The parents. `None` for a parent that is unknown or was deleted.
    pub parents: [Option<Uuid>; 2],
    /// The visual traits.
    pub traits: PetTraits,
    /// The names of the genetic traits, in alphabetical order.
    pub genetic_traits: Vec<String>,
    /// The time of creation, as ISO 8601 in UTC with milliseconds.
    pub created_at: String,
    /// The time of the last change, as ISO 8601 in UTC with milliseconds.
    pub updated_at: String,
}

/// The character of a pet. Each value is in the range 0 to [`Temperament::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temperament {
    /// How friendly the pet is.
    pub friendliness: u8,
    /// How much energy the pet has. The name of the column is `"energyTrait"`.
    pub energy: u8,
    /// How curious the pet is.
    pub curiosity: u8,
    /// How patient the pet is.
    pub patience: u8,
    /// How playful the pet is.
    pub playfulness: u8,
}

/// The data of a new pet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPet {
    /// Any text, including an empty one.
    pub name: String,
    /// The id of the user who owns the pet.
    pub user_id: String,
    /// The pet's character.
    pub temperament: Temperament,
    /// Up to two parents, which must be different pets.
    pub parents: [Option<Uuid>; 2],
}

/// An entry in a list of pets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PetSummary {
    /// The primary key as stored, not parsed.
    pub id: String,
    /// Any text.
    pub name: String,
    /// The visual traits: `None` if there are none, an error if they are invalid. One invalid pet does not make
    /// the whole list fail.
    pub traits: Option<Result<PetTraits, TraitsError>>,
}

impl Temperament {
    /// The largest allowed value.
    pub const MAX: u8 = 100;

    /// Returns the names of the columns with their values, in the table's order.
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
