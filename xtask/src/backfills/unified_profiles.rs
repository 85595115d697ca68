//! Gives every user without a unified profile the one that follows from the old rows, with an intent for each context.
//!
//! The app that answers through `app::profiles::answer` has to run before this does: code that writes only the old rows
//! would leave profiles behind that are no longer those of their rows.

use app::profiles::{Context, SHARED, USERS, Unified, User, profile_id, unify};
use sqlx::postgres::{PgConnection, Postgres};
use std::sync::LazyLock;
use xtask::backfill::{About, Backfill, Findings, Reject, Undo};
use xtask::ledger::FindingKind;

/// The backfill of `"UnifiedProfile"` and `"ContextIntent"`.
pub(crate) struct UnifiedProfiles;

/// A user with the old rows of all contexts, as this backfill reads them.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    id: String,
    #[sqlx(rename = "createdAt")]
    created_at: String,
    contexts: String,
}

/// The rows of a user, each as JSON.
pub(crate) struct Rows {
    completeness: u8,
    profile: String,
    intents: Vec<String>,
}

/// Whether a user is pending is looked up user by user, in the index: joined or hashed, each page would read the whole table.
static UNITS: LazyLock<String> = LazyLock::new(|| {
    format!(
        r#"SELECT "user"."id" AS "cursor",
                  (SELECT "id" FROM "UnifiedProfile" WHERE "userId" = "user"."id") IS NULL AS "pending",
                  "user".*
           FROM ({USERS}) AS "user""#
    )
});

impl Backfill for UnifiedProfiles {
    type Db = Postgres;
    type Unit = Row;
    type Output = Rows;

    fn about(&self) -> About {
        About {
            name: "unified_profiles",
            database: "profiles",
            unit: "user",
            from: 20_251_117_100_000,
            until: None,
            scopes: &["id"],
            undo: Undo::Written,
        }
    }

    fn units(&self) -> &'static str {
        &UNITS
    }

    fn id(&self, user: &Row) -> String {
        user.id.clone()
    }

    fn transform(&self, user: &Row, findings: &mut Findings) -> Result<Rows, Reject> {
        let user = User::read(&user.id, &user.created_at, &user.contexts)
            .map_err(|error| Reject::new(error.field(), error.to_string()))?;
        let unified = unify(&user);
        tell(&unified, findings);
        Ok(Rows {
            completeness: unified.profile.completeness.percent,
            profile: unified.profile_row(),
            intents: unified.intent_rows(),
        })
    }

    fn describe(&self, user: &Row, rows: &Rows) -> String {
        format!("{}: {} %, {} intents", user.id, rows.completeness, rows.intents.len())
    }

    fn rows(&self, rows: &Rows) -> u64 {
        1 + rows.intents.len() as u64
    }

    /// A user who got a profile meanwhile, from the app, gets no intents from here: they would be of older answers. One who
    /// was deleted meanwhile gets nothing.
    async fn write(&self, connection: &mut PgConnection, users: &[Rows]) -> Result<u64, sqlx::Error> {
        let profiles: Vec<&str> = users.iter().map(|user| user.profile.as_str()).collect();
        let intents: Vec<&str> = users.iter().flat_map(|user| &user.intents).map(String::as_str).collect();
        let insert = r#"WITH profile AS (
                            INSERT INTO "UnifiedProfile"
                            SELECT new.*
                            FROM unnest($1::text[]) AS input (row)
                            CROSS JOIN LATERAL jsonb_populate_record(NULL::"UnifiedProfile", input.row::jsonb) AS new
                            JOIN "User" ON "User"."id" = new."userId"
                            FOR KEY SHARE OF "User"
                            ON CONFLICT DO NOTHING
                            RETURNING "userId"
                        ),
                        intent AS (
                            INSERT INTO "ContextIntent"
                            SELECT new.*
                            FROM unnest($2::text[]) AS input (row)
                            CROSS JOIN LATERAL jsonb_populate_record(NULL::"ContextIntent", input.row::jsonb) AS new
                            JOIN profile ON profile."userId" = new."userId"
                            ON CONFLICT DO NOTHING
                            RETURNING "id"
                        )
                        SELECT (SELECT count(*) FROM profile) + (SELECT count(*) FROM intent)"#;
        count(sqlx::query_scalar(insert).bind(profiles).bind(intents).fetch_one(connection).await?)
    }

    /// Removes the rows with the ids that follow from these users, and their intents. They may have been written here, or by
    /// the app, whose rows are the same: both are what `unify` makes of the old rows, which stay, with every answer in
    /// them, so that nothing is lost and another run writes the same again. Rows of other ids are of neither, and stay.
    async fn undo(&self, connection: &mut PgConnection, users: &[Row]) -> Result<u64, sqlx::Error> {
        let profiles: Vec<String> = users.iter().map(|user| profile_id(&user.id)).collect();
        let delete = r#"WITH profile AS (
                            DELETE FROM "UnifiedProfile" WHERE "id" = ANY ($1) RETURNING "userId"
                        ),
                        intent AS (
                            DELETE FROM "ContextIntent" USING profile
                            WHERE "ContextIntent"."userId" = profile."userId"
                            RETURNING "ContextIntent"."id"
                        )
                        SELECT (SELECT count(*) FROM profile) + (SELECT count(*) FROM intent)"#;
        count(sqlx::query_scalar(delete).bind(profiles).fetch_one(connection).await?)
    }
}

