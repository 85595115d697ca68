//! [`LogError`]: the failures to write or read a log record.
//!
//! Every message is complete: it names the record or the field, the reason, and the next step, so that callers
//! need not print a chain of causes.

use uuid::Uuid;

/// A failure to write or read a log record.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No record has this id.
    #[error("there is no log record {id}: check the id against `SELECT id FROM llama_logs`")]
    NotFound {
        /// The requested id.
        id: Uuid,
    },
    /// A new record refers to a row that does not exist.
    #[error("{column} of the new log record is {id}, but no such row exists: use the id of an existing row, or none")]
    NoSuchReference {
        /// The column.
        column: &'static str,
        /// The id given.
        id: Uuid,
    },
    /// A text contains a NUL character, which PostgreSQL cannot store.
    #[error("{field} of the new log record contains a NUL character, which PostgreSQL cannot store: remove it")]
    NulCharacter {
        /// The field.
        field: &'static str,
    },
    /// A field contains an invalid value, such as a status that this app does not know.
    #[error("log record {id}: {field} is {found}: expected {expected}. Correct it in the database")]
    Corrupt {
        /// The record.
        id: Uuid,
        /// The field, by the name of its column.
        field: &'static str,
        /// The stored value, quoted and truncated.
        found: String,
        /// A description of the values that are allowed.
        expected: String,
    },
    /// A table, column or type that this app needs is missing.
    #[error(
        "could not {action} because the schema is older than the app ({message}): run `cargo xtask migrate llama_logs`"
    )]
    SchemaBehind {
        /// The operation that failed, such as "write a row"; it completes "could not …".
        action: &'static str,
        /// The database's error message.
        message: String,
    },
    /// The database returned an error.
    #[error("could not {action}: {cause}. Check the database with `cargo xtask verify llama_logs`, then try again")]
    Database {
        /// The operation that failed, such as "write a row"; it completes "could not …".
        action: &'static str,
        /// The error from sqlx.
        cause: sqlx::Error,
    },
}

/// The SQLSTATEs for a missing table, column and type (PostgreSQL documentation, appendix A).
const ABOUT_SCHEMA: [&str; 3] = ["42P01", "42703", "42704"];

impl LogError {
    /// Returns a function for `map_err` that adds the failed operation to an error from sqlx.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> LogError {
        move |cause| match cause.as_database_error() {
            Some(error) if error.code().is_some_and(|code| ABOUT_SCHEMA.contains(&code.as_ref())) => {
                LogError::SchemaBehind { action, message: error.message().to_owned() }
            }
            _ => LogError::Database { action, cause },
        }
    }
}
