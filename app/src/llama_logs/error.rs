//! Why a log record could not be written or read.
//!
//! Every message is whole: it names the record or the field, the reason, and what to do next, so that nothing has to be
//! collected from a chain of causes.

use uuid::Uuid;

/// A failure to write or read a log record.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No record has this id.
    #[error("there is no log record {id}: check the id against `SELECT id FROM llama_logs`")]
    NotFound {
        /// The id asked for.
        id: Uuid,
    },
    /// A new record refers to something that does not exist.
    #[error("{column} of the new log record is {id}, and there is no such row: use the id of one that exists, or none")]
    NoSuchReference {
        /// The column.
        column: &'static str,
        /// The id given.
        id: Uuid,
    },
    /// A text holds the one character that PostgreSQL can't store.
    #[error("{field} of the new log record holds a NUL character, which PostgreSQL cannot store: leave it out")]
    NulCharacter {
        /// The field.
        field: &'static str,
    },
    /// A field holds something that cannot be, such as a status that this app does not know.
    #[error("log record {id}: {field} holds {found}: expected {expected}. Correct it in the database")]
    Corrupt {
        /// The record.
        id: Uuid,
        /// The field, named as its column.
        field: &'static str,
        /// What is there, quoted and cut short.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// A table, column or type that this app needs is not there.
    #[error("could not {action}, for the schema is behind the app ({message}): run `cargo xtask migrate llama_logs`")]
    SchemaBehind {
        /// What was being done.
        action: &'static str,
        /// What the database said.
        message: String,
    },
    /// The database failed.
    #[error("could not {action}: {cause}. Check the database with `cargo xtask verify llama_logs`, then try again")]
    Database {
        /// What was being done.
        action: &'static str,
        /// What sqlx said.
        cause: sqlx::Error,
    },
}

/// A table, a column, or a type that does not exist, as SQLSTATE has it (PostgreSQL documentation, appendix A).
const ABOUT_SCHEMA: [&str; 3] = ["42P01", "42703", "42704"];

impl LogError {
    /// Turns an error of sqlx into one that says what was being done; for use in `map_err`.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> LogError {
        move |cause| match cause.as_database_error() {
            Some(error) if error.code().is_some_and(|code| ABOUT_SCHEMA.contains(&code.as_ref())) => {
                LogError::SchemaBehind { action, message: error.message().to_owned() }
            }
            _ => LogError::Database { action, cause },
        }
    }
}
