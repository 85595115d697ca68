//! [`legacy_data`] builds the column `"legacyData"`: the old values that no other column stores.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Context;
use super::record::{Left, Record};
use crate::json::{Json, Object};

/// Returns the overridden and unmapped values of a record, as `"legacyData"` stores them: `{}` if there are none,
/// otherwise for example
///
/// ```json
/// {
///   "conflicts": {"location": [{"context": "friendship", "value": "Paris"}], "beliefs.religion": [...]},
///   "romantic": {"favouriteColour": "red", "coreValues": [7], "location": ["Oslo"]},
///   "service": "data that is not an object"
/// }
/// ```
///
/// `conflicts` contains the overridden values; the first dot ends the name of the field, and the rest is a key of
/// its object. Each context contains its unmapped values by key: a list under `coreValues` or `constraints`
/// contains the elements that are not strings, any other value is the whole value of the key.
pub(super) fn legacy_data(record: &Record) -> Object {
    let mut legacy_data = Object::new();
    if !record.conflicts.is_empty() {
        let losers: BTreeMap<&str, Vec<Loser>> = record
            .conflicts
            .iter()
            .map(|conflict| (conflict.field.as_str(), conflict.losers().map(loser).collect()))
            .collect();
        legacy_data.insert("conflicts".to_owned(), Json::of(&losers));
    }
    let mut keys: BTreeMap<Context, BTreeMap<&str, Json>> = BTreeMap::new();
    for unmapped in &record.unmapped {
        let context = unmapped.context;
        match &unmapped.what {
            Left::Data(value) => drop(legacy_data.insert(context.as_str().to_owned(), value.clone())),
            Left::Key(key, value) => drop(keys.entry(context).or_default().insert(key, value.clone())),
            Left::Elements(key, values) => drop(keys.entry(context).or_default().insert(key, Json::of(values))),
        }
    }
    legacy_data.extend(keys.iter().map(|(context, keys)| (context.as_str().to_owned(), Json::of(keys))));
    legacy_data
}

#[derive(Serialize)]
struct Loser<'a> {
    context: Context,
    value: &'a Json,
}

fn loser((context, value): &(Context, Json)) -> Loser<'_> {
    Loser { context: *context, value }
}
