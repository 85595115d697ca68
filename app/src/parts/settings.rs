//! The mark of a user whose rows are all in the new tables, among the user's settings.
//!
//! Pure. The mark can be taken away again, and then the settings are what they were, whatever they were: they are meant to
//! be an object, and nothing holds them to that.

use crate::json::{Json, Object};

/// The key that is `true` once all of a user's rows are in the new tables.
pub const DONE: &str = "prd_backfill_completed";
/// The key that keeps what had to make way for the mark, where anything had to: an object with the old values of [`DONE`]
/// and of this very key under their names; with settings that are no object under [`SETTINGS`]; or with nothing, for
/// settings that were NULL.
pub const REPLACED: &str = "prd_backfill_replaced";
/// See [`REPLACED`].
pub const SETTINGS: &str = "settings";

/// Whether these are the settings of a user who is done. Another value than `true` is no mark.
pub fn is_done(settings: Option<&Json>) -> bool {
    settings.and_then(Json::as_object).is_some_and(|settings| marked(&settings))
}

fn marked(settings: &Object) -> bool {
    settings.get(DONE).is_some_and(|mark| mark.as_str() == "true")
}

/// The settings with the mark; all others are kept. Those that have it stay as they are.
pub fn mark_done(settings: Option<&Json>) -> Json {
    let (mut settings, replaced) = match (settings.and_then(Json::as_object), settings) {
        (Some(settings), _) if marked(&settings) => return Json::of(&settings),
        (Some(mut settings), _) => {
            let own: Object = [DONE, REPLACED].into_iter().filter_map(|key| settings.remove_entry(key)).collect();
            (settings, (!own.is_empty()).then_some(own))
        }
        (None, Some(other)) => (Object::new(), Some(Object::from([(SETTINGS.to_owned(), other.clone())]))),
        (None, None) => (Object::new(), Some(Object::new())),
    };
    settings.insert(DONE.to_owned(), Json::of(&true));
    if let Some(replaced) = replaced {
        settings.insert(REPLACED.to_owned(), Json::of(&replaced));
    }
    Json::of(&settings)
}

/// The settings without the mark: what they were before [`mark_done`], with all that was changed since. Those without the
/// mark stay as they are.
pub fn clear_done(settings: Option<&Json>) -> Option<Json> {
    let Some(mut own) = settings.and_then(Json::as_object).filter(marked) else { return settings.cloned() };
    own.remove(DONE);
    let Some(replaced) = own.remove(REPLACED) else { return Some(Json::of(&own)) };
    let mut replaced = replaced.as_object().unwrap_or_default();
    match (replaced.remove(SETTINGS), replaced.is_empty()) {
        (None, false) => own.extend(replaced),
        // Somebody gave the user settings of another kind since: they count.
        _ if !own.is_empty() => {}
        (other, _) => return other,
    }
    Some(Json::of(&own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    #[test]
    fn marked_and_cleared() {
        let check = |before: Option<&str>, marked: &str| {
            let before = before.map(json);
            let done = mark_done(before.as_ref());
            assert_eq!(done.as_str(), marked);
            assert!(is_done(Some(&done)) && !is_done(before.as_ref()), "{marked}");
            assert_eq!(mark_done(Some(&done)).as_str(), marked, "once is enough");
            assert_eq!(clear_done(Some(&done)), before, "{marked}");
            assert_eq!(clear_done(before.as_ref()), before, "{marked}");
        };
        check(Some("{}"), r#"{"prd_backfill_completed":true}"#);
        check(
            Some(r#"{"theme": {"dark": true}, "n": 1.10}"#),
            r#"{"n":1.10,"prd_backfill_completed":true,"theme":{"dark": true}}"#,
        );
        check(None, r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{}}"#);
        check(Some("null"), r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{"settings":null}}"#);
        check(Some(r#"["a"]"#), r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{"settings":["a"]}}"#);
        check(
            Some(r#"{"a": 1, "prd_backfill_completed": "yes"}"#),
            r#"{"a":1,"prd_backfill_completed":true,"prd_backfill_replaced":{"prd_backfill_completed":"yes"}}"#,
        );
        check(
            Some(r#"{"prd_backfill_replaced": {"settings": 1}}"#),
            r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{"prd_backfill_replaced":{"settings": 1}}}"#,
        );
        check(
            Some(r#"{"prd_backfill_completed": false}"#),
            r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{"prd_backfill_completed":false}}"#,
        );
    }

    #[test]
    fn what_was_changed_since_stays() {
        let check = |settings: &str, expected: &str| {
            assert_eq!(clear_done(Some(&json(settings))).unwrap().as_str(), expected);
        };
        check(r#"{"prd_backfill_completed":true,"new":1}"#, r#"{"new":1}"#);
        check(r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{},"new":1}"#, r#"{"new":1}"#);
        check(r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{"settings":[1]},"new":1}"#, r#"{"new":1}"#);
    }
}
