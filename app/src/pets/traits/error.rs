//! What can be wrong with stored traits.
//!
//! Which pet they belong to is not known here; [`PetError`](crate::pets::PetError) adds it.

/// Traits that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraitsError {
    /// The text is not JSON.
    #[error("not valid JSON: {reason}")]
    NotJson {
        /// What the JSON parser said, with line and column.
        reason: String,
    },
    /// The text is JSON, but a field is not as it must be.
    #[error("`{path}` {fault}")]
    Field {
        /// The keys from the outermost object to the field, joined by dots; `(root)` for the outermost value itself.
        path: String,
        /// What is wrong with it.
        fault: FieldFault,
    },
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// The field is not there.
    #[error("is missing")]
    Missing,
    /// No such field exists.
    #[error("is not a known field: expected {}", list(.expected))]
    Unknown {
        /// The fields that exist at this place.
        expected: Vec<&'static str>,
    },
    /// The value has the wrong JSON type.
    #[error("is {found}: expected {expected}")]
    WrongType {
        /// The JSON type that is wanted.
        expected: &'static str,
        /// The value that is there, cut short.
        found: String,
    },
    /// The number is outside of its range.
    #[error("is {found}: expected 0 to {max}")]
    OutOfRange {
        /// The number that is there.
        found: i64,
        /// The largest number allowed.
        max: u16,
    },
    /// The text is none of the labels that exist.
    #[error("is {found}: expected one of {}", list(.expected))]
    UnknownLabel {
        /// The label that is there, quoted and cut short.
        found: String,
        /// The labels that exist.
        expected: Vec<&'static str>,
    },
    /// The traits were written in a version that this code does not read.
    #[error("is {found}: this app reads version {} only", super::VERSION)]
    UnknownVersion {
        /// The version that is there.
        found: i64,
    },
}

fn list(names: &[&str]) -> String {
    names.join(", ")
}
