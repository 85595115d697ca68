//! [`Json`]: a JSON value that is copied without loss, whatever it contains.
//!
//! A value is stored as its text and parsed one level at a time, on demand. Numbers therefore keep their size and
//! precision, and as no code here recurses into a value, nesting can be arbitrarily deep.

mod canonical;
mod scan;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Type};

/// A JSON value, stored as its text.
///
/// Two values are equal if PostgreSQL's `jsonb` considers them equal: white space, the order of keys, and the
/// notation of characters and numbers make no difference (`1.0` equals `1`, and `1e2` equals `100`), and the last
/// of duplicate keys counts.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

/// The values of an object by key. The last of duplicate keys counts, as in `jsonb`.
pub type Object = BTreeMap<String, Json>;

/// The reason why this app does not accept a text as JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is not valid JSON.
    #[error("not valid JSON: {0}")]
    Syntax(String),
    /// A string or a key contains half of a surrogate pair, which is not a character.
    #[error("not valid Unicode: {0}")]
    Unicode(String),
}

impl Json {
    /// Parses a value.
    ///
    /// # Errors
    ///
    /// [`JsonError::Syntax`] if the text is not JSON; [`JsonError::Unicode`] if a string in it is not valid Unicode.
    pub fn parse(text: &str) -> Result<Json, JsonError> {
        let value = serde_json::from_str(text).map_err(|error| JsonError::Syntax(error.to_string()))?;
        let json = Json(value);
        json.check()?;
        Ok(json)
    }

    /// Serialises a type of this app.
    pub(crate) fn of(value: &impl Serialize) -> Json {
        // Serialising strings, numbers, lists, and maps with string keys cannot fail.
        Json(serde_json::value::to_raw_value(value).unwrap_or_default())
    }

    /// Fails if a string, at any depth, is not valid Unicode.
    pub(crate) fn check(&self) -> Result<(), JsonError> {
        for text in scan::texts(self.as_str()) {
            if let Err(error) = decode(text) {
                return Err(JsonError::Unicode(format!("{error} in {}", excerpt(text))));
            }
        }
        Ok(())
    }

    /// Whether a string, at any depth, contains NUL, the only character that PostgreSQL cannot store.
    pub(crate) fn holds_nul(&self) -> bool {
        scan::texts(self.as_str()).any(|text| decode(text).is_ok_and(|text| text.contains('\0')))
    }

    /// The text, exactly as it was written.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The canonical text, which is the same for all equal values. It serves only for comparison and is not JSON.
    pub fn canonical(&self) -> String {
        canonical::canonical(self.as_str())
    }

    /// Whether the value is `null`.
    pub fn is_null(&self) -> bool {
        self.as_str() == "null"
    }

    /// The decoded string. `None` if the value is not a string or not valid Unicode.
    pub fn as_text(&self) -> Option<String> {
        decode(self.as_str()).ok()
    }

    /// The elements of a list. `None` if the value is not a list.
    pub fn as_list(&self) -> Option<Vec<Json>> {
        serde_json::from_str(self.as_str()).ok()
    }

    /// The values of an object by key. `None` if the value is not an object or a key is not valid Unicode.
    pub fn as_object(&self) -> Option<Object> {
        serde_json::from_str(self.as_str()).ok()
    }

    /// The JSON type with its article, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.as_str().as_bytes() {
            [b'{', ..] => "an object",
            [b'[', ..] => "a list",
            [b'"', ..] => "a string",
            [b't' | b'f', ..] => "a boolean",
            [b'n', ..] => "null",
            _ => "a number",
        }
    }

    /// The text for a message, truncated if it is long.
    pub fn excerpt(&self) -> String {
        excerpt(self.as_str())
    }
}

impl<Db: Database> Type<Db> for Json
where
    String: Type<Db>,
{
    fn type_info() -> Db::TypeInfo {
        String::type_info()
    }

    fn compatible(info: &Db::TypeInfo) -> bool {
        String::compatible(info)
    }
}

/// Decodes a column that the query casts to text.
impl<'r, Db: Database> Decode<'r, Db> for Json
where
    String: Decode<'r, Db>,
{
    fn decode(value: Db::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Json(RawValue::from_string(String::decode(value)?)?))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Json) -> bool {
        self.as_str() == other.as_str() || self.canonical() == other.canonical()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Decodes a quoted JSON string.
fn decode(text: &str) -> Result<String, serde_json::Error> {
    serde_json::from_str(text)
}

/// The maximum length of a quoted value in a message, in characters.
const QUOTED: usize = 200;

/// Truncates a text for a message.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
    }
}
