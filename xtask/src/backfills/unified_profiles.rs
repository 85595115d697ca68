//! Creates the unified profile of every user who has none, with an intent for each context. Both follow from the
//! user's old rows (`app::profiles::unify`).
//!
//! Deploy the app that calls `app::profiles::answer` before this backfill: older code writes only the old rows, and
//! would leave profiles that no longer match them.

use app::profiles::{Context, Field, Intent, Kind, SHARED, USERS, Unified, User, intent_id, profile_id, unify};
use rehearsal::backfill::{About, Backfill, Findings, Reject, Undo, Undone, Written};
use rehearsal::ledger::{Json, Sighting, UndoNotes, ValueOutcome};
use rehearsal_cli::terminal::count;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnection, Postgres};
use std::sync::LazyLock;

/// The backfill of `"UnifiedProfile"` and `"ContextIntent"`.
pub(crate) struct UnifiedProfiles;

/// The unit: a user with the old rows of all contexts.
#[derive(rehearsal::FromRow)]
pub(crate) struct Row {
    id: String,
    #[sqlx(rename = "createdAt")]
    created_at: String,
    contexts: String,
}

/// The new rows of a user.
pub(crate) struct Rows {
    completeness: u8,
    /// The row of `"UnifiedProfile"`, as JSON.
    profile: String,
    intents: Vec<Intent>,
}

/// The fields of all contexts, which are columns of `"ContextIntent"`.
fn own_fields() -> impl Iterator<Item = &'static Field> {
    Context::ALL.iter().flat_map(|context| context.fields())
}

/// Inserts no intents for a user whose profile the app has created concurrently, because they would contain older
/// answers, and no rows for a user whom the app has deleted. The intents are one array per column: measured, this
/// costs the server a tenth of one JSON object per row.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    let (mut columns, mut values, mut inputs) = (String::new(), String::new(), String::new());
    for (at, field) in own_fields().enumerate() {
        let (name, cast) = (field.name, if field.kind == Kind::Text { "" } else { "::jsonb" });
        columns.push_str(&format!(r#""{name}", "#));
        values.push_str(&format!(r#"input."{name}"{cast}, "#));
        inputs.push_str(&format!(", ${}::text[]", at + 9));
    }
    format!(
        r#"WITH profile AS (
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
                   ({columns}"id", "userId", "contextType", "completeness", "missing", "createdAt", "updatedAt")
               SELECT {values}input."id", input."userId", input."contextType"::"RelationshipContextType",
                      input."completeness", input."missing"::text[], input."createdAt"::timestamptz,
                      input."updatedAt"::timestamptz
               FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::text[]{inputs})
                    AS input ("id", "userId", "contextType", "completeness", "missing", "createdAt", "updatedAt", {names})
               JOIN profile ON profile."userId" = input."userId"
               ON CONFLICT DO NOTHING
               RETURNING "id"
           )
           SELECT (SELECT count(*) FROM profile) + (SELECT count(*) FROM intent)"#,
        names = columns.trim_end_matches(", "),
    )
});

