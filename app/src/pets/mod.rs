//! Pets: what they look like, and how they are created, changed, read and drawn.
//!
//! The functions here are the app's own. How old pets get what newer ones are created with lives elsewhere and calls
//! [`traits::generate`].

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
