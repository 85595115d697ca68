//! The flag [`DONE`] in a user's settings, which records that the migration of the user's rows is complete:
//! [`mark_done`] sets it and [`clear_done`] removes it.
//!
//! Pure: no database and no clock. Settings are an object by convention, but nothing enforces that, so that
//! setting the flag may replace a value. The replaced value is a [`Former`]; the caller stores it outside the
//! settings, and [`clear_done`] restores it.

use serde::{Deserialize, Serialize};

use crate::json::{Json, Object};

/// The key of the flag: `true` once all of a user's rows are in the new tables.
pub const DONE: &str = "prd_backfill_completed";

/// The value that the flag replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Former {
    /// Another value of [`DONE`].
    Flag(Json),
    /// Settings that were not an object.
    Settings(Json),
    /// NULL settings.
    Null,
}

/// Settings with the flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The new settings.
    pub settings: Json,
    /// The replaced value. `None` if the flag was added to an object without replacing anything.
    pub former: Option<Former>,
}

/// Whether the settings contain the flag. Only the value `true` counts.
pub fn is_done(settings: Option<&Json>) -> bool {
    settings.and_then(Json::as_object).is_some_and(|settings| is_marked(&settings))
}

fn is_marked(settings: &Object) -> bool {
    settings.get(DONE).is_some_and(|mark| mark.as_str() == "true")
}

/// Adds the flag to settings. `None` if they contain it already.
pub fn mark_done(settings: Option<&Json>) -> Option<Marked> {
    let (mut marked, former) = match settings.map(|settings| settings.as_object().ok_or(settings)) {
        Some(Ok(object)) if is_marked(&object) => return None,
        Some(Ok(mut object)) => {
            let flag = object.remove(DONE);
            (object, flag.map(Former::Flag))
        }
        Some(Err(other)) => (Object::new(), Some(Former::Settings(other.clone()))),
        None => (Object::new(), Some(Former::Null)),
    };
    marked.insert(DONE.to_owned(), Json::of(&true));
    Some(Marked { settings: Json::of(&marked), former })
}

/// Removes the flag: restores the settings from before [`mark_done`], but preserves all later changes. Settings
/// without the flag are returned unchanged. If `former` is `None`, only the flag is removed.
pub fn clear_done(settings: Option<&Json>, former: Option<Former>) -> Option<Json> {
    let Some(mut own) = settings.and_then(Json::as_object).filter(is_marked) else { return settings.cloned() };
    own.remove(DONE);
    match former {
        Some(Former::Flag(flag)) => drop(own.insert(DONE.to_owned(), flag)),
        Some(Former::Settings(before)) if own.is_empty() => return Some(before),
        Some(Former::Null) if own.is_empty() => return None,
        // Settings that were added since take precedence over the former value.
        Some(Former::Settings(_) | Former::Null) | None => {}
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
    fn clearing_the_flag_restores_the_settings() {
        let check = |before: Option<&str>, marked: &str, former: Option<&str>| {
            let before = before.map(json);
            let done = mark_done(before.as_ref()).unwrap();
            assert_eq!(done.settings.as_str(), marked);
            // The caller stores the former value as JSON and reads it back.
            let stored = done.former.map(|former| serde_json::to_string(&former).unwrap());
            assert_eq!(stored.as_deref(), former, "{marked}");
            let former = stored.map(|stored| serde_json::from_str(&stored).unwrap());
            assert!(is_done(Some(&done.settings)) && !is_done(before.as_ref()), "{marked}");
            assert_eq!(mark_done(Some(&done.settings)), None, "the flag is set only once");
            assert_eq!(clear_done(Some(&done.settings), former.clone()), before, "{marked}");
            assert_eq!(clear_done(before.as_ref(), former), before, "{marked}");
        };
        check(Some("{}"), r#"{"prd_backfill_completed":true}"#, None);
        check(
            Some(r#"{"theme": {"dark": true}, "n": 1.10}"#),
            r#"{"n":1.10,"prd_backfill_completed":true,"theme":{"dark": true}}"#,
            None,
        );
        check(None, r#"{"prd_backfill_completed":true}"#, Some(r#""null""#));
        check(Some(r#"["a"]"#), r#"{"prd_backfill_completed":true}"#, Some(r#"{"settings":["a"]}"#));
        check(
            Some(r#"{"a": 1, "prd_backfill_completed": "yes"}"#),
            r#"{"a":1,"prd_backfill_completed":true}"#,
            Some(r#"{"flag":"yes"}"#),
        );
        check(
            Some(r#"{"prd_backfill_completed": false}"#),
            r#"{"prd_backfill_completed":true}"#,
            Some(r#"{"flag":false}"#),
        );
        check(Some("null"), r#"{"prd_backfill_completed":true}"#, Some(r#"{"settings":null}"#));
    }

    #[test]
    fn later_changes_are_preserved() {
        let check = |settings: &str, former: Option<Former>, expected: &str| {
            assert_eq!(clear_done(Some(&json(settings)), former).unwrap().as_str(), expected);
        };
        let done = r#"{"prd_backfill_completed":true,"new":1}"#;
        check(done, None, r#"{"new":1}"#);
        check(done, Some(Former::Null), r#"{"new":1}"#);
        check(done, Some(Former::Settings(json("[1]"))), r#"{"new":1}"#);
        check(done, Some(Former::Flag(json("1"))), r#"{"new":1,"prd_backfill_completed":1}"#);
        // Version 0.1 of the backfill stored replaced values in the settings; they are not removed.
        check(r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{}}"#, None, r#"{"prd_backfill_replaced":{}}"#);
    }
}
