//! Parses traits from JSON strictly, with the exact path of the first invalid field; see [`traits`].
//!
//! The parser is written by hand, because a derived deserialiser reports the line and the column of a fault, but
//! not its path.

use serde_json::{Map, Value};

use super::label::Label;
use super::{Accessory, Body, Colour, Eyes, FieldFault, Pattern, PetTraits, TraitsError, VERSION};

/// The maximum length of a quoted value in a message, in characters.
const QUOTED: usize = 40;

pub(super) fn traits(text: &str) -> Result<PetTraits, TraitsError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| TraitsError::NotJson { reason: error.to_string() })?;
    let root = Object::new(String::new(), &value)?;

    // The version is checked first: another version may have other fields, and the version is then the useful error.
    check_version("version", root.integer("version")?)?;
    root.only(&["version", "rarity", "body", "pattern", "eyes", "accessory"])?;

    let rarity = root.label("rarity")?;
    let body = root.object("body")?;
    body.only(&["shape", "colour", "belly"])?;
    let body = Body { shape: body.label("shape")?, colour: body.colour("colour")?, belly: body.colour("belly")? };
    let pattern = root.object("pattern")?;
    pattern.only(&["kind", "colour"])?;
    let pattern = Pattern { kind: pattern.label("kind")?, colour: pattern.colour("colour")? };
    let eyes = root.object("eyes")?;
    eyes.only(&["shape", "colour"])?;
    let eyes = Eyes { shape: eyes.label("shape")?, colour: eyes.colour("colour")? };
    let accessory = match root.field("accessory")? {
        Value::Null => None,
        _ => {
            let accessory = root.object("accessory")?;
            accessory.only(&["kind", "colour"])?;
            Some(Accessory { kind: accessory.label("kind")?, colour: accessory.colour("colour")? })
        }
    };
    Ok(PetTraits { version: VERSION, rarity, body, pattern, eyes, accessory })
}

pub(super) fn check_version(path: &str, found: i64) -> Result<(), TraitsError> {
    if found == i64::from(VERSION) {
        return Ok(());
    }
    Err(TraitsError::Field { path: path.to_owned(), fault: FieldFault::UnknownVersion { found } })
}

/// Rejects a number outside `0..=max`. `path` is a function because only the error needs it.
pub(super) fn check_range(path: impl FnOnce() -> String, found: i64, max: u16) -> Result<u16, TraitsError> {
    match u16::try_from(found) {
        Ok(value) if value <= max => Ok(value),
        _ => Err(TraitsError::Field { path: path(), fault: FieldFault::OutOfRange { found, max } }),
    }
}

/// A JSON object and its path.
struct Object<'json> {
    path: String,
    fields: &'json Map<String, Value>,
}

impl<'json> Object<'json> {
    fn new(path: String, value: &'json Value) -> Result<Self, TraitsError> {
        match value {
            Value::Object(fields) => Ok(Object { path, fields }),
            other => {
                let path = if path.is_empty() { "(root)".to_owned() } else { path };
                Err(TraitsError::Field { path, fault: wrong_type("an object", other) })
            }
        }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn fault<T>(&self, name: &str, fault: FieldFault) -> Result<T, TraitsError> {
        Err(TraitsError::Field { path: self.path_of(name), fault })
    }

    /// Rejects unknown fields. The error names the first one in alphabetical order, so that the message is
    /// deterministic.
    fn only(&self, expected: &[&'static str]) -> Result<(), TraitsError> {
        match self.fields.keys().filter(|key| !expected.contains(&key.as_str())).min() {
            None => Ok(()),
            Some(unknown) => self.fault(&quoted_key(unknown), FieldFault::Unknown { expected: expected.to_vec() }),
        }
    }

    fn field(&self, name: &str) -> Result<&'json Value, TraitsError> {
        match self.fields.get(name) {
            Some(value) => Ok(value),
            None => self.fault(name, FieldFault::Missing),
        }
    }

    fn object(&self, name: &str) -> Result<Object<'json>, TraitsError> {
        Object::new(self.path_of(name), self.field(name)?)
    }

    fn label<T: Label>(&self, name: &str) -> Result<T, TraitsError> {
        let value = self.field(name)?;
        let Value::String(text) = value else {
            return self.fault(name, wrong_type("a string", value));
        };
        match T::VALUES.iter().find(|known| known.label() == text) {
            Some(known) => Ok(*known),
            None => {
                let expected = T::VALUES.iter().map(|known| known.label()).collect();
                self.fault(name, FieldFault::UnknownLabel { found: excerpt(value), expected })
            }
        }
    }

    fn integer(&self, name: &str) -> Result<i64, TraitsError> {
        let value = self.field(name)?;
        match value.as_i64() {
            Some(number) => Ok(number),
            None => self.fault(name, wrong_type("a whole number", value)),
        }
    }

    fn colour(&self, name: &str) -> Result<Colour, TraitsError> {
        let colour = self.object(name)?;
        colour.only(&["h", "s", "l"])?;
        let channel = |name, max| check_range(|| colour.path_of(name), colour.integer(name)?, max);
        Ok(Colour { h: channel("h", Colour::MAX_H)?, s: channel("s", Colour::MAX_S)?, l: channel("l", Colour::MAX_L)? })
    }
}

fn wrong_type(expected: &'static str, found: &Value) -> FieldFault {
    FieldFault::WrongType { expected, found: excerpt(found) }
}

/// Formats a value as JSON, which escapes quotes and control characters, and truncates it after [`QUOTED`]
/// characters.
fn excerpt(value: &Value) -> String {
    cut(value.to_string())
}

/// Returns a plain key unchanged, and quotes and escapes any other key.
fn quoted_key(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    cut(if plain { key.to_owned() } else { format!("{key:?}") })
}

fn cut(text: String) -> String {
    match text.char_indices().nth(QUOTED) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
