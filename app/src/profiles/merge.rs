//! [`merge`] merges the fields that all contexts share ([`SHARED`](super::SHARED)). If contexts disagree, the
//! first one wins.
//!
//! [`extract`](super::extract()) handles the fields of a single context.

use std::collections::{BTreeMap, HashSet};

use super::record::{Conflict, Left, Record};
use super::{Completeness, Context};
use crate::json::{Json, Object};

/// The merged shared fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shared {
    /// Without duplicates, in order of first appearance.
    pub core_values: Vec<String>,
    /// Values by key, of any type but null.
    pub beliefs: Object,
    /// Values by key, of any type but null.
    pub interaction_style: Object,
    /// Values by key, of any type but null.
    pub lifestyle: Object,
    /// Without duplicates, in order of first appearance.
    pub constraints: Vec<String>,
    /// The value of the first context that has one.
    pub location: Option<String>,
    /// The value of the first context that has one.
    pub age_range: Option<String>,
    /// The value of the first context that has one.
    pub name: Option<String>,
}

impl Shared {
    /// The share of the fields that are filled; the name does not count.
    pub fn completeness(&self) -> Completeness {
        Completeness::of(self.filled())
    }

    /// The fields that count towards completeness, each with whether it is filled.
    pub(super) fn filled(&self) -> [(&'static str, bool); 7] {
        let is_filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        [
            ("coreValues", !self.core_values.is_empty()),
            ("beliefs", !self.beliefs.is_empty()),
            ("interactionStyle", !self.interaction_style.is_empty()),
            ("lifestyle", !self.lifestyle.is_empty()),
            ("constraints", !self.constraints.is_empty()),
            ("location", is_filled(&self.location)),
            ("ageRange", is_filled(&self.age_range)),
        ]
    }
}

/// Merges the shared fields of contexts, which are given in order of precedence.
///
/// The result contains the union of lists, objects merged key by key, and the first string that is not null. If
/// several contexts have a key of an object, the first value that is not null wins. A value of the wrong JSON type
/// is recorded as unmapped and otherwise ignored.
pub fn merge(contexts: &[(Context, &Object)]) -> (Shared, Record) {
    let mut merging = Merging { contexts, record: Record::default() };
    let shared = Shared {
        core_values: merging.texts("coreValues"),
        beliefs: merging.object("beliefs"),
        interaction_style: merging.object("interactionStyle"),
        lifestyle: merging.object("lifestyle"),
        constraints: merging.texts("constraints"),
        location: merging.text("location"),
        age_range: merging.text("ageRange"),
        name: merging.text("name"),
    };
    (shared, merging.record)
}

struct Merging<'a> {
    contexts: &'a [(Context, &'a Object)],
    record: Record,
}

