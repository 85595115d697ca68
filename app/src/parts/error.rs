//! Why a part, a session or a relationship could not be read or written.
//!
//! Every message is whole: it names the user and the field, the reason, and what to do next, so that nothing has to be
//! collected from a chain of causes.

use uuid::Uuid;

use super::{Skip, Unfit};

/// A failure to read or to write.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// No user has this id.
    #[error("there is no user {user_id}: use the id of a user that exists")]
    NoSuchUser {
        /// The id given.
        user_id: Uuid,
    },
    /// The user has no such part.
    #[error("user {user_id} has no part {part_id}: check the id against `SELECT id FROM parts_v2`")]
    NoSuchPart {
        /// The user.
        user_id: Uuid,
        /// The id given.
        part_id: Uuid,
    },
    /// Something refers to the part.
    #[error(
        "user {user_id}: part {part_id} can't be removed, for a relationship or an observation refers to it: remove that first"
    )]
    InUse {
        /// The user.
        user_id: Uuid,
        /// The part.
        part_id: Uuid,
    },
    /// The user's settings are nothing that one of them could be changed in.
    #[error(
        "user {user_id}: the settings are {found}, and expected to be an object: correct them in the database first"
    )]
    Settings {
        /// The user.
        user_id: Uuid,
        /// What they are.
        found: &'static str,
    },
    /// The one thing of its kind is there already.
    #[error("user {user_id}: {field} is taken, for there is {what} already: change that one instead")]
    Taken {
        /// The user.
        user_id: Uuid,
        /// The field.
        field: &'static str,
        /// What is there.
        what: &'static str,
    },
    /// Something is missing, or can't be stored.
    #[error("user {user_id}: {field} can't be taken: {why}")]
    Refused {
        /// The user.
        user_id: Uuid,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: Skip,
    },
    /// A text holds the one character that PostgreSQL can't store.
    #[error("user {user_id}: {field} holds a NUL character, which PostgreSQL cannot store: leave it out")]
    NulCharacter {
        /// The user.
        user_id: Uuid,
        /// The column; of what is told beyond the columns, `data`.
        field: String,
    },
    /// What PostgreSQL can't store: a time that is none, a number too large, nesting too deep.
    #[error("user {user_id}: the new row can't be stored ({message}): give simpler values")]
    Unstorable {
        /// The user.
        user_id: Uuid,
        /// What the database said.
        message: String,
    },
    /// A stored row that does not fit.
    #[error("user {user_id}: part {part_id}: {fault}. Correct it in the database")]
    Corrupt {
        /// The user.
        user_id: Uuid,
        /// The part.
        part_id: Uuid,
        /// Which field, what is there, and what should be.
        fault: Unfit,
    },
    /// A table, column or type that this app needs is not there.
    #[error("could not {action}, for the schema is behind the app ({message}): run `cargo xtask migrate parts`")]
    SchemaBehind {
        /// What was being done.
        action: &'static str,
        /// What the database said.
        message: String,
    },
    /// The database failed.
    #[error("could not {action}: {cause}. Check the database with `cargo xtask verify parts`, then try again")]
    Database {
        /// What was being done.
        action: &'static str,
        /// What sqlx said.
        cause: sqlx::Error,
    },
}

/// A table, a column, or a type that does not exist, as SQLSTATE has it (PostgreSQL documentation, appendix A).
const ABOUT_SCHEMA: [&str; 3] = ["42P01", "42703", "42704"];

impl PartError {
    /// Turns an error of sqlx into one that says what was being done; for use in `map_err`.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> PartError {
        move |cause| match cause.as_database_error() {
            Some(error) if error.code().is_some_and(|code| ABOUT_SCHEMA.contains(&code.as_ref())) => {
                PartError::SchemaBehind { action, message: error.message().to_owned() }
            }
            _ => PartError::Database { action, cause },
        }
    }
}
