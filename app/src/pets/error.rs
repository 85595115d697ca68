//! [`PetError`]: the failures to create, change or read a pet.
//!
//! Every message is complete: it names the pet or the field, the reason, and the next step, so that callers need
//! not print a chain of causes.

use uuid::Uuid;

use super::Temperament;
use super::traits::TraitsError;

/// A failure to create, change or read a pet.
#[derive(Debug, thiserror::Error)]
pub enum PetError {
    /// No pet has this id.
    #[error("there is no pet {id}: check the id against `cargo run -p app -- pet list`")]
    NotFound {
        /// The requested id.
        id: Uuid,
    },
    /// The pet has no visual traits yet, because it is older than visual traits.
    #[error("pet {id} ({name:?}) has no visual traits: run `cargo xtask backfill pet_traits --execute`")]
    MissingTraits {
        /// The pet.
        id: Uuid,
        /// Its name.
        name: String,
    },
    /// The visual traits of the pet are invalid.
    #[error(
        "pet {id} ({name:?}) has invalid visual traits: {fault}. Set its \"traits\" to NULL, then run \
         `cargo xtask backfill pet_traits --execute` to derive them again"
    )]
    InvalidTraits {
        /// The pet.
        id: Uuid,
        /// Its name.
        name: String,
        /// The invalid field, and what is wrong with it.
        fault: TraitsError,
    },
    /// A value of the temperament is greater than [`Temperament::MAX`].
    #[error("{field} of the new pet is {value}: choose a number from 0 to {}", Temperament::MAX)]
    OutOfRange {
        /// The column.
        field: &'static str,
        /// The number given.
        value: u8,
    },
    /// The user of a new pet does not exist.
    #[error("user {user_id:?}, the owner of the new pet, does not exist: use the id of a user that exists")]
    NoSuchUser {
        /// The id given.
        user_id: String,
    },
    /// A parent of a new pet does not exist.
    #[error("pet {id}, a parent of the new pet, does not exist: use the id of a pet that exists")]
    NoSuchParent {
        /// The id given.
        id: Uuid,
    },
    /// Both parents of a new pet are the same pet.
    #[error("pet {id} cannot be both parents of the new pet: name a different second parent, or none")]
    SameParents {
        /// The id given twice.
        id: Uuid,
    },
    /// The database contains fewer genetic traits of a kind than a new pet needs.
    #[error("a new pet needs {needed} traits of kind {kind:?}, but \"Trait\" contains {found}: add more of them first")]
    TooFewTraits {
        /// The kind, as in the column `"kind"`.
        kind: &'static str,
        /// The number of traits that a pet needs.
        needed: u32,
        /// The number of traits in the database.
        found: u64,
    },
    /// A column contains an invalid value, such as a parent's id that is not a UUID.
    #[error("pet {id}: column \"{column}\" is {found:?}: expected {expected}. Correct it in the database")]
    Corrupt {
        /// The pet.
        id: Uuid,
        /// The column.
        column: &'static str,
        /// The stored value.
        found: String,
        /// A description of the values that are allowed.
        expected: &'static str,
    },
    /// A table or column that this app needs is missing.
    #[error("could not {action} because the schema is older than the app ({message}): run `cargo xtask migrate pets`")]
    SchemaBehind {
        /// The operation that failed, such as "write a row"; it completes "could not …".
        action: &'static str,
        /// The database's error message.
        message: String,
    },
    /// The database returned an error.
    #[error("could not {action}: {cause}. Check the database with `cargo xtask verify pets`, then try again")]
    Database {
        /// The operation that failed, such as "write a row"; it completes "could not …".
        action: &'static str,
        /// The error from sqlx.
        cause: sqlx::Error,
    },
}

impl PetError {
    /// Returns a function for `map_err` that adds the failed operation to an error from sqlx.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> PetError {
        move |cause| match cause.as_database_error().map(|error| error.message()) {
            Some(message) if is_about_schema(message) => PetError::SchemaBehind { action, message: message.to_owned() },
            _ => PetError::Database { action, cause },
        }
    }
}

/// Whether a table or column is missing. SQLite has a single error code for all faulty statements, so that only
/// the message tells them apart.
fn is_about_schema(message: &str) -> bool {
    ["no such table", "no such column", "has no column named"].iter().any(|text| message.contains(text))
}