impl Merging<'_> {
    /// Returns the values of a field that have the right type, in order, and records the others as unmapped.
    fn typed<T>(&mut self, field: &'static str, read: impl Fn(&Json) -> Option<T>) -> Vec<(Context, T)> {
        let mut values = Vec::new();
        for &(context, data) in self.contexts {
            match data.get(field).filter(|value| !value.is_null()).map(|value| (read(value), value)) {
                None => {}
                Some((Some(typed), _)) => values.push((context, typed)),
                Some((None, value)) => self.record.leave(context, Left::Key(field.to_owned(), value.clone())),
            }
        }
        values
    }

    fn texts(&mut self, field: &'static str) -> Vec<String> {
        let (mut texts, mut seen) = (Vec::new(), HashSet::new());
        for (context, elements) in self.typed(field, Json::as_list) {
            let mut others = Vec::new();
            for element in elements.into_iter().filter(|element| !element.is_null()) {
                match element.as_text() {
                    Some(text) => {
                        self.record.tally(field).migrated += 1;
                        if seen.insert(text.clone()) {
                            texts.push(text);
                        }
                    }
                    None => others.push(element),
                }
            }
            if !others.is_empty() {
                self.record.leave(context, Left::Elements(field.to_owned(), others));
            }
        }
        texts
    }

    fn object(&mut self, field: &'static str) -> Object {
        let mut values: BTreeMap<String, Vec<(Context, Json)>> = BTreeMap::new();
        for (context, object) in self.typed(field, Json::as_object) {
            for (key, value) in object.into_iter().filter(|(_, value)| !value.is_null()) {
                values.entry(key).or_default().push((context, value));
            }
        }
        let mut chosen = Object::new();
        for (key, values) in values {
            if let Some(value) = self.choose(field, || format!("{field}.{key}"), values) {
                chosen.insert(key, value);
            }
        }
        chosen
    }

    fn text(&mut self, field: &'static str) -> Option<String> {
        let values = self.typed(field, |value| value.as_text().map(|_| value.clone()));
        self.choose(field, || field.to_owned(), values)?.as_text()
    }

    /// Returns the first value, and records the others as equal to it or as overridden by it.
    fn choose(
        &mut self,
        field: &'static str,
        path: impl FnOnce() -> String,
        values: Vec<(Context, Json)>,
    ) -> Option<Json> {
        let chosen = values.first()?.1.clone();
        let overridden = values.iter().filter(|(_, value)| *value != chosen).count() as u64;
        let tally = self.record.tally(field);
        tally.migrated += values.len() as u64 - overridden;
        tally.overridden += overridden;
        if overridden > 0 {
            self.record.conflicts.push(Conflict { field: path(), values, chosen: chosen.clone() });
        }
        Some(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn object(text: &str) -> Object {
        Json::parse(text).unwrap().as_object().unwrap()
    }

    fn merged(data: &[&str]) -> (Shared, Record) {
        let data: Vec<Object> = data.iter().map(|data| object(data)).collect();
        let contexts: Vec<(Context, &Object)> = Context::ALL.iter().copied().zip(&data).collect();
        merge(&contexts)
    }

    #[test]
    fn lists_are_merged_into_their_union() {
        let check = |data: &[&str], expected: &[&str], unmapped: usize| {
            let (shared, record) = merged(data);
            assert_eq!(
                (shared.core_values, record.unmapped.len()),
                (expected.iter().map(|v| v.to_string()).collect(), unmapped)
            );
        };
        check(&[], &[], 0);
        check(&[r#"{"coreValues": ["b", "a"]}"#, r#"{"coreValues": ["a", "c", "b"]}"#], &["b", "a", "c"], 0);
        check(&[r#"{"coreValues": ["a", "\u0061", "A", "", null]}"#], &["a", "A", ""], 0);
        check(&[r#"{"coreValues": [1, "a", ["b"]]}"#, r#"{"coreValues": "b"}"#], &["a"], 2);
        check(&[r#"{"coreValues": null}"#, r#"{"constraints": ["x"]}"#], &[], 0);
    }

    #[test]
    fn the_first_string_is_chosen() {
        let check = |data: &[&str], expected: Option<&str>, losers: &[(Context, &str)]| {
            let (shared, record) = merged(data);
            assert_eq!(shared.location.as_deref(), expected);
            let found: Vec<_> =
                record.conflicts.iter().flat_map(Conflict::losers).map(|(c, v)| (*c, v.as_str())).collect();
            assert_eq!(found, losers);
            assert!(record.conflicts.iter().all(|conflict| conflict.field == "location"));
        };
        check(&["{}", r#"{"location": null}"#], None, &[]);
        check(&[r#"{"location": null}"#, r#"{"location": "Oslo"}"#], Some("Oslo"), &[]);
        check(&[r#"{"location": "Oslo"}"#, r#"{"location": "\u004fslo"}"#], Some("Oslo"), &[]);
        check(&[r#"{"location": ""}"#, r#"{"location": "Oslo"}"#], Some(""), &[(Context::Friendship, r#""Oslo""#)]);
        check(&[r#"{"location": 7}"#, r#"{"location": "Oslo"}"#], Some("Oslo"), &[]);
        check(
            &[
                r#"{"location": "Oslo"}"#,
                r#"{"location": "Rome"}"#,
                r#"{"location": "Oslo"}"#,
                r#"{"location": "Paris"}"#,
            ],
            Some("Oslo"),
            &[(Context::Friendship, r#""Rome""#), (Context::Creative, r#""Paris""#)],
        );
    }

    #[test]
    fn objects_are_merged_key_by_key() {
        let check = |data: &[&str], expected: &str, conflicts: &[&str]| {
            let (shared, record) = merged(data);
            assert_eq!(shared.beliefs, object(expected));
            let fields: Vec<&str> = record.conflicts.iter().map(|conflict| conflict.field.as_str()).collect();
            assert_eq!(fields, conflicts);
        };
        check(
            &[r#"{"beliefs": {"a": null, "b": 1}}"#, r#"{"beliefs": {"a": 2, "b": 1.0}}"#],
            r#"{"a": 2, "b": 1}"#,
            &[],
        );
        check(&[r#"{"beliefs": {"a": [1]}}"#, r#"{"beliefs": {"a": [2]}}"#], r#"{"a": [1]}"#, &["beliefs.a"]);
        check(
            &[r#"{"beliefs": {"a.b": 1, "": 1}}"#, r#"{"beliefs": {"a.b": 2, "": 2}}"#],
            r#"{"a.b": 1, "": 1}"#,
            &["beliefs.", "beliefs.a.b"],
        );
        check(
            &[r#"{"beliefs": {"n": 9007199254740993}}"#, r#"{"beliefs": {"n": 9007199254740992}}"#],
            r#"{"n": 9007199254740993}"#,
            &["beliefs.n"],
        );
        check(&[r#"{"beliefs": ["a"]}"#, r#"{"beliefs": "a"}"#], "{}", &[]);
    }

    #[test]
    fn completeness_counts_all_but_the_name() {
        let check = |data: &str, percent: u8, missing: &[&str]| {
            let expected = Completeness { percent, missing: missing.iter().map(|field| field.to_string()).collect() };
            assert_eq!(merged(&[data]).0.completeness(), expected, "{data}");
        };
        let all = ["coreValues", "beliefs", "interactionStyle", "lifestyle", "constraints", "location", "ageRange"];
        check("{}", 0, &all);
        check(r#"{"name": "Mo"}"#, 0, &all);
        check(r#"{"location": "", "coreValues": [], "beliefs": {"a": null}}"#, 0, &all);
        check(
            r#"{"location": "Oslo", "coreValues": [""], "lifestyle": {"a": ""}}"#,
            43,
            &["beliefs", "interactionStyle", "constraints", "ageRange"],
        );
    }
}
