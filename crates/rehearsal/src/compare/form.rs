//! Decides whether a value keeps its meaning when the type of its column changes. Such a migration loses no data
//! although the text of the values differs. [`same_meaning`] is the entry point; add a new pair of types there.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::TimeZone};
use rehearsal_db::Value;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The kind of values that a type stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Number,
    Bool,
    Json,
    Date,
    Time,
    ZonedTime,
    Moment,
    ZonedMoment,
    Uuid,
    Money,
    /// An unknown type, whose values have to be equal as text.
    Other,
}

impl Form {
    /// Returns the form of a type, given by its name in the engine.
    pub(super) fn of(kind: &str) -> Self {
        let kind = kind.to_ascii_lowercase();
        let name = kind.split('(').next().unwrap_or_default().trim();
        match name {
            _ if kind.contains("[]") => Self::Other,
            "text" | "character varying" | "varchar" | "character" | "char" | "bpchar" | "citext" | "name" | "clob" => {
                Self::Text
            }
            "smallint" | "integer" | "int" | "bigint" | "numeric" | "decimal" | "real" | "double precision"
            | "float" | "double" => Self::Number,
            "boolean" | "bool" => Self::Bool,
            "json" | "jsonb" => Self::Json,
            "date" => Self::Date,
            "uuid" => Self::Uuid,
            "money" => Self::Money,
            "datetime" => Self::Moment,
            _ if name.starts_with("timestamp") && kind.ends_with("with time zone") => Self::ZonedMoment,
            _ if name.starts_with("timestamp") => Self::Moment,
            _ if name.starts_with("time") && kind.ends_with("with time zone") => Self::ZonedTime,
            _ if name.starts_with("time") => Self::Time,
            _ => Self::Other,
        }
    }
}

/// The types of a column before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types {
    pub(super) before: Form,
    pub(super) after: Form,
    has_changed: bool,
}

impl Types {
    pub(super) fn of(before: &str, after: &str) -> Self {
        Self { before: Form::of(before), after: Form::of(after), has_changed: before != after }
    }
}

/// Returns true if the column changed its type and both values have the same meaning.
pub(super) fn same_meaning(before: &Value, after: &Value, types: Types) -> bool {
    let (old, new) = (before.whole(), after.whole());
    if !types.has_changed || old == new {
        return types.has_changed;
    }
    match (types.before, types.after) {
        (Form::Number | Form::Text, Form::Number) | (Form::Number, Form::Text) => same(&old, &new, plain_number),
        (Form::Bool, Form::Number | Form::Text) | (Form::Number | Form::Text, Form::Bool) => same(&old, &new, truth),
        (Form::Json, Form::Json | Form::Text) => same(&old, &new, json),
        // The text may be parsed as JSON or converted to a JSON string.
        (Form::Text, Form::Json) => same(&old, &new, json) || json(&new) == Some(Json::Text(old.into_owned())),
        (
            Form::Text | Form::Date | Form::Moment | Form::ZonedMoment,
            Form::Text | Form::Date | Form::Moment | Form::ZonedMoment,
        ) => same(&old, &new, moment),
        (Form::Text, Form::Uuid) => same(&old, &new, |text| {
            Some(text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase())
        }),
        (Form::Money, _) | (_, Form::Money) => same(&old, &new, |text| plain_number(&text.replace(['$', ','], ""))),
        _ => false,
    }
}

fn same<T: PartialEq>(old: &str, new: &str, read: impl Fn(&str) -> Option<T>) -> bool {
    read(old).is_some_and(|old| read(new) == Some(old))
}

/// Normalises a decimal number without insignificant zeros. It works on the digits, because a double would lose some.
/// `None` if the text is not a number; leading zeros are significant, so `007` is not one.
fn plain_number(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_plain = |digits: &str| digits.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    let places = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let short = digits.trim_end_matches('0');
    if short.is_empty() {
        return Some("0".to_owned());
    }
    let places = places.checked_add(i32::try_from(digits.len() - short.len()).ok()?)?;
    Some(format!("{sign}{short}e{places}"))
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" | "y" | "on" => Some(true),
        "false" | "f" | "0" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// Parses a timestamp to nanoseconds since the epoch. One without a time zone is UTC, as in the sessions of a
/// rehearsal.
fn moment(text: &str) -> Option<i128> {
    let utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_nanosecond());
    // PostgreSQL omits the minutes of an offset if they are zero; jiff parses that form.
    let zoned = text.parse::<Timestamp>().ok().map(Timestamp::as_nanosecond);
    let zoned = zoned.or_else(|| text.parse::<DateTime>().ok().and_then(utc));
    zoned.or_else(|| text.parse::<Date>().ok().and_then(|date| utc(date.into())))
}

/// A JSON value, independent of the order of keys and the notation of numbers.
#[derive(Debug, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Json>),
    /// Sorted by key; duplicate keys are preserved.
    Object(Vec<(String, Json)>),
}

