//! Reading and writing of the JSON texts that the ledger stores.

use rehearsal_db::{Connection, Error};

/// The error for a text that cannot be parsed.
pub(super) fn unreadable(connection: &Connection, error: &serde_json::Error) -> Error {
    Error::Ledger { database: connection.address(), why: error.to_string() }
}

/// Serialises a value for the ledger.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    // Numbers, strings and maps with string keys: serialising these types cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}
