//! [`extract`] takes a context's own fields out of its data, and records the keys that belong to no field.
//!
//! [`merge`](super::merge()) handles the shared fields.

use super::field::{self, Field, Kind};
use super::record::{Left, Record};
use super::{Completeness, Context};
use crate::json::{Json, Object};

/// The values of a context's own fields, in the table's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(Vec<(&'static Field, Option<Json>)>);

impl Answers {
    /// Collects the answer to each field of the context: `None` if the user gave no answer.
    pub(super) fn new(context: Context, mut answer: impl FnMut(&'static Field) -> Option<Json>) -> Answers {
        Answers(context.fields().iter().map(|field| (field, answer(field))).collect())
    }

    /// Iterates over the names of the fields and their values, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&Json>)> {
        self.0.iter().map(|(field, value)| (field.name, value.as_ref()))
    }

    /// The share of the fields that are filled.
    pub fn completeness(&self) -> Completeness {
        Completeness::of(self.filled())
    }

    /// Iterates over the fields, each with whether it is filled.
    pub(super) fn filled(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.iter().map(|(field, value)| (field, value.is_some_and(|value| !is_empty(value))))
    }
}

/// Whether an answer is an empty string or an empty list.
fn is_empty(value: &Json) -> bool {
    value.as_text().is_some_and(|text| text.is_empty()) || value.as_list().is_some_and(|list| list.is_empty())
}

/// Returns a context's own answers. Without data every answer is `None`; for an unknown context there are no
/// fields at all.
///
/// A key that is neither shared nor the context's own is recorded as unmapped; so is a value of the wrong JSON type.
pub fn extract(context: &str, data: Option<&Object>) -> (Answers, Record) {
    let Some(context) = Context::from_label(context) else { return Default::default() };
    let nothing = Object::new();
    let data = data.unwrap_or(&nothing);
    let mut record = Record::default();
    for (key, value) in data.iter().filter(|(_, value)| !value.is_null()) {
        match context.field(key).map(|field| values(field, value)) {
            Some(Some(values)) => record.tally(key).migrated += values,
            None if field::shared(key).is_some() => {}
            Some(None) | None => record.leave(context, Left::Key(key.clone(), value.clone())),
        }
    }
    let fits = |field: &'static Field| data.get(field.name).filter(|value| values(field, value).is_some()).cloned();
    (Answers::new(context, fits), record)
}

/// The number of legacy values in the value of a field. `None` if the value has the wrong type.
fn values(field: &Field, value: &Json) -> Option<u64> {
    match field.kind {
        Kind::Text => value.as_text().map(|_| 1),
        Kind::List => Some(value.as_list()?.iter().filter(|element| !element.is_null()).count() as u64),
        // Only shared fields have these types.
        Kind::Texts | Kind::Object => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn extracted(context: &str, data: Option<&str>) -> (Answers, Record) {
        let data = data.map(|data| Json::parse(data).unwrap().as_object().unwrap());
        extract(context, data.as_ref())
    }

    #[test]
    fn own_fields_are_extracted_and_other_keys_recorded() {
        let check = |context: &str, data: Option<&str>, expected: &[&str], unmapped: &[&str]| {
            let (answers, record) = extracted(context, data);
            let found: Vec<String> =
                answers.iter().filter_map(|(field, value)| Some(format!("{field}: {}", value?.as_str()))).collect();
            assert_eq!(found, expected, "{context} {data:?}");
            let left: Vec<&str> = record.unmapped.iter().filter_map(|unmapped| unmapped.what.key()).collect();
            assert_eq!(left, unmapped, "{context} {data:?}");
        };
        check("romantic", None, &[], &[]);
        check("romantic", Some("{}"), &[], &[]);
        check("romantic", Some(r#"{"familyIntentions": "", "location": "Oslo"}"#), &[r#"familyIntentions: """#], &[]);
        check("romantic", Some(r#"{"familyIntentions": null, "pets": null}"#), &[], &[]);
        check(
            "romantic",
            Some(r#"{"familyIntentions": 2, "budgetRange": "low"}"#),
            &[],
            &["budgetRange", "familyIntentions"],
        );
        check(
            "professional",
            Some(r#"{"complementarySkills": [1, null, "a"]}"#),
            &[r#"complementarySkills: [1, null, "a"]"#],
            &[],
        );
        check("professional", Some(r#"{"complementarySkills": "a"}"#), &[], &["complementarySkills"]);
        check("friendship", Some(r#"{"complementarySkills": ["a"]}"#), &[], &["complementarySkills"]);
        check(
            "friendship",
            Some(r#"{"FriendshipDepth": "a", "friendshipDepth ": "b"}"#),
            &[],
            &["FriendshipDepth", "friendshipDepth "],
        );
        check("unknown", Some(r#"{"friendshipDepth": "a"}"#), &[], &[]);
    }

    #[test]
    fn completeness_counts_a_contexts_own_fields() {
        let check = |context: &str, data: Option<&str>, percent: u8, missing: &[&str]| {
            let expected = Completeness { percent, missing: missing.iter().map(|field| field.to_string()).collect() };
            assert_eq!(extracted(context, data).0.completeness(), expected, "{context} {data:?}");
        };
        check("unknown", None, 0, &[]);
        let friendship = ["friendshipDepth", "groupActivityPreference", "emotionalSupportExpectation"];
        check("friendship", None, 0, &friendship);
        check("friendship", Some(r#"{"friendshipDepth": ""}"#), 0, &friendship);
        check("friendship", Some(r#"{"groupActivityPreference": "x"}"#), 33, &[friendship[0], friendship[2]]);
        check("friendship", Some(r#"{"groupActivityPreference": "x", "friendshipDepth": "y"}"#), 67, &friendship[2..]);
        check(
            "professional",
            Some(
                r#"{"partnershipType": "a", "commitmentHorizon": "b", "complementarySkills": [], "equityOrRevShare": "c"}"#,
            ),
            75,
            &["complementarySkills"],
        );
        check(
            "professional",
            Some(r#"{"complementarySkills": [null]}"#),
            25,
            &["partnershipType", "commitmentHorizon", "equityOrRevShare"],
        );
    }
}
