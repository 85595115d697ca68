//! The migration of parts: properties that hold for arbitrary legacy data.

use std::collections::BTreeMap;

use app::json::Json;
use app::parts::{LegacyRelationship, Marked, Place, Winners, clear_done, is_done, mark_done, migrate_relationship};
use pretty_assertions::assert_eq;
use proptest::option;
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;
use uuid::Uuid;

/// Arbitrary settings, some of them with the key of the flag.
fn settings() -> impl Strategy<Value = Option<Json>> {
    let leaf = select(&["null", "true", "false", "1.10", "1e400", r#""text""#, "[]", "{}"][..]).prop_map(str::to_owned);
    let key = select(&["a", "settings", "prd_backfill_completed"][..]);
    let value = leaf.prop_recursive(3, 16, 4, move |inner| {
        prop::collection::btree_map(key.clone(), inner, 0..4).prop_map(|entries| {
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            format!("{{{}}}", entries.join(", "))
        })
    });
    option::of(value.prop_filter_map("JSON", |text| Json::parse(&text).ok()))
}

proptest! {
    #[test]
    fn clearing_the_flag_restores_the_settings(before in settings()) {
        let marked = mark_done(before.as_ref());
        prop_assert_eq!(marked.is_none(), is_done(before.as_ref()));
        if let Some(Marked { settings, former }) = marked {
            prop_assert!(is_done(Some(&settings)));
            prop_assert_eq!(mark_done(Some(&settings)), None);
            prop_assert_eq!(clear_done(Some(&settings), former), before);
        }
    }

    /// Compares `Winners`, which stores only the last winner, with a map of all winners.
    #[test]
    fn the_first_of_each_name_wins(mut rows in prop::collection::vec((0_u8..5, option::of(0_u8..3), any::<u128>()), 0..40)) {
        // None sorts last, as NULLS LAST does.
        rows.sort_by_key(|(name, created, id)| (*name, created.is_none(), *created, *id));
        rows.dedup_by_key(|(_, _, id)| *id);
        let mut first = BTreeMap::new();
        let mut winners = Winners::default();
        for (name, _, id) in rows {
            let id = Uuid::from_u128(id);
            let expected = match first.get(&name) {
                Some(of) => Place::Duplicate { of: *of },
                None => Place::Winner,
            };
            first.entry(name).or_insert(id);
            prop_assert_eq!(winners.place(&name, id), expected);
        }
    }

    /// Swapping the parts changes nothing in a symmetric relationship, and swaps the ends of any other.
    #[test]
    fn only_protection_is_directed(
        ids in (any::<u128>(), any::<u128>()).prop_filter("two parts", |(a, b)| a != b),
        kind in select(&["polarized", "allied", "protector-exile"][..]),
        id in any::<u128>(),
    ) {
        let [a, b] = [ids.0, ids.1].map(Uuid::from_u128);
        let between = |one: Uuid, other: Uuid| {
            let legacy = LegacyRelationship {
                id: Uuid::from_u128(id),
                user_id: Some(Uuid::nil()),
                parts: Json::parse(&format!("[\"{one}\", \"{other}\"]")).ok(),
                kind: Some(kind.to_owned()),
                created_at: None,
            };
            migrate_relationship(&legacy, Some).map(|new| [new.part_a_id, new.part_b_id])
        };
        match kind {
            "protector-exile" => prop_assert_eq!((between(a, b), between(b, a)), (Ok([a, b]), Ok([b, a]))),
            _ => {
                prop_assert_eq!(between(a, b), Ok([a.min(b), a.max(b)]));
                prop_assert_eq!(between(b, a), between(a, b));
            }
        }
    }
}

/// Legacy code wrote ids in upper and lower case.
#[test]
fn ids_are_read_in_either_case() {
    let upper = Json::parse(r#"["ABCDEF00-0000-4000-8000-000000000001", "abcdef00-0000-4000-8000-000000000002"]"#);
    let legacy = LegacyRelationship { id: Uuid::nil(), user_id: None, parts: upper.ok(), kind: None, created_at: None };
    let ends = legacy.ends().map(|ends| ends.map(|end| end.to_string()));
    assert_eq!(
        ends,
        Ok(["abcdef00-0000-4000-8000-000000000001", "abcdef00-0000-4000-8000-000000000002"].map(str::to_owned))
    );
}
