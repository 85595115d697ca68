//! The unification of profiles: properties that hold for arbitrary old data.

#![expect(clippy::unwrap_used, reason = "clippy allows unwrap in test functions, but not in their helpers")]

use std::collections::BTreeMap;

use app::profiles::{
    Completeness, Context, ContextProfile, Json, Kind, LegacyProfile, Object, SHARED, Tally, Timestamp, Unified, User,
    unify,
};
use pretty_assertions::assert_eq;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::sample::select;

const TIMESTAMPS: &[&str] = &["2025-01-01T00:00:00", "2025-01-01T00:00:00.5", "2025-02-01T00:00:00", "infinity"];

/// JSON texts. Many of them are such that a `jsonb` could not store them: duplicate keys, half of a surrogate
/// pair, NUL.
fn json() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        select(&[r#""""#, r#""Oslo""#, r#""\u004fslo""#, r#""\u0000""#, r#""\ud800""#, r#""\ud83d\udc36""#][..])
            .prop_map(str::to_owned),
    ];
    let number = select(&["0", "-0.0", "1", "1.0", "1.10", "1e400", "9007199254740993", "12345678901234567890123"][..]);
    let word = select(&["null", "true", "false"][..]);
    // Rare cases: longer than any form would send, and too deep for a recursive parser.
    let huge = (50_000..60_000_usize).prop_map(|length| format!("\"{}\"", "ö".repeat(length)));
    let deep = (1..20_000_usize).prop_map(|levels| format!("{}1.10{}", "[".repeat(levels), "]".repeat(levels)));
    let (number, word) = (number.prop_map(str::to_owned), word.prop_map(str::to_owned));
    let leaf = prop_oneof![150 => text, 50 => number, 50 => word, 1 => huge, 1 => deep];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|values| format!("[{}]", values.join(", "))),
            prop::collection::vec((inner_key(), inner), 0..5).prop_map(object),
        ]
    })
}

fn inner_key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(&["a", "b", "", "religion", "a.b", "conflicts", "A"][..])
            .prop_map(|key| serde_json::to_string(key).unwrap()),
        1 => select(&[r#""\u0061""#, r#""\ud800""#, r#""\u0000""#][..]).prop_map(str::to_owned),
        1 => any::<String>().prop_map(|key| serde_json::to_string(&key).unwrap()),
    ]
}

fn object(entries: Vec<(String, String)>) -> String {
    let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", entries.join(", "))
}

/// The data of a profile: usually an object, usually with known keys.
fn data() -> impl Strategy<Value = Option<Json>> {
    let own = Context::ALL.iter().flat_map(|context| context.fields());
    let known: Vec<&str> = SHARED.iter().chain(own).map(|field| field.name).collect();
    let key = prop_oneof![6 => select(known).prop_map(|key| format!("{key:?}")), 1 => inner_key()];
    let data = prop_oneof![
        9 => prop::collection::vec((key, json()), 0..16).prop_map(object),
        1 => json(),
    ];
    prop_oneof![1 => Just(None), 9 => data.prop_map(|text| serde_json::from_str(&text).unwrap())]
}

fn user() -> impl Strategy<Value = User> {
    let timestamp = || select(TIMESTAMPS).prop_map(Timestamp::new);
    let legacy = (data(), timestamp(), timestamp()).prop_map(|(data, created_at, updated_at)| LegacyProfile {
        data,
        created_at,
        updated_at,
    });
    let context = ("[ab]{1,2}", timestamp(), prop::option::weighted(0.9, legacy))
        .prop_map(|(id, created_at, profile)| ContextProfile { id, created_at, profile });
    let contexts = prop::collection::btree_map(select(Context::ALL), context, 0..6);
    (any::<String>(), timestamp(), contexts).prop_map(|(id, created_at, contexts)| User { id, created_at, contexts })
}

/// The location of a legacy value under its top-level key.
#[derive(Debug, Clone)]
enum Part {
    /// The whole value of the key.
    Whole,
    /// An element of a list.
    Element,
    /// The value of a key in a shared object.
    Key(String),
}

/// A legacy value: its context, its top-level key, its location under the key, and the value.
type Legacy = (Context, Option<String>, Part, Json);