fn json(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Number(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Number(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                let shortest = format!("{value:?}");
                Ok(Json::Number(plain_number(&shortest).unwrap_or(shortest)))
            }
            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
                let mut array = Vec::new();
                while let Some(item) = items.next_element()? {
                    array.push(item);
                }
                Ok(Json::Array(array))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
                let mut object: Vec<(String, Json)> = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    object.push(entry);
                }
                object.sort_by(|(one, _), (other, _)| one.cmp(other));
                Ok(Json::Object(object))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::changes::Change;
    use pretty_assertions::assert_eq;

    /// Pairs of types, with values that keep their meaning and values that lose it.
    #[test]
    fn types() {
        let check = |kinds: (&str, &str), old: &str, new: &str, expect: Option<Change>| {
            let change = Change::of(&old.into(), &new.into(), Types::of(kinds.0, kinds.1));
            assert_eq!(change, expect, "{kinds:?}: {old} → {new}");
        };
        let (kept, lost) = (Some(Change::Retyped), Some(Change::Other));
        check(("integer", "bigint"), "1", "1", None);
        check(("integer", "numeric(10,2)"), "1", "1.00", kept);
        check(("numeric(10,2)", "numeric(10,4)"), "1.50", "1.5000", kept);
        check(("numeric", "numeric"), "1.50", "1.5", Some(Change::Rounded));
        check(("numeric(10,4)", "numeric(10,2)"), "1.2345", "1.23", Some(Change::Rounded));
        check(("numeric(10,2)", "integer"), "1.00", "1", kept);
        check(("numeric(10,2)", "integer"), "1.50", "2", Some(Change::Rounded));
        check(("double precision", "numeric"), "1e-05", "0.00001", kept);
        check(("double precision", "real"), "0.123456789", "0.12345679", Some(Change::Rounded));
        check(("numeric", "double precision"), "9007199254740993", "9007199254740992", lost);
        check(("bigint", "text"), "10", "10", None);
        check(("text", "integer"), "007", "7", lost);
        check(("text", "numeric"), "1.5", "1.50", kept);
        check(("text", "character varying(3)"), "abcdef", "abc", Some(Change::Cut));
        check(("character varying(9)", "citext"), "Ab", "Ab", None);
        check(("boolean", "integer"), "true", "1", kept);
        check(("integer", "boolean"), "2", "true", lost);
        check(("text", "boolean"), "yes", "true", kept);
        check(("json", "jsonb"), r#"{"b":1,"a":[1, 2.50]}"#, r#"{"a": [1, 2.50], "b": 1}"#, kept);
        check(("json", "jsonb"), r#"{"a":1,"a":2}"#, r#"{"a": 2}"#, lost);
        check(("text", "jsonb"), r#"{"a":1}"#, r#"{"a": 1}"#, kept);
        check(("text", "jsonb"), "word", r#""word""#, kept);
        check(("jsonb", "jsonb"), r#"{"a": 1}"#, r#"{"a": 2}"#, lost);
        check(("text", "uuid"), "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", kept);
        check(("date", "timestamp with time zone"), "2025-01-01", "2025-01-01 00:00:00+00", kept);
        check(
            ("timestamp without time zone", "timestamp with time zone"),
            "2025-01-01 10:00:00",
            "2025-01-01 10:00:00+00",
            kept,
        );
        check(
            ("timestamp with time zone", "timestamp without time zone"),
            "2025-01-01 10:00:00+00",
            "2025-01-01 10:00:00",
            Some(Change::Unzoned),
        );
        check(("timestamp with time zone", "date"), "2025-01-01 10:00:00+00", "2025-01-01", Some(Change::Rounded));
        check(("timestamp with time zone", "date"), "2025-01-01 00:00:00+00", "2025-01-01", kept);
        check(
            ("timestamp with time zone", "timestamp(0) with time zone"),
            "2025-01-01 10:00:00.7+00",
            "2025-01-01 10:00:01+00",
            Some(Change::Rounded),
        );
        check(("text", "timestamp with time zone"), "2025-01-01T10:00:00.000Z", "2025-01-01 10:00:00+00", kept);
        check(("text", "timestamp with time zone"), "2025-01-01T10:00:00+02:00", "2025-01-01 08:00:00+00", kept);
        check(
            ("text", "timestamp with time zone"),
            "2025-01-01T10:00:00.12345678Z",
            "2025-01-01 10:00:00.123457+00",
            Some(Change::Rounded),
        );
        check(("text", "date"), "2025-01-01 10:00", "2025-01-01", Some(Change::Rounded));
        check(("time with time zone", "time without time zone"), "12:00:00+01", "12:00:00", Some(Change::Unzoned));
        check(("money", "numeric"), "$1,000.50", "1000.50", kept);
        check(("INTEGER", "REAL"), "1", "1.0", kept);
        check(("text", "text"), "a ", "a", Some(Change::Cut));
        check(("text", "text"), "Ab", "ab", lost);
    }
}
