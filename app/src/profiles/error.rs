//! Why a profile could not be read, or an answer not be taken.
//!
//! Every message is whole: it names the user and the field, the reason, and what to do next, so that nothing has to be
//! collected from a chain of causes.

use super::{Context, JsonError, LegacyError};

/// A failure to read a profile or to take an answer.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No user has this id.
    #[error("there is no user {user_id:?}: use the id of a user that exists")]
    NoSuchUser {
        /// The id given.
        user_id: String,
    },
    /// The user is older than unified profiles.
    #[error("user {user_id:?} has no unified profile: run `cargo xtask backfill unified_profiles --execute`")]
    NoProfile {
        /// The user.
        user_id: String,
    },
    /// Another user has this address.
    #[error("there is a user with the address {email:?} already: use another one")]
    EmailTaken {
        /// The address given.
        email: String,
    },
    /// A new user's name or address has the one character that PostgreSQL can't store.
    #[error("the {field} of the new user holds a NUL character, which PostgreSQL cannot store: leave it out")]
    NulInUser {
        /// Which of them.
        field: &'static str,
    },
    /// The user is not in this context.
    #[error("user {user_id:?} is not in the context {context}: there is nothing to leave")]
    NotInContext {
        /// The user.
        user_id: String,
        /// The context.
        context: Context,
    },
    /// There is no such context.
    #[error("there is no context {label:?}: use one of {}", labels())]
    UnknownContext {
        /// The label given.
        label: String,
    },
    /// Answers that can't be read.
    #[error("the answers can't be taken, for {0}: give a JSON object of fields and values")]
    UnreadableAnswers(JsonError),
    /// Answers that are no object.
    #[error("the answers are {found}: give a JSON object of fields and values")]
    NoObject {
        /// What they are.
        found: &'static str,
    },
    /// Answers with the one character that PostgreSQL can't store.
    #[error("the answer to {field:?} holds a NUL character, which PostgreSQL cannot store: leave it out")]
    NulCharacter {
        /// The top-level key.
        field: String,
    },
    /// Answers that PostgreSQL can't store: a number too large, nesting too deep.
    #[error("the answers can't be stored ({message}): give simpler ones")]
    Unstorable {
        /// What the database said.
        message: String,
    },
    /// The old data of the context has no keys that could be replaced.
    #[error(
        "the data of context {context} of user {user_id:?} is {found}, and answers belong into an object: correct \"data\" \
         in \"Profile\" first"
    )]
    LegacyData {
        /// The user.
        user_id: String,
        /// The context.
        context: Context,
        /// What it is.
        found: &'static str,
    },
    /// An old row that this app can't read.
    #[error("user {user_id:?}: {} is not what it should be, for {fault}. Correct it in the database", fault.field())]
    Legacy {
        /// The user.
        user_id: String,
        /// What is wrong with which field.
        fault: LegacyError,
    },
    /// A stored profile or intent that does not fit.
    #[error("the profile of user {user_id:?}: {field} holds {found}: expected {expected}. Correct it in the database")]
    Corrupt {
        /// The user.
        user_id: String,
        /// The column; that of an intent with its context in front (`romantic.completeness`).
        field: String,
        /// What is there, cut short.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A table, column or type that this app needs is not there.
    #[error("could not {action}, for the schema is behind the app ({message}): run `cargo xtask migrate profiles`")]
    SchemaBehind {
        /// What was being done.
        action: &'static str,
        /// What the database said.
        message: String,
    },
    /// The database failed.
    #[error("could not {action}: {cause}. Check the database with `cargo xtask verify profiles`, then try again")]
    Database {
        /// What was being done.
        action: &'static str,
        /// What sqlx said.
        cause: sqlx::Error,
    },
}

/// A table, a column, or a type that does not exist, as SQLSTATE has it (PostgreSQL documentation, appendix A).
const ABOUT_SCHEMA: [&str; 3] = ["42P01", "42703", "42704"];

/// A number out of range, JSON that is too large, and JSON that is nested too deeply for the server's stack.
const ABOUT_SIZE: [&str; 3] = ["22003", "54000", "54001"];

impl ProfileError {
    /// Turns an error of sqlx into one that says what was being done; for use in `map_err`.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> ProfileError {
        move |cause| {
            let said =
                cause.as_database_error().map(|error| (error.code().unwrap_or_default(), error.message().to_owned()));
            match said {
                Some((code, message)) if ABOUT_SCHEMA.contains(&code.as_ref()) => {
                    ProfileError::SchemaBehind { action, message }
                }
                Some((code, message)) if ABOUT_SIZE.contains(&code.as_ref()) => ProfileError::Unstorable { message },
                _ => ProfileError::Database { action, cause },
            }
        }
    }
}

fn labels() -> String {
    Context::ALL.iter().map(|context| context.as_str()).collect::<Vec<_>>().join(", ")
}