/// The legacy values of a user, computed independently of the app.
fn legacy_values(user: &User) -> Vec<Legacy> {
    let mut values = Vec::new();
    for (&context, profile) in &user.contexts {
        let Some(data) = profile.profile.as_ref().and_then(|legacy| legacy.data.clone()) else { continue };
        let Some(object) = data.as_object() else {
            values.extend((!data.is_null()).then_some((context, None, Part::Whole, data)));
            continue;
        };
        for (key, value) in object {
            let kind = SHARED.iter().chain(context.fields()).find(|field| field.name == key).map(|field| field.kind);
            let parts = match (kind, value.as_list(), value.as_object()) {
                (Some(Kind::Texts | Kind::List), Some(list), _) => {
                    list.into_iter().map(|value| (Part::Element, value)).collect()
                }
                (Some(Kind::Object), _, Some(object)) => {
                    object.into_iter().map(|(key, v)| (Part::Key(key), v)).collect()
                }
                _ => vec![(Part::Whole, value)],
            };
            let parts = parts.into_iter().filter(|(_, value)| !value.is_null());
            values.extend(parts.map(|(part, value)| (context, Some(key.clone()), part, value)));
        }
    }
    values
}

/// Parses a row as an object.
fn row(text: &str) -> Object {
    serde_json::from_str(text).unwrap()
}

fn within(object: Option<&Json>, key: &str) -> Option<Json> {
    object?.as_object()?.get(key).cloned()
}

/// Whether a column of the new rows contains the value.
fn is_migrated(unified: &Unified, (context, key, part, value): &Legacy) -> bool {
    let Some(key) = key else { return false };
    let profile = row(&unified.profile_row());
    let is_shared = SHARED.iter().any(|field| field.name == key);
    let at = unified.intents.iter().position(|intent| intent.context == *context).unwrap();
    let intent = row(&unified.intent_rows()[at]);
    let column = if is_shared { profile.get(key) } else { intent.get(key).filter(|_| context.field(key).is_some()) };
    match part {
        Part::Key(inner) => within(column, inner).as_ref() == Some(value),
        Part::Element => column.and_then(Json::as_list).is_some_and(|list| list.contains(value)),
        // A value that is not a list although its field is one does not count as migrated, even if an element
        // equals it.
        Part::Whole => column.is_some_and(|column| column.as_list().is_none() && column == value),
    }
}

/// Whether the value is among the overridden values.
fn is_overridden(unified: &Unified, (context, key, part, value): &Legacy) -> bool {
    let Some(key) = key else { return false };
    let field = match part {
        Part::Key(inner) => format!("{key}.{inner}"),
        Part::Whole | Part::Element => key.clone(),
    };
    let conflicts = unified.profile.legacy_data.get("conflicts");
    let losers = within(conflicts, &field).and_then(|losers| losers.as_list()).unwrap_or_default();
    losers.iter().any(|loser| {
        let loser = loser.as_object().unwrap();
        loser["context"].as_text().as_deref() == Some(context.as_str()) && loser["value"] == *value
    })
}

/// Whether `legacyData` preserves the value under its context.
fn is_preserved(unified: &Unified, (context, key, _, value): &Legacy) -> bool {
    let of_context = unified.profile.legacy_data.get(context.as_str());
    let Some(key) = key else { return of_context == Some(value) };
    let preserved = within(of_context, key);
    preserved.as_ref() == Some(value)
        || preserved.and_then(|preserved| preserved.as_list()).is_some_and(|list| list.contains(value))
}

