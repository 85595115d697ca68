//! Why a pet could not be created, changed or read.
//!
//! Every message is whole: it names the pet or the field, the reason, and what to do next, so that nothing has to be
//! collected from a chain of causes.

use uuid::Uuid;

use super::Temperament;
use super::traits::TraitsError;

/// A failure to create, change or read a pet.
#[derive(Debug, thiserror::Error)]
pub enum PetError {
    /// No pet has this id.
    #[error("there is no pet {id}: check the id against `cargo run -p app -- pet list`")]
    NotFound {
        /// The id asked for.
        id: Uuid,
    },
    /// The pet has no visual traits, because it is older than they are.
    #[error("pet {id} ({name:?}) has no visual traits: run `cargo xtask backfill pet_traits --execute`")]
    MissingTraits {
        /// The pet.
        id: Uuid,
        /// Its name.
        name: String,
    },
    /// The pet has visual traits that this app does not accept.
    #[error(
        "pet {id} ({name:?}) has invalid visual traits: {fault}. Set its \"traits\" to NULL and run \
         `cargo xtask backfill pet_traits --execute` to derive them anew"
    )]
    InvalidTraits {
        /// The pet.
        id: Uuid,
        /// Its name.
        name: String,
        /// What is wrong with them, and at which path.
        fault: TraitsError,
    },
    /// A part of the temperament is above [`Temperament::MAX`].
    #[error("{field} of the new pet is {value}: choose a number from 0 to {}", Temperament::MAX)]
    OutOfRange {
        /// The column.
        field: &'static str,
        /// The number given.
        value: u8,
    },
    /// The user of a new pet does not exist.
    #[error("there is no user {user_id:?} to own the new pet: use the id of a user that exists")]
    NoSuchUser {
        /// The id given.
        user_id: String,
    },
    /// A parent of a new pet does not exist.
    #[error("there is no pet {id} to be a parent of the new pet: use the id of a pet that exists")]
    NoSuchParent {
        /// The id given.
        id: Uuid,
    },
    /// Both parents of a new pet are the same pet.
    #[error("pet {id} cannot be both parents of the new pet: name another one, or none")]
    SameParents {
        /// The id given twice.
        id: Uuid,
    },
    /// The database holds too few genetic traits of a kind to choose from.
    #[error("a new pet needs {needed} {kind} traits and there are {found}: add some to \"Trait\" first")]
    TooFewTraits {
        /// The kind, as in the column `"kind"`.
        kind: &'static str,
        /// How many a pet needs.
        needed: u32,
        /// How many there are.
        found: u64,
    },
    /// A column holds something that cannot be, such as a parent's id that is no UUID.
    #[error("pet {id}: column \"{column}\" holds {found:?}: expected {expected}. Correct it in the database")]
    Corrupt {
        /// The pet.
        id: Uuid,
        /// The column.
        column: &'static str,
        /// What is there.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A table or column that this app needs is not there.
    #[error("could not {action}, for the schema is behind the app ({message}): run `cargo xtask migrate pets`")]
    SchemaBehind {
        /// What was being done.
        action: &'static str,
        /// What the database said.
        message: String,
    },
    /// The database failed.
    #[error("could not {action}: {cause}. Check the database with `cargo xtask verify pets`, then try again")]
    Database {
        /// What was being done.
        action: &'static str,
        /// What sqlx said.
        cause: sqlx::Error,
    },
}

impl PetError {
    /// Turns an error of sqlx into one that says what was being done; for use in `map_err`.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> PetError {
        move |cause| match cause.as_database_error().map(|error| error.message()) {
            Some(message) if is_about_schema(message) => PetError::SchemaBehind { action, message: message.to_owned() },
            _ => PetError::Database { action, cause },
        }
    }
}

/// SQLite has one code for all mistakes in a statement, so that its words are all there is to go by.
fn is_about_schema(message: &str) -> bool {
    ["no such table", "no such column", "has no column named"].iter().any(|words| message.contains(words))
}
