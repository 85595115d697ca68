//! Pets: their visual traits ([`traits`]), creating, changing and reading them, and drawing them ([`svg`]). Start
//! at [`create`](create()) and [`get`].
//!
//! A backfill gives older pets their visual traits, by calling [`traits::generate`].

mod change;
mod create;
mod error;
mod pet;
mod read;
pub mod svg;
pub mod traits;

pub use self::change::{delete, rename};
pub use self::create::{PERSONALITY_TRAITS, VISUAL_TRAITS, create};
pub use self::error::PetError;
pub use self::pet::{NewPet, Pet, PetSummary, Temperament};
pub use self::read::{get, list};
