//! Values as they are written in SQL text: the one function that quotes them. Only scripts need it, for files have nothing
//! to bind; whatever this tool runs itself binds its values.

use super::{Engine, Value};

impl Engine {
    /// `value` as a literal, which gives back the very value whatever is in it, and whatever the settings of the session
    /// are. PostgreSQL has no text with a NUL character, and says so where such a literal is run.
    #[must_use]
    pub fn literal(self, value: &Value) -> String {
        match (self, value) {
            (_, Value::Null) => "NULL".to_owned(),
            (_, Value::Int(n)) => n.to_string(),
            (Self::Sqlite, Value::Real(x)) if x.is_infinite() => format!("{}9e999", if *x < 0.0 { "-" } else { "" }),
            // What SQLite makes of it.
            (Self::Sqlite, Value::Real(x)) if x.is_nan() => "NULL".to_owned(),
            (Self::Postgres, Value::Real(x)) if !x.is_finite() => format!("'{x}'::float8"),
            (_, Value::Real(x)) => format!("{x:?}"),
            // To SQLite, a statement ends at a NUL, even inside quotes.
            (Self::Sqlite, Value::Text(text)) if text.contains('\0') => {
                format!("CAST(x'{}' AS TEXT)", hex(text.as_bytes()))
            }
            (Self::Postgres, Value::Text(text)) if text.contains(|c: char| c == '\\' || c.is_ascii_control()) => {
                format!("E'{}'", text.chars().map(escaped).collect::<String>())
            }
            (_, Value::Text(text)) => format!("'{}'", text.replace('\'', "''")),
            (Self::Sqlite, Value::Blob(bytes)) => format!("x'{}'", hex(bytes)),
            (Self::Postgres, Value::Blob(bytes)) => format!("decode('{}', 'hex')", hex(bytes)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A character as it stands in an `E''` literal: a line of the script for a row, with nothing in it that is not seen.
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

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn literals() {
        let check = |value: Value, sqlite: &str, postgres: &str| {
            assert_eq!(Engine::Sqlite.literal(&value), sqlite, "{value:?}");
            assert_eq!(Engine::Postgres.literal(&value), postgres, "{value:?}");
        };
        check(Value::Null, "NULL", "NULL");
        check(Value::Int(-7), "-7", "-7");
        check(Value::Real(1.0), "1.0", "1.0");
        check(Value::Real(-1e300), "-1e300", "-1e300");
        check(Value::Real(f64::NEG_INFINITY), "-9e999", "'-inf'::float8");
        check(Value::Real(f64::NAN), "NULL", "'NaN'::float8");
        check("".into(), "''", "''");
        check("it's \"so\" 🐶".into(), "'it''s \"so\" 🐶'", "'it''s \"so\" 🐶'");
        check("C:\\it's".into(), "'C:\\it''s'", "E'C:\\\\it''s'");
        check("a\nb\t\u{7}".into(), "'a\nb\t\u{7}'", "E'a\\nb\\t\\x07'");
        check("a\0b".into(), "CAST(x'610062' AS TEXT)", "E'a\\x00b'");
        check(Value::Blob(vec![0, 255]), "x'00ff'", "decode('00ff', 'hex')");
    }
}
