//! Catches profiles and intents that differ from the app's migration of the old rows: edited, written by another
//! version, or stale after old code changed an answer.

use app::profiles::{Intent, Object, STORED, Stored, USERS, User, unify};
use rehearsal::check::{RowCheck, RowCheckAbout};
use serde::Serialize;
use sqlx::postgres::Postgres;
use std::sync::LazyLock;

/// Checks that every stored profile, with its intents, equals the result of `unify` for the user's old rows.
pub(crate) struct ProfilesFollowFromLegacy;

/// A user with the old and the new rows.
#[derive(rehearsal::FromRow)]
pub(crate) struct Row {
    id: String,
    #[sqlx(rename = "createdAt")]
    created_at: String,
    contexts: String,
    profile: String,
    intents: String,
}

static ROWS: LazyLock<String> = LazyLock::new(|| {
    format!(
        r#"SELECT stored."id" AS "cursor", stored."profile", stored."intents", "user".*
           FROM ({STORED}) AS stored JOIN ({USERS}) AS "user" ON "user"."id" = stored."userId""#
    )
});

impl RowCheck for ProfilesFollowFromLegacy {
    type Db = Postgres;
    type Row = Row;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout {
            name: "profiles_follow_from_legacy",
            database: "profiles",
            from: 20_251_117_100_000,
            until: None,
        }
    }

    fn rows(&self) -> &'static str {
        &ROWS
    }

    fn offence(&self, row: &Row) -> Option<(String, String)> {
        Some((row.id.clone(), offence(row)?))
    }
}

fn offence(row: &Row) -> Option<String> {
    let user = match User::read(&row.id, &row.created_at, &row.contexts) {
        Ok(user) => user,
        Err(error) => return Some(format!("{}: {error}", error.field())),
    };
    let stored = match Stored::read(&row.id, &row.profile, &row.intents) {
        Ok(stored) => stored,
        Err(error) => return Some(error.to_string()),
    };
    let expected = unify(&user);
    if stored.profile != expected.profile {
        return Some(difference(&stored.profile, &expected.profile));
    }
    let contexts = |intents: &[Intent]| intents.iter().map(|intent| intent.context).collect::<Vec<_>>();
    let (got, want) = (contexts(&stored.intents), contexts(&expected.intents));
    if got != want {
        return Some(format!("intents exist for {got:?}: expected {want:?}"));
    }
    let (got, want) = stored.intents.iter().zip(&expected.intents).find(|(got, want)| got != want)?;
    Some(format!("{}.{}", got.context, difference(got, want)))
}

/// Describes the first column that differs.
fn difference(stored: &impl Serialize, expected: &impl Serialize) -> String {
    let (stored, expected) = (columns(stored), columns(expected));
    let is_other = |column: &&String| stored.get(*column) != expected.get(*column);
    let column = expected.keys().find(is_other).map_or("", String::as_str);
    let excerpt = |row: &Object| row.get(column).map(|value| value.excerpt()).unwrap_or_default();
    format!("{column} is {}: expected {}", excerpt(&stored), excerpt(&expected))
}

fn columns(row: &impl Serialize) -> Object {
    // A row always serialises as an object.
    serde_json::to_string(row).and_then(|row| serde_json::from_str(&row)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn offences() {
        let data = r#"{"location": "Oslo", "beliefs": {"a": 1.0}, "pets": "dog"}"#;
        let legacy =
            format!(r#"{{"data":{data},"createdAt":"2025-01-01T00:00:00","updatedAt":"2025-01-02T00:00:00"}}"#);
        let contexts =
            format!(r#"[{{"id":"c","contextType":"service","createdAt":"2024-01-01T00:00:00","profile":{legacy}}}]"#);
        let unified = unify(&User::read("u", "2024-01-01T00:00:00", &contexts).unwrap());
        let all = app::profiles::Context::ALL.iter().flat_map(|context| context.fields());
        let nulls: String = all.map(|field| format!(r#""{}":null,"#, field.name)).collect();
        // As the database returns them: times without a zone, and the columns of all contexts.
        let profile = unified.profile_row().replace("Z\"", "\"");
        let intents = format!("[{{{nulls}{}]", &unified.intent_rows()[0].replace("Z\"", "\"")[1..]);
        let check = |from: &str, to: &str, expect: Option<&str>| {
            let row = Row {
                id: "u".to_owned(),
                created_at: "2024-01-01T00:00:00".to_owned(),
                contexts: contexts.clone(),
                profile: profile.replace(from, to),
                intents: intents.replace(from, to),
            };
            assert_eq!(offence(&row).as_deref(), expect, "{from} {to}");
        };
        check("", "", None);
        check("1.0", "1", None);
        check("Oslo", "Rome", Some(r#"location is "Rome": expected "Oslo""#));
        check("dog", "cat", Some(r#"legacyData is {"service":{"pets":"cat"}}: expected {"service":{"pets":"dog"}}"#));
        check(r#""completeness":29"#, r#""completeness":30"#, Some("completeness is 30: expected 29"));
        check(r#""serviceType":null"#, r#""serviceType":"x""#, Some(r#"service.serviceType is "x": expected null"#));
        check(
            r#""contextType":"service""#,
            r#""contextType":"creative""#,
            Some("intents exist for [Creative]: expected [Service]"),
        );
        check(
            r#""coreValues":[]"#,
            r#""coreValues":{}"#,
            Some("the profile of user \"u\": coreValues is {}: expected a list of strings. Correct it in the database"),
        );
    }
}
