//! Taking a context's own fields out of its data.
//!
//! What belongs to no field at all is recorded here, too; the shared fields are for [`merge`](super::merge()).

use super::field::{self, Field, Kind};
use super::record::{Left, Record};
use super::{Completeness, Context};
use crate::json::{Json, Object};

/// What a user wants in a context: the values of the context's own fields, in the table's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers(Vec<(&'static Field, Option<Json>)>);

impl Answers {
    /// The answer to each field of the context; what is null is no answer.
    pub(super) fn new(context: Context, mut answer: impl FnMut(&'static Field) -> Option<Json>) -> Answers {
        Answers(context.fields().iter().map(|field| (field, answer(field))).collect())
    }

    /// The fields with their values, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&Json>)> {
        self.0.iter().map(|(field, value)| (field.name, value.as_ref()))
    }

    /// How much of it is filled.
    pub fn completeness(&self) -> Completeness {
        Completeness::of(self.filled())
    }

    /// The fields, each with whether it is filled.
    pub(super) fn filled(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.iter().map(|(field, value)| (field, value.is_some_and(|value| !is_empty(value))))
    }
}

/// Whether an answer is an empty text or an empty list.
fn is_empty(value: &Json) -> bool {
    value.as_text().is_some_and(|text| text.is_empty()) || value.as_list().is_some_and(|list| list.is_empty())
}

/// Takes the intent of a context out of its data. Without data it is empty; of a context that there is not, it has no
/// fields at all.
///
/// Keys that are neither shared nor the context's own are unmapped, and so are values of the wrong JSON type.
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

/// How many legacy values there are in the value of a field; none where it is of the wrong type.
fn values(field: &Field, value: &Json) -> Option<u64> {
    match field.kind {
        Kind::Text => value.as_text().map(|_| 1),
        Kind::List => Some(value.as_list()?.iter().filter(|element| !element.is_null()).count() as u64),
        // No context has such a field of its own.
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
    fn own_fields_are_taken_and_the_rest_is_recorded() {
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
        check("unheard of", Some(r#"{"friendshipDepth": "a"}"#), &[], &[]);
    }

    #[test]
    fn completeness_counts_the_own_fields() {
        let check = |context: &str, data: Option<&str>, percent: u8, missing: &[&str]| {
            let expected = Completeness { percent, missing: missing.iter().map(|field| field.to_string()).collect() };
            assert_eq!(extracted(context, data).0.completeness(), expected, "{context} {data:?}");
        };
        check("unheard of", None, 0, &[]);
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
