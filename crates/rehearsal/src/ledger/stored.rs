//! What the ledger stores as JSON text.

use rehearsal_db::{Connection, Error};

/// The error for a text that can't be read.
pub(super) fn unreadable(connection: &Connection, error: &serde_json::Error) -> Error {
    Error::Ledger { database: connection.address(), why: error.to_string() }
}

/// The text under which the ledger stores a value.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    // Numbers, strings and maps with string keys: there is nothing in these types that could fail to serialise.
    serde_json::to_string(value).unwrap_or_default()
}
