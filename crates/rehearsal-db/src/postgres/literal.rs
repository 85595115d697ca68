//! Literals of PostgreSQL. It has no text with a NUL character: such a literal fails when it runs.

use crate::Value;
use crate::literal::{common, hex, quoted};

pub(super) fn literal(value: &Value) -> String {
    common(value).unwrap_or_else(|| match value {
        Value::Real(x) => format!("'{x}'::float8"),
        Value::Text(text) => format!("E'{}'", text.chars().map(escaped).collect::<String>()),
        Value::Blob(bytes) => format!("decode('{}', 'hex')", hex(bytes)),
        value => quoted(&value.whole()),
    })
}

/// A character in an `E''` literal. Control characters are escaped, so that each row of a script is one visible line.
fn escaped(c: char) -> String {
    match c {
        '\'' => "''".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        c if c.is_ascii_control() => format!("\\x{:02x}", c as u32),
        c => c.to_string(),
    }
}
