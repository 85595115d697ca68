//! [`ProfileError`]: the failures to read or write a profile.
//!
//! Every message is complete: it names the user and the field, the reason, and the next step, so that callers need
//! not print a chain of causes.

use super::{Context, JsonError, LegacyError};

/// A failure to read or write a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No user has this id.
    #[error("there is no user {user_id:?}: use the id of a user that exists")]
    NoSuchUser {
        /// The id given.
        user_id: String,
    },
    /// The user has no unified profile yet, because the user is older than unified profiles.
    #[error("user {user_id:?} has no unified profile: run `cargo xtask backfill unified_profiles --execute`")]
    NoProfile {
        /// The user.
        user_id: String,
    },
    /// Another user has this email address.
    #[error("another user already has the email address {email:?}: use a different one")]
    EmailTaken {
        /// The address given.
        email: String,
    },
    /// The name or the email address of a new user contains a NUL character, which PostgreSQL cannot store.
    #[error("the {field} of the new user contains a NUL character, which PostgreSQL cannot store: remove it")]
    NulInUser {
        /// `name` or `email`.
        field: &'static str,
    },
    /// The user does not have this context.
    #[error("user {user_id:?} does not have the context {context}: name a context of this user")]
    NotInContext {
        /// The user.
        user_id: String,
        /// The context.
        context: Context,
    },
    /// No context has this label.
    #[error("unknown context {label:?}: use one of {}", labels())]
    UnknownContext {
        /// The label given.
        label: String,
    },
    /// The answers are not valid JSON.
    #[error("the answers are {0}. Pass a JSON object of fields and values")]
    UnreadableAnswers(JsonError),
    /// The answers are JSON, but not an object.
    #[error("the answers are {found}: pass a JSON object of fields and values")]
    NoObject {
        /// The JSON type found, with its article.
        found: &'static str,
    },
    /// An answer contains a NUL character, which PostgreSQL cannot store.
    #[error("the answer to {field:?} contains a NUL character, which PostgreSQL cannot store: remove it")]
    NulCharacter {
        /// The top-level key.
        field: String,
    },
    /// PostgreSQL cannot store the answers: a number is out of range, or the nesting is too deep.
    #[error("PostgreSQL cannot store the answers ({message}): pass smaller numbers and less deeply nested values")]
    Unstorable {
        /// The database's error message.
        message: String,
    },
    /// The old data of the context is not an object, so that no key of it can be replaced.
    #[error(
        "the data of context {context} of user {user_id:?} is {found}: expected an object. Correct \"data\" \
         in \"Profile\" first"
    )]
    LegacyData {
        /// The user.
        user_id: String,
        /// The context.
        context: Context,
        /// The JSON type found, with its article.
        found: &'static str,
    },
    /// An old row cannot be read.
    #[error("user {user_id:?}: cannot read {}: {fault}. Correct it in the database", fault.field())]
    Legacy {
        /// The user.
        user_id: String,
        /// The invalid field, and what is wrong with it.
        fault: LegacyError,
    },
    /// A stored profile or intent is invalid.
    #[error("the profile of user {user_id:?}: {field} is {found}: expected {expected}. Correct it in the database")]
    Corrupt {
        /// The user.
        user_id: String,
        /// The column. For an intent it is prefixed with the context (`romantic.completeness`).
        field: String,
        /// The stored value, truncated.
        found: String,
        /// A description of the values that are allowed.
        expected: &'static str,
    },
    /// A table, column or type that this app needs is missing.
    #[error(
        "could not {action} because the schema is older than the app ({message}): run `cargo xtask migrate profiles`"
    )]
    SchemaBehind {
        /// The operation that failed, such as "write a row"; it completes "could not …".
        action: &'static str,
        /// The database's error message.
        message: String,
    },
    /// The database returned an error.
    #[error("could not {action}: {cause}. Check the database with `cargo xtask verify profiles`, then try again")]
    Database {
        /// The operation that failed, such as "write a row"; it completes "could not …".
        action: &'static str,
        /// The error from sqlx.
        cause: sqlx::Error,
    },
}

/// The SQLSTATEs for a missing table, column and type (PostgreSQL documentation, appendix A).
const ABOUT_SCHEMA: [&str; 3] = ["42P01", "42703", "42704"];

/// The SQLSTATEs for a number out of range, JSON that is too large, and JSON nested too deeply for the server's
/// stack.
const ABOUT_SIZE: [&str; 3] = ["22003", "54000", "54001"];

impl ProfileError {
    /// Returns a function for `map_err` that adds the failed operation to an error from sqlx.
    pub(super) fn database(action: &'static str) -> impl FnOnce(sqlx::Error) -> ProfileError {
        move |cause| {
            let details =
                cause.as_database_error().map(|error| (error.code().unwrap_or_default(), error.message().to_owned()));
            match details {
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
