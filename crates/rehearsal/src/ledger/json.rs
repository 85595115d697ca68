//! [`Json`]: JSON values that keep their exact text, including every digit of a number.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// Many programs refuse to read values that are nested deeper than this.
const DEEPEST: usize = 100;

/// The text of a JSON value. One that is nested more than 100 levels deep is kept as a JSON string of its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json(Box<str>);

impl Json {
    /// Serialises a value; null if it cannot be written as JSON.
    #[must_use]
    pub fn of(value: &impl Serialize) -> Self {
        Self::new(&serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()))
    }

    /// Serialises a value at any depth, for values that only this library reads.
    #[must_use]
    pub fn exact(value: &impl Serialize) -> Self {
        Self::stored(&serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()))
    }

    /// Wraps the text of a stored value.
    pub(super) fn stored(text: &str) -> Self {
        Self(text.into())
    }

    fn new(text: &str) -> Self {
        if depth(text) > DEEPEST {
            return Self(serde_json::Value::from(text).to_string().into());
        }
        Self(text.into())
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The nesting depth of a value.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

impl From<&RawValue> for Json {
    fn from(value: &RawValue) -> Self {
        Self::new(value.get())
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Self {
        Self::new(&value.to_string())
    }
}

impl From<&str> for Json {
    /// As a JSON string.
    fn from(text: &str) -> Self {
        Self::from(&serde_json::Value::from(text))
    }
}

impl fmt::Display for Json {
    /// Shortens long values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 60;
        match self.0.char_indices().nth(SHOWN) {
            None => f.write_str(&self.0),
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(value) => value.serialize(serializer),
            Err(_) => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|value| Self::from(&*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn values_can_be_parsed_again() {
        let check = |text: &str, expect: &str| {
            let json = Json::from(serde_json::from_str::<&RawValue>(text).unwrap());
            assert_eq!(serde_json::to_string(&json).unwrap(), expect);
        };
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        check("1.10e400", "1.10e400");
        check(r#""[[\"[""#, r#""[[\"[""#);
        check(&nested(100), &nested(100));
        check(&nested(101), &format!("\"{}\"", nested(101)));
        check(&nested(100_000), &format!("\"{}\"", nested(100_000)));
        check(&format!(r#"{{"a\"": {}}}"#, nested(100)), &format!(r#""{{\"a\\\"\": {}}}""#, nested(100)));
        let brackets = format!("\"{}\"", "[".repeat(300));
        check(&brackets, &brackets);
    }
}
