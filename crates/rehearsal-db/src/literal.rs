//! Values as SQL literals: the forms that all engines share. Only generated scripts need literals; statements that the
//! library runs bind their values.

use crate::Value;

/// A value in the form that all engines share; `None` if they differ.
pub(crate) fn common(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("NULL".to_owned()),
        Value::Int(n) => Some(n.to_string()),
        Value::Real(x) => x.is_finite().then(|| format!("{x:?}")),
        Value::Text(text) => {
            let is_plain = !text.contains(|c: char| c == '\\' || c.is_ascii_control());
            is_plain.then(|| quoted(text))
        }
        Value::Blob(_) => None,
    }
}

/// A text in single quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
    use pretty_assertions::assert_eq;

    #[test]
    fn writes_literals_for_each_engine() {
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
