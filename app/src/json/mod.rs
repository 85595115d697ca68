//! JSON values that are carried from one place to another without a loss, whatever they are.
//!
//! A value is its text. It is taken apart one level at a time, and only where somebody asks: nesting may be as deep as it
//! likes, numbers may be of any size and precision, and nothing here calls itself for what lies inside of a value.

mod canonical;
mod scan;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Type};

/// A JSON value, as its text.
///
/// Two are equal where PostgreSQL's `jsonb` calls them equal: white space, the order of keys, and how a character or a
/// number is written make no difference (`1.0` is `1`, and `1e2` is `100`), and of a key that comes twice the last
/// counts.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

/// The values of an object by key; of a key that comes twice, the last, as `jsonb` has it.
pub type Object = BTreeMap<String, Json>;

/// Why a text is no JSON that this app takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Syntax(String),
    /// A text in it, or a key, holds half of a surrogate pair, which is no character.
    #[error("a text in it is no Unicode: {0}")]
    Unicode(String),
}

impl Json {
    /// Reads a value.
    ///
    /// # Errors
    ///
    /// Where the text is no JSON, or where a text in it is no Unicode.
    pub fn parse(text: &str) -> Result<Json, JsonError> {
        let value = serde_json::from_str(text).map_err(|error| JsonError::Syntax(error.to_string()))?;
        let json = Json(value);
        json.check()?;
        Ok(json)
    }

    /// What a type of this app is as JSON.
    pub(crate) fn of(value: &impl Serialize) -> Json {
        // Texts, numbers, lists, and maps with texts for keys: there is nothing in them that could fail to serialise.
        Json(serde_json::value::to_raw_value(value).unwrap_or_default())
    }

    /// Refuses texts, at any depth, that are no Unicode.
    pub(crate) fn check(&self) -> Result<(), JsonError> {
        for text in scan::texts(self.as_str()) {
            if let Err(error) = decode(text) {
                return Err(JsonError::Unicode(format!("{error} of {}", excerpt(text))));
            }
        }
        Ok(())
    }

    /// Whether a text in it, at any depth, holds the one character that PostgreSQL can't store.
    pub(crate) fn holds_nul(&self) -> bool {
        scan::texts(self.as_str()).any(|text| decode(text).is_ok_and(|text| text.contains('\0')))
    }

    /// The value, exactly as it was written.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// One way of writing it, which is the same for all values that are equal. It is for comparing, and is no JSON.
    pub fn canonical(&self) -> String {
        canonical::canonical(self.as_str())
    }

    /// Whether it is `null`, which is no value.
    pub fn is_null(&self) -> bool {
        self.as_str() == "null"
    }

    /// The text that it is; none where it is anything else, or no Unicode.
    pub fn as_text(&self) -> Option<String> {
        decode(self.as_str()).ok()
    }

    /// The elements of the list that it is; none where it is anything else.
    pub fn as_list(&self) -> Option<Vec<Json>> {
        serde_json::from_str(self.as_str()).ok()
    }

    /// The values of the object that it is; none where it is anything else, or where a key is no Unicode.
    pub fn as_object(&self) -> Option<Object> {
        serde_json::from_str(self.as_str()).ok()
    }

    /// What it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self.as_str().as_bytes() {
            [b'{', ..] => "an object",
            [b'[', ..] => "a list",
            [b'"', ..] => "a text",
            [b't' | b'f', ..] => "a truth value",
            [b'n', ..] => "null",
            _ => "a number",
        }
    }

    /// As a message quotes it: cut short.
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

/// Out of a column that is cast to text.
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

/// The text that a JSON text stands for.
fn decode(text: &str) -> Result<String, serde_json::Error> {
    serde_json::from_str(text)
}

/// Longest piece of a value that a message quotes, in characters.
const QUOTED: usize = 200;

/// A text as a message quotes it: cut short.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
    }
}
