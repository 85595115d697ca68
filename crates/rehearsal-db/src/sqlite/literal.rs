//! Literals of SQLite.

use crate::Value;
use crate::literal::{common, hex, quoted};

pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Real(x) if x.is_infinite() => format!("{}9e999", if *x < 0.0 { "-" } else { "" }),
        // For SQLite, a statement ends at a NUL character, even inside quotes.
        Value::Text(text) if text.contains('\0') => format!("CAST(x'{}' AS TEXT)", hex(text.as_bytes())),
        Value::Text(text) => quoted(text),
        Value::Blob(bytes) => format!("x'{}'", hex(bytes)),
        // SQLite stores NaN as NULL.
        value => common(value).unwrap_or_else(|| "NULL".to_owned()),
    }
}
