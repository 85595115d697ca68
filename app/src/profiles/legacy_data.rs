//! The old values that have no column: what `"legacyData"` holds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Context;
use super::record::{Left, Record};
use crate::json::{Json, Object};

/// The values of a record that are carried nowhere, as `"legacyData"` keeps them: `{}` where there are none, else for
/// instance
///
/// ```json
/// {
///   "conflicts": {"location": [{"context": "friendship", "value": "Paris"}], "beliefs.religion": [...]},
///   "romantic": {"favouriteColour": "red", "coreValues": [7], "location": ["Oslo"]},
///   "service": "data that is no object"
/// }
/// ```
///
/// Under `conflicts` are the values that were not chosen; the first dot ends the field's name, and what follows is a key
/// of its object. A list under `coreValues` or `constraints` of a context holds the elements that are no texts; anything
/// else there is the whole value of a key.
pub(super) fn legacy_data(record: &Record) -> Object {
    let mut kept = Object::new();
    if !record.conflicts.is_empty() {
        let losers: BTreeMap<&str, Vec<Loser>> = record
            .conflicts
            .iter()
            .map(|conflict| (conflict.field.as_str(), conflict.losers().map(loser).collect()))
            .collect();
        kept.insert("conflicts".to_owned(), Json::of(&losers));
    }
    let mut keys: BTreeMap<Context, BTreeMap<&str, Json>> = BTreeMap::new();
    for unmapped in &record.unmapped {
        let context = unmapped.context;
        match &unmapped.what {
            Left::Data(value) => drop(kept.insert(context.as_str().to_owned(), value.clone())),
            Left::Key(key, value) => drop(keys.entry(context).or_default().insert(key, value.clone())),
            Left::Elements(key, values) => drop(keys.entry(context).or_default().insert(key, Json::of(values))),
        }
    }
    kept.extend(keys.iter().map(|(context, keys)| (context.as_str().to_owned(), Json::of(keys))));
    kept
}

#[derive(Serialize)]
struct Loser<'a> {
    context: Context,
    value: &'a Json,
}

fn loser((context, value): &(Context, Json)) -> Loser<'_> {
    Loser { context: *context, value }
}
