//! [`PartError`]: the failures to read or write parts, sessions, relationships and users.
//!
//! Every message is complete: it names the user and the field, the reason, and the next step, so that callers need
//! not print a chain of causes.

use uuid::Uuid;

use super::{Skip, Unfit};

/// A failure to read or write.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// No user has this id.
    #[error("there is no user {user_id}: use the id of a user that exists")]
    NoSuchUser {
        /// The id given.
        user_id: Uuid,
    },
    /// The user has no part with this id.
    #[error("user {user_id} has no part {part_id}: check the id against `SELECT id FROM parts_v2`")]
    NoSuchPart {
        /// The user.
        user_id: Uuid,
        /// The id given.
        part_id: Uuid,
    },
    /// Another row refers to the part.
    #[error(
        "user {user_id}: cannot remove part {part_id}, because a relationship or an observation refers to it: \
         remove that row first"
    )]
    InUse {
        /// The user.
        user_id: Uuid,
        /// The part.
        part_id: Uuid,
    },
    /// The user's settings are not an object, so that no single setting can be changed.
    #[error("user {user_id}: the settings are {found}: expected an object. Correct them in the database first")]
    Settings {
        /// The user.
        user_id: Uuid,
        /// The JSON type found, with its article.
        found: &'static str,
    },
    /// A row with the same unique key already exists.
    #[error("user {user_id}: {field} is taken, because {what} already exists: change the existing row instead")]
    Taken {
        /// The user.
        user_id: Uuid,
        /// The field.
        field: &'static str,
        /// The existing row, with its article.
        what: &'static str,
    },
    /// A field of the new row is missing or invalid.
    #[error("user {user_id}: {field} is not valid: {why}")]
    Refused {
        /// The user.
        user_id: Uuid,
        /// The field.
        field: &'static str,
        /// The reason why the field is invalid.
        why: Skip,
    },
    /// A text contains a NUL character, which PostgreSQL cannot store.
    #[error("user {user_id}: {field} contains a NUL character, which PostgreSQL cannot store: remove it")]
    NulCharacter {
        /// The user.
        user_id: Uuid,
        /// The column; `data` for the fields of the description.
        field: String,
    },
    /// PostgreSQL cannot store the row: a time is invalid, a number is out of range, or the nesting is too deep.
    #[error("user {user_id}: PostgreSQL cannot store the new row ({message}): correct the value")]
    Unstorable {
        /// The user.
        user_id: Uuid,
        /// The database's error message.
        message: String,
    },
    /// A stored row is invalid.
    #[error("user {user_id}: part {part_id}: {fault}. Correct it in the database")]
    Corrupt {
        /// The user.
        user_id: Uuid,
        /// The part.
        part_id: Uuid,
        /// The invalid field, its value, and the expected value.
        fault: Unfit,
    },
    /// A table, column or type that this app needs is missing.
    #[error("could not {action} because the schema is older than the app ({message}): run `cargo xtask migrate parts`")]
    SchemaBehind {
        /// The operation that failed, such as "write a row"; it completes "could not …".
        action: &'static str,
        /// The database's error message.
        message: String,
    },
    /// The database returned an error.
    #[error("could not {action}: {cause}. Check the database with `cargo xtask verify parts`, then try again")]
    Database {
        /// The operation that failed, such as "write a row"; it completes "could not …".
        action: &'static str,
        /// The error from sqlx.
        cause: sqlx::Error,
    },
}

/// The SQLSTATEs for a missing table, column and type (PostgreSQL documentation, appendix A).
const ABOUT_SCHEMA: [&str; 3] = ["42P01", "42703", "42704"];

impl PartError {
    /// Returns a function for `map_err` that adds the failed operation to an error from sqlx.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> PartError {
        move |cause| match cause.as_database_error() {
            Some(error) if error.code().is_some_and(|code| ABOUT_SCHEMA.contains(&code.as_ref())) => {
                PartError::SchemaBehind { action, message: error.message().to_owned() }
            }
            _ => PartError::Database { action, cause },
        }
    }
}
