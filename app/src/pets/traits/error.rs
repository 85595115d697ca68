//! [`TraitsError`]: the reasons why visual traits are invalid. [`PetError`](crate::pets::PetError) adds the pet to
//! the message.

/// A failure to read or validate visual traits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraitsError {
    /// The text is not JSON.
    #[error("not valid JSON: {reason}")]
    NotJson {
        /// The message of the JSON parser, with line and column.
        reason: String,
    },
    /// The text is JSON, but a field is invalid.
    #[error("`{path}` {fault}")]
    Field {
        /// The keys from the root to the field, joined by dots; `(root)` for the root itself.
        path: String,
        /// The reason why the field is invalid.
        fault: FieldFault,
    },
}

/// The reason why a field is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// The field is missing.
    #[error("is missing")]
    Missing,
    /// The field is unknown.
    #[error("is not a known field: expected {}", list(.expected))]
    Unknown {
        /// The fields of the object that contains the field.
        expected: Vec<&'static str>,
    },
    /// The value has the wrong JSON type.
    #[error("is {found}: expected {expected}")]
    WrongType {
        /// The expected JSON type, with its article.
        expected: &'static str,
        /// The value found, truncated.
        found: String,
    },
    /// The number is out of range.
    #[error("is {found}: expected 0 to {max}")]
    OutOfRange {
        /// The number found.
        found: i64,
        /// The largest allowed number.
        max: u16,
    },
    /// The string is not a known label.
    #[error("is {found}: expected one of {}", list(.expected))]
    UnknownLabel {
        /// The label found, quoted and truncated.
        found: String,
        /// The known labels.
        expected: Vec<&'static str>,
    },
    /// This app cannot read traits of this version.
    #[error("is {found}: this app reads version {} only", super::VERSION)]
    UnknownVersion {
        /// The version found.
        found: i64,
    },
}

fn list(names: &[&str]) -> String {
    names.join(", ")
}