fn count(rows: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(rows).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// Tells what contradicts, what has no place, and how many values of each field went where.
fn tell(unified: &Unified, findings: &mut Findings) {
    for conflict in &unified.record.conflicts {
        let values: Vec<String> =
            conflict.values.iter().map(|(context, value)| format!("{context} says {}", value.excerpt())).collect();
        let detail = format!("{}; chosen: {}", values.join(", "), conflict.chosen.excerpt());
        findings.record(FindingKind::Conflict, &conflict.field, detail);
    }
    for unmapped in &unified.record.unmapped {
        let field = unmapped
            .what
            .key()
            .map_or_else(|| unmapped.context.to_string(), |key| format!("{}.{key}", unmapped.context));
        let values: Vec<String> = unmapped.what.values().iter().map(|value| value.excerpt()).collect();
        findings.record(FindingKind::Unmapped, field, values.join(", "));
    }
    for (key, tally) in &unified.record.account {
        let label = label(key.as_deref());
        for (group, n) in [("carried", tally.carried), ("chosen against", tally.chosen_against), ("kept", tally.kept)] {
            (0..n).for_each(|_| findings.tally(group, label));
        }
    }
}

/// The field that a key is; all that are none are counted together, as there may be any number of them.
fn label(key: Option<&str>) -> &'static str {
    let fields = || SHARED.iter().chain(Context::ALL.iter().flat_map(|context| context.fields()));
    match key {
        None => "(no object)",
        Some(key) => fields().find(|field| field.name == key).map_or("(no field)", |field| field.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn transforms() {
        let check = |contexts: &str, expect: Result<&str, &str>| {
            let user =
                Row { id: "u".to_owned(), created_at: "2025-01-01T00:00:00".to_owned(), contexts: contexts.to_owned() };
            let got = UnifiedProfiles.transform(&user, &mut Findings::default());
            let got = got.map(|rows| UnifiedProfiles.describe(&user, &rows)).map_err(|reject| reject.field);
            assert_eq!(got.as_deref().map_err(String::as_str), expect, "{contexts}");
        };
        let context = |data: &str| {
            let profile = format!(r#"{{"data":{data},"createdAt":"2025-01-01T00:00:00","updatedAt":"infinity"}}"#);
            format!(r#"[{{"id":"c","contextType":"service","createdAt":"2025-01-01T00:00:00","profile":{profile}}}]"#)
        };
        check("[]", Ok("u: 0 %, 0 intents"));
        check(&context("null"), Ok("u: 0 %, 1 intents"));
        check(&context(r#"{"location": "Oslo", "beliefs": {"a": 1}}"#), Ok("u: 29 %, 1 intents"));
        check(&context(r#"{"a": "\ud800"}"#), Err("service.data.a"));
        check("{}", Err("contexts"));
    }
}
