//! Writes values as literals of SQLite, for generated scripts.

use crate::Value;
use crate::literal::{common, hex, quoted};

/// Returns a literal that SQLite evaluates to the stored value.
pub(super) fn literal(value: &Value) -> String {
    match value {
        // SQLite has no literal for infinity, but reads a number beyond the range of a double as infinity.
        Value::Real(x) if x.is_infinite() => format!("{}9e999", if *x < 0.0 { "-" } else { "" }),
        // For SQLite, a statement ends at a NUL character, even inside quotes, so the text is written as bytes.
        Value::Text(text) if text.contains('\0') => format!("CAST(x'{}' AS TEXT)", hex(text.as_bytes())),
        Value::Text(text) => quoted(text),
        Value::Blob(bytes) => format!("x'{}'", hex(bytes)),
        // `common` returns `None` only for NaN here, and SQLite stores NaN as NULL.
        value => common(value).unwrap_or_else(|| "NULL".to_owned()),
    }
}