fn assert_agrees(completeness: &Completeness, columns: &[&str], row: &Object) {
    let empty = ["null", r#""""#, "[]", "{}"];
    let missing: Vec<&str> = columns.iter().copied().filter(|column| empty.contains(&row[*column].as_str())).collect();
    assert_eq!(completeness.missing, missing);
    let filled = columns.len() - missing.len();
    let exact = 100.0 * filled as f64 / columns.len() as f64;
    assert_eq!(f64::from(completeness.percent), (exact + 0.5).floor());
}

#[test]
fn a_user_without_contexts_has_an_empty_profile() {
    let user = User { id: "u".to_owned(), created_at: Timestamp::new(TIMESTAMPS[0]), contexts: BTreeMap::new() };
    let unified = unify(&user);
    let expected = r#"{"id":"9d8d1d3a","userId":"u","coreValues":[],"beliefs":{},"interactionStyle":{},"lifestyle":{},"constraints":[],"location":null,"ageRange":null,"name":null,"legacyData":{},"completeness":0,"missing":["coreValues","beliefs","interactionStyle","lifestyle","constraints","location","ageRange"],"createdAt":"2025-01-01T00:00:00Z","updatedAt":"2025-01-01T00:00:00Z"}"#;
    assert_eq!(unified.profile_row().replace(&app::profiles::profile_id("u"), "9d8d1d3a"), expected);
    assert_eq!(unified.intents, []);
    assert_eq!(unified.record, Default::default());
}

#[test]
fn conflicting_and_unmapped_values_are_preserved() {
    let context = |id: &str, created: usize, data: &str| {
        let data = Some(Json::parse(data).unwrap());
        let timestamp = || Timestamp::new(TIMESTAMPS[created]);
        let profile = Some(LegacyProfile { data, created_at: timestamp(), updated_at: timestamp() });
        ContextProfile { id: id.to_owned(), created_at: timestamp(), profile }
    };
    let contexts = [
        (
            Context::Romantic,
            context("b", 1, r#"{"location": "Oslo", "beliefs": {"religion": "none", "a.b": 1}, "pets": [2, 3]}"#),
        ),
        (
            Context::Friendship,
            context("c", 2, r#"{"location": "Paris", "beliefs": {"religion": "some"}, "coreValues": ["x", 1.10]}"#),
        ),
        // This context has the timestamp of the first one and a smaller id.
        (Context::Creative, context("a", 1, r#"{"location": "Rome", "beliefs": {"a.b": 1.0}, "roleNeeded": 7}"#)),
        (Context::Service, context("d", 0, r#""a dog, twice a week""#)),
    ];
    let user = User { id: "u".to_owned(), created_at: Timestamp::new(TIMESTAMPS[3]), contexts: contexts.into() };
    let unified = unify(&user);
    assert_eq!(unified.profile.shared.location.as_deref(), Some("Rome"));
    let legacy_data = serde_json::to_string(&unified.profile.legacy_data).unwrap();
    let expected = r#"{"conflicts":{"beliefs.religion":[{"context":"friendship","value":"some"}],"location":[{"context":"romantic","value":"Oslo"},{"context":"friendship","value":"Paris"}]},"creative":{"roleNeeded":7},"friendship":{"coreValues":[1.10]},"romantic":{"pets":[2, 3]},"service":"a dog, twice a week"}"#;
    assert_eq!(legacy_data, expected);
    let conflicts: Vec<String> =
        unified.record.conflicts.iter().map(|conflict| format!("{}: {:?}", conflict.field, conflict.values)).collect();
    assert_eq!(
        conflicts,
        [
            r#"beliefs.religion: [(Romantic, "none"), (Friendship, "some")]"#,
            r#"location: [(Creative, "Rome"), (Romantic, "Oslo"), (Friendship, "Paris")]"#,
        ]
    );
    let tallies: Vec<String> = unified
        .record
        .account
        .iter()
        .map(|(key, tally)| {
            format!(
                "{}: {} + {} + {}",
                key.as_deref().unwrap_or("(data)"),
                tally.migrated,
                tally.overridden,
                tally.preserved
            )
        })
        .collect();
    let expected = [
        "(data): 0 + 0 + 1",
        "beliefs: 3 + 1 + 0",
        "coreValues: 1 + 0 + 1",
        "location: 1 + 2 + 0",
        "pets: 0 + 0 + 1",
        "roleNeeded: 0 + 0 + 1",
    ];
    assert_eq!(tallies, expected);
    assert_eq!(
        (unified.profile.created_at.as_str(), unified.profile.updated_at.as_str()),
        (TIMESTAMPS[0], TIMESTAMPS[2])
    );
}

/// The nesting is too deep for a recursive parser.
#[test]
fn deeply_nested_values_are_migrated() {
    let deep = format!("{}1.10{}", "[".repeat(100_000), "]".repeat(100_000));
    let data = format!(r#"{{"beliefs": {{"deep": {deep}}}, "pets": {deep}, "complementarySkills": {deep}}}"#);
    let timestamp = || Timestamp::new(TIMESTAMPS[0]);
    let contexts = Context::ALL.iter().map(|context| {
        let data = Some(Json::parse(&data).unwrap());
        let profile = Some(LegacyProfile { data, created_at: timestamp(), updated_at: timestamp() });
        (*context, ContextProfile { id: String::new(), created_at: timestamp(), profile })
    });
    let unified = unify(&User { id: "u".to_owned(), created_at: timestamp(), contexts: contexts.collect() });
    assert_eq!(unified.profile.shared.beliefs["deep"].as_str(), deep);
    let preserved = unified.profile.legacy_data["creative"].as_object().unwrap();
    assert_eq!(preserved["pets"].as_str(), deep);
    assert_eq!(preserved["complementarySkills"].as_str(), deep);
    assert_eq!(unified.record.conflicts, []);
}

proptest! {
    /// Holds for arbitrary JSON.
    #[test]
    fn every_legacy_value_is_accounted_for(user in user()) {
        let unified = unify(&user);
        let mut counted: BTreeMap<Option<String>, Tally> = BTreeMap::new();
        for value in legacy_values(&user) {
            let tally = counted.entry(value.1.clone()).or_default();
            match &value {
                value if is_migrated(&unified, value) => tally.migrated += 1,
                value if is_overridden(&unified, value) => tally.overridden += 1,
                value if is_preserved(&unified, value) => tally.preserved += 1,
                _ => panic!("{value:?} is missing from {unified:?}"),
            }
        }
        let mut account = unified.record.account.clone();
        account.retain(|_, tally| tally.total() > 0);
        assert_eq!(account, counted);
    }

    #[test]
    fn completeness_and_missing_agree(user in user()) {
        let unified = unify(&user);
        let shared: Vec<&str> = SHARED.iter().map(|field| field.name).filter(|name| *name != "name").collect();
        assert_agrees(&unified.profile.completeness, &shared, &row(&unified.profile_row()));
        for (intent, text) in unified.intents.iter().zip(unified.intent_rows()) {
            let own: Vec<&str> = intent.context.fields().iter().map(|field| field.name).collect();
            assert_agrees(&intent.completeness, &own, &row(&text));
        }
        let contexts: Vec<Context> = unified.intents.iter().map(|intent| intent.context).collect();
        assert_eq!(contexts, user.contexts.keys().copied().collect::<Vec<_>>());
    }

    /// The names of the contexts and the order of the keys do not affect the merged fields.
    #[test]
    fn merging_depends_only_on_the_order_of_contexts(user in user()) {
        let shared_only = |data: Json| {
            let data = data.as_object()?;
            let known = |key: &String| SHARED.iter().any(|field| field.name == key);
            let entries: Vec<(String, String)> = data
                .iter()
                .rev()
                .filter(|(key, _)| known(key))
                .map(|(key, value)| (serde_json::to_string(key).unwrap(), value.as_str().to_owned()))
                .collect();
            serde_json::from_str(&object(entries)).ok()
        };
        let mut contexts: Vec<ContextProfile> = user.contexts.values().cloned().collect();
        contexts.sort_by(|a, b| (&a.created_at, &a.id).cmp(&(&b.created_at, &b.id)));
        for (place, context) in contexts.iter_mut().enumerate() {
            context.id = format!("{place}");
            if let Some(legacy) = &mut context.profile {
                legacy.data = legacy.data.take().and_then(shared_only);
            }
        }
        let named = |names: &mut dyn Iterator<Item = Context>| {
            let contexts = names.zip(contexts.iter().cloned()).collect();
            unify(&User { contexts, ..user.clone() }).profile.shared
        };
        let forwards = named(&mut Context::ALL.iter().copied());
        let backwards = named(&mut Context::ALL.iter().rev().copied());
        assert_eq!(forwards, backwards);
    }

    /// A context without answers adds an empty intent and changes nothing else.
    #[test]
    fn a_context_without_answers_changes_no_profile(user in user(), context in select(Context::ALL)) {
        let mut without = user;
        without.contexts.remove(&context);
        let mut with = without.clone();
        let silent = ContextProfile { id: String::new(), created_at: Timestamp::new(TIMESTAMPS[0]), profile: None };
        with.contexts.insert(context, silent);
        let (without, with) = (unify(&without), unify(&with));
        assert_eq!(without.profile, with.profile);
        assert_eq!(without.record, with.record);
        let intent = with.intents.iter().find(|intent| intent.context == context).unwrap();
        assert_eq!((intent.completeness.percent, intent.completeness.missing.len()), (0, context.fields().len()));
        assert_eq!(with.intents.len(), without.intents.len() + 1);
    }
}