/// A subquery looks up in the index whether a user is pending; with a join, each page would read the whole table.
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
            scopes: &["id"],
            undo: Undo::Written,
            ..About::new("unified_profiles", "profiles", "user", 20_251_117_100_000)
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
        record(&unified, findings);
        Ok(Rows {
            completeness: unified.profile.completeness.percent,
            profile: unified.profile_row(),
            intents: unified.intents,
        })
    }

    fn describe(&self, user: &Row, rows: &Rows) -> String {
        format!("{}: {} %, {}", user.id, rows.completeness, count(rows.intents.len() as u64, "intent"))
    }

    fn rows(&self, rows: &Rows) -> u64 {
        1 + rows.intents.len() as u64
    }

    /// Counts values on jsonb, independently of the app. `app::profiles::Tally` defines what counts as a value.
    fn source_counts(&self) -> Option<&'static str> {
        Some(
            r#"SELECT part.key, count(*) AS n
               FROM "Profile"
               JOIN "ContextProfile" ON "ContextProfile"."id" = "Profile"."contextProfileId"
               CROSS JOIN LATERAL (
                   SELECT entry.key, CASE
                       WHEN entry.key IN ('coreValues', 'constraints')
                         OR entry.key = 'complementarySkills' AND "contextType" = 'professional'
                           THEN CASE jsonb_typeof(entry.value) WHEN 'array' THEN 'strict $[*]' END
                       WHEN entry.key IN ('beliefs', 'interactionStyle', 'lifestyle')
                           THEN CASE jsonb_typeof(entry.value) WHEN 'object' THEN 'strict $.*' END
                   END AS parts, entry.value
                   FROM jsonb_each(CASE jsonb_typeof("data") WHEN 'object' THEN "data" END) AS entry
                   UNION ALL
                   SELECT NULL, NULL, "data" WHERE jsonb_typeof("data") <> 'object'
               ) AS part
               CROSS JOIN LATERAL jsonb_path_query(part.value, coalesce(part.parts, 'strict $')::jsonpath) AS legacy (value)
               WHERE jsonb_typeof(legacy.value) <> 'null'
                 AND NOT EXISTS (SELECT 1 FROM "UnifiedProfile" WHERE "userId" = "ContextProfile"."userId")
               GROUP BY 1"#,
        )
    }

    async fn write(&self, connection: &mut PgConnection, users: &[Rows]) -> Result<Written, sqlx::Error> {
        let intents: Vec<&Intent> = users.iter().flat_map(|user| &user.intents).collect();
        let texts = |column: fn(&Intent) -> String| intents.iter().map(|intent| column(intent)).collect::<Vec<_>>();
        let percents: Vec<i32> = intents.iter().map(|intent| i32::from(intent.completeness.percent)).collect();
        let mut query = sqlx::query_scalar(AssertSqlSafe(INSERT.as_str()))
            .bind(users.iter().map(|user| user.profile.as_str()).collect::<Vec<_>>())
            .bind(texts(|intent| intent.id.clone()))
            .bind(texts(|intent| intent.user_id.clone()))
            .bind(texts(|intent| intent.context.as_str().to_owned()))
            .bind(percents)
            // These are names of columns, which need no quotes.
            .bind(texts(|intent| format!("{{{}}}", intent.completeness.missing.join(","))))
            .bind(texts(|intent| intent.created_at.to_string()))
            .bind(texts(|intent| intent.updated_at.to_string()));
        for field in own_fields() {
            let answer = |intent: &&Intent| {
                let (_, value) = intent.answers.iter().find(|(name, _)| *name == field.name)?;
                match field.kind {
                    Kind::Text => value?.as_text(),
                    Kind::Texts | Kind::Object | Kind::List => Some(value?.as_str().to_owned()),
                }
            };
            query = query.bind(intents.iter().map(answer).collect::<Vec<Option<String>>>());
        }
        changed(query.fetch_one(connection).await?).map(Written::from)
    }

    /// Deletes the rows whose ids follow from these users and their contexts, whether this backfill or the app wrote
    /// them. Either way, `unify` derived them from the old rows, which remain and contain every answer, so the next
    /// run writes equal rows. Rows with other ids stay unchanged.
    async fn undo(
        &self,
        connection: &mut PgConnection,
        users: &[Row],
        _notes: &UndoNotes,
    ) -> Result<Undone, sqlx::Error> {
        let profiles: Vec<String> = users.iter().map(|user| profile_id(&user.id)).collect();
        let mut intents = Vec::new();
        for user in users {
            let contexts: Vec<ContextId> =
                serde_json::from_str(&user.contexts).map_err(|error| sqlx::Error::Decode(error.into()))?;
            intents.extend(contexts.into_iter().map(|context| intent_id(&context.id)));
        }
        let delete = r#"WITH profile AS (
                            DELETE FROM "UnifiedProfile" WHERE "id" = ANY ($1) RETURNING "userId"
                        ),
                        intent AS (
                            DELETE FROM "ContextIntent" USING profile
                            WHERE "ContextIntent"."id" = ANY ($2) AND "ContextIntent"."userId" = profile."userId"
                            RETURNING "ContextIntent"."id"
                        )
                        SELECT (SELECT count(*) FROM profile) + (SELECT count(*) FROM intent)"#;
        changed(sqlx::query_scalar(delete).bind(profiles).bind(intents).fetch_one(connection).await?).map(Undone::from)
    }
}

/// The part of a context that undo needs.
#[derive(serde::Deserialize)]
struct ContextId {
    id: String,
}

fn changed(rows: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(rows).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// Records conflicts, values without a column, and the outcome of every value.
fn record(unified: &Unified, findings: &mut Findings) {
    let sighting =
        |context: Context, value| Sighting { context: Some(context.as_str().to_owned()), value: Json::of(value) };
    for conflict in &unified.record.conflicts {
        let values = conflict.values.iter().map(|(context, value)| sighting(*context, value)).collect();
        findings.conflict(&conflict.field, values, Json::of(&conflict.chosen));
    }
    for unmapped in &unified.record.unmapped {
        let values = unmapped.what.values().iter().map(|value| sighting(unmapped.context, value)).collect();
        findings.unmapped(unmapped.what.key().unwrap_or(NO_OBJECT), values);
    }
    for (key, tally) in &unified.record.account {
        let outcomes = [
            (ValueOutcome::Migrated, tally.migrated),
            (ValueOutcome::Overridden, tally.overridden),
            (ValueOutcome::Preserved, tally.preserved),
        ];
        for (outcome, n) in outcomes.into_iter().filter(|(_, n)| *n > 0) {
            match key.as_deref() {
                None => findings.reconciliation().keyless(outcome, n),
                Some(key) if is_field(key) => findings.reconciliation().field(key, outcome, n),
                Some(key) => findings.reconciliation().other(key, outcome, n),
            }
        }
    }
}

/// The key in findings for data that is not an object.
const NO_OBJECT: &str = "(no object)";

/// Whether any context has a column for this key.
fn is_field(key: &str) -> bool {
    SHARED.iter().chain(own_fields()).any(|field| field.name == key)
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
        check(&context("null"), Ok("u: 0 %, 1 intent"));
        check(&context(r#"{"location": "Oslo", "beliefs": {"a": 1}}"#), Ok("u: 29 %, 1 intent"));
        check(&context(r#"{"a": "\ud800"}"#), Err("service.data.a"));
        check("{}", Err("contexts"));
    }
}
