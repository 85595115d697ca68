//! The mark of a user whose rows are all in the new tables, among the user's settings.
//!
//! Pure. The settings hold the mark and what was there before, nothing else. What had to make way for the mark is a
//! [`Former`], which whoever sets the mark keeps elsewhere; with it, the settings become what they were, whatever they were:
//! they are meant to be an object, and nothing holds them to that.

use serde::{Deserialize, Serialize};

use crate::json::{Json, Object};

/// The key that is `true` once all of a user's rows are in the new tables.
pub const DONE: &str = "prd_backfill_completed";

/// What had to make way for the mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Former {
    /// Another value of [`DONE`].
    Flag(Json),
    /// Settings that are no object.
    Settings(Json),
    /// Nothing: the settings were NULL.
    Null,
}

/// Settings with the mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// All of them.
    pub settings: Json,
    /// What had to make way; none where nothing had to.
    pub former: Option<Former>,
}

/// Whether these are the settings of a user who is done. Another value than `true` is no mark.
pub fn is_done(settings: Option<&Json>) -> bool {
    settings.and_then(Json::as_object).is_some_and(|settings| is_marked(&settings))
}

fn is_marked(settings: &Object) -> bool {
    settings.get(DONE).is_some_and(|mark| mark.as_str() == "true")
}

/// The settings with the mark; nothing for those that have it.
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

/// The settings without the mark: what they were before [`mark_done`], with all that was changed since. Those without the
/// mark stay as they are. Where what made way is not known, just the mark goes.
pub fn clear_done(settings: Option<&Json>, former: Option<Former>) -> Option<Json> {
    let Some(mut own) = settings.and_then(Json::as_object).filter(is_marked) else { return settings.cloned() };
    own.remove(DONE);
    match former {
        Some(Former::Flag(flag)) => drop(own.insert(DONE.to_owned(), flag)),
        Some(Former::Settings(before)) if own.is_empty() => return Some(before),
        Some(Former::Null) if own.is_empty() => return None,
        // Settings that the user was given since count more.
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
    fn marked_and_cleared() {
        let check = |before: Option<&str>, marked: &str, former: Option<&str>| {
            let before = before.map(json);
            let done = mark_done(before.as_ref()).unwrap();
            assert_eq!(done.settings.as_str(), marked);
            // As it is kept elsewhere and comes back.
            let kept = done.former.map(|former| serde_json::to_string(&former).unwrap());
            assert_eq!(kept.as_deref(), former, "{marked}");
            let former = kept.map(|kept| serde_json::from_str(&kept).unwrap());
            assert!(is_done(Some(&done.settings)) && !is_done(before.as_ref()), "{marked}");
            assert_eq!(mark_done(Some(&done.settings)), None, "once is enough");
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
    fn what_was_changed_since_stays() {
        let check = |settings: &str, former: Option<Former>, expected: &str| {
            assert_eq!(clear_done(Some(&json(settings)), former).unwrap().as_str(), expected);
        };
        let done = r#"{"prd_backfill_completed":true,"new":1}"#;
        check(done, None, r#"{"new":1}"#);
        check(done, Some(Former::Null), r#"{"new":1}"#);
        check(done, Some(Former::Settings(json("[1]"))), r#"{"new":1}"#);
        check(done, Some(Former::Flag(json("1"))), r#"{"new":1,"prd_backfill_completed":1}"#);
        // What version 0.1 of the backfill kept among the settings stays there.
        check(r#"{"prd_backfill_completed":true,"prd_backfill_replaced":{}}"#, None, r#"{"prd_backfill_replaced":{}}"#);
    }
}
