//! The profiles of the app on a migrated database: the checks accept what it stores, also if other answers or the
//! backfill write concurrently.

#[path = "../../../src/backfills/unified_profiles.rs"]
mod unified_profiles;

use crate::suite::new_workspace;
use app::profiles::{ProfileError, Stored, Unified, answer, create_user, delete_user, get, leave, profile_id};
use pretty_assertions::assert_eq;
use rehearsal::backfill::{Backfill, Findings};
use rehearsal::ledger::{Counts, Finding};
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, query, unique, url};
use rehearsal_tests::workspace::Workspace;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::fs;
use std::thread;
use std::time::Duration;
use unified_profiles::{Row, UnifiedProfiles};

/// Creates a database with two users, one of whom has old rows, and without unified profiles.
fn database() -> (Workspace, String) {
    let workspace = new_workspace();
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    workspace.succeed(&format!("migrate profiles --url {}", url(&name)));
    let users = r#"INSERT INTO "User" VALUES ('u1', 'Mo', '1@x', '2025-01-01+00'), ('u2', 'Al', '2@x', '2025-01-01+00');
        INSERT INTO "ContextProfile" VALUES ('c1', 'u1', 'romantic', NULL, '2025-01-02+00'),
                                            ('c2', 'u1', 'service', NULL, '2025-01-01+00');
        INSERT INTO "Profile" ("id", "contextProfileId", "data")
        VALUES ('p1', 'c1', '{"location": "Oslo", "coreValues": ["a"], "old": 1.10}'), ('p2', 'c2', '"no object"')"#;
    execute(&url(&name), users);
    (workspace, url(&name))
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// Stores answers through the app, on a separate connection.
fn answered(url: &str, user: &str, context: &str, answers: &str) -> Result<Unified, ProfileError> {
    block(async { answer(&mut connect(url).await, user, context, answers).await })
}

/// Reads a profile through the app, on a separate connection.
fn got(url: &str, user: &str) -> Result<Stored, ProfileError> {
    block(async { get(&mut connect(url).await, user).await })
}

/// Reads all users and transforms them as the backfill does, without writing.
fn transformed(url: &str) -> Vec<unified_profiles::Rows> {
    let units: Vec<Row> =
        block(async { sqlx::query_as(UnifiedProfiles.units()).fetch_all(&mut connect(url).await).await.unwrap() });
    units.iter().map(|unit| UnifiedProfiles.transform(unit, &mut Findings::default()).unwrap()).collect()
}

/// Writes outputs of the backfill on a separate connection, and returns the number of rows.
fn written(url: &str, outputs: &[unified_profiles::Rows]) -> u64 {
    block(async { UnifiedProfiles.write(&mut connect(url).await, outputs).await.unwrap().rows })
}

#[test]
fn answer_and_get() {
    let (workspace, url) = database();
    let answers =
        r#"{"location": "Rome", "coreValues": ["b", "a"], "big": 9007199254740993, "friendshipDepth": "deep"}"#;
    let unified = answered(&url, "u1", "friendship", answers).unwrap();
    assert_eq!(unified.profile.shared.location.as_deref(), Some("Oslo"));
    assert_eq!(unified.profile.shared.core_values, ["a", "b"]);
    assert_eq!(unified.record.conflicts.len(), 1);
    let stored = got(&url, "u1").unwrap();
    assert_eq!((&stored.profile, &stored.intents), (&unified.profile, &unified.intents));
    assert_eq!(stored.intents.len(), 3);

    // An answer replaces its own key only, and the first context keeps its precedence.
    answered(&url, "u1", "romantic", r#"{"location": null, "familyIntentions": "two"}"#).unwrap();
    let stored = got(&url, "u1").unwrap();
    assert_eq!(stored.profile.shared.location.as_deref(), Some("Rome"));
    assert_eq!(stored.profile.shared.core_values, ["a", "b"]);
    answered(&url, "u2", "creative", "{}").unwrap();
    let empty = got(&url, "u2").unwrap();
    assert_eq!((empty.profile.completeness.percent, empty.intents[0].completeness.percent), (0, 0));

    let old = r#"SELECT "data"::text FROM "Profile" WHERE "id" = 'p1'"#;
    assert_eq!(
        query(&url, old),
        [r#"{"old": 1.10, "location": null, "coreValues": ["a"], "familyIntentions": "two"}"#]
    );
    let measured = r#"SELECT "completeness" || ' ' || "missing"::text FROM "Profile" WHERE "id" = 'p1'"#;
    let missing = "{beliefs,interactionStyle,lifestyle,constraints,location,ageRange,relationshipTimeline,exclusivityExpectation,attractionImportance}";
    assert_eq!(query(&url, measured), [format!("18 {missing}")]);
    // Nothing is pending for the backfill, and all checks pass.
    let ran = workspace.succeed(&format!("backfill unified_profiles --url {url}"));
    assert!(ran.stdout.contains("nothing to do"), "{}", ran.text());
    workspace.succeed(&format!("verify profiles --url {url}"));
}

#[test]
fn refused_answers_name_the_field_and_change_nothing() {
    let (_workspace, url) = database();
    let everything = r#"SELECT (SELECT count(*) FROM "UnifiedProfile") + (SELECT count(*) FROM "ContextProfile") || (
                            SELECT string_agg("data"::text, ' ' ORDER BY "id") FROM "Profile")"#;
    let before = query(&url, everything);
    let check = |user: &str, context: &str, answers: &str, expected: &str| {
        let error = answered(&url, user, context, answers).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(query(&url, everything), before, "{error}");
    };
    check("u9", "creative", "{}", r#"there is no user "u9": use the id"#);
    check("u\0", "creative", "{}", r#"there is no user "u\0": use the id"#);
    check("u1", "business", "{}", r#"unknown context "business": use one of romantic, friendship, professional, "#);
    check("u1", "romantic", "[1]", "the answers are a list: pass a JSON object of fields and values");
    check("u1", "romantic", "null", "the answers are null: pass");
    check("u1", "romantic", r#"{"a": 1"#, "the answers are not valid JSON: EOF while parsing an object at");
    check("u1", "romantic", r#"{"a": ["\ud800"]}"#, "the answers are not valid Unicode:");
    let nul = "contains a NUL character, which PostgreSQL cannot store: remove it";
    check("u1", "romantic", r#"{"a": 1, "b": [{"\u0000": 1}]}"#, &format!("the answer to \"b\" {nul}"));
    check("u1", "romantic", r#"{"a\u0000": 1}"#, &format!("the answer to \"a\\0\" {nul}"));
    check("u1", "service", "{}", "the data of context service of user \"u1\" is a string: expected an object");
    let huge = format!(r#"{{"a": 1{}}}"#, "0".repeat(200_000));
    check("u1", "romantic", &huge, "PostgreSQL cannot store the answers (value overflows numeric format): pass");
    let deep = format!(r#"{{"a": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    check("u1", "romantic", &deep, "PostgreSQL cannot store the answers (stack depth limit exceeded): pass");
}

#[test]
fn invalid_profiles_are_not_read() {
    let (_workspace, url) = database();
    assert!(matches!(got(&url, "u9"), Err(ProfileError::NoSuchUser { .. })));
    assert!(matches!(got(&url, "u1"), Err(ProfileError::NoProfile { .. })));
    answered(&url, "u1", "friendship", "{}").unwrap();
    let check = |sql: &str, expected: &str| {
        execute(&url, sql);
        let error = got(&url, "u1").unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    check(
        r#"UPDATE "UnifiedProfile" SET "coreValues" = '[1]'"#,
        r#"the profile of user "u1": coreValues is [1]: expected a list of strings. Correct it"#,
    );
    check(
        r#"UPDATE "UnifiedProfile" SET "coreValues" = '[]';
           UPDATE "ContextIntent" SET "roleNeeded" = 'x' WHERE "contextType" = 'romantic'"#,
        r#"the profile of user "u1": romantic.roleNeeded is "x": expected null, because the field belongs"#,
    );
    check(r#"DROP TABLE "UnifiedProfile""#, "could not read a profile because the schema is older than the app");
}

#[test]
fn no_concurrent_answer_is_lost() {
    let (workspace, url) = database();
    let one = |n: usize| {
        let (url, context) = (url.clone(), ["creative", "friendship"][n % 2]);
        thread::spawn(move || answered(&url, "u2", context, &format!(r#"{{"key {n}": {n}}}"#)).unwrap())
    };
    let answerers: Vec<_> = (0..8).map(one).collect();
    answerers.into_iter().for_each(|answerer| drop(answerer.join().unwrap()));
    let keys = r#"SELECT count(*)::text FROM "Profile", jsonb_object_keys("data")
                  WHERE "contextProfileId" IN (SELECT "id" FROM "ContextProfile" WHERE "userId" = 'u2')"#;
    assert_eq!(query(&url, keys), ["8"]);
    workspace.succeed(&format!("backfill unified_profiles --execute --url {url}"));
    workspace.succeed(&format!("verify profiles --url {url}"));
}

/// The app stores an answer after the backfill has read the user: the app's profile and its intents are unchanged.
#[test]
fn a_concurrently_written_profile_is_unchanged() {
    let (workspace, url) = database();
    let outputs = transformed(&url);
    assert_eq!(outputs.iter().map(|output| UnifiedProfiles.rows(output)).collect::<Vec<_>>(), [3, 1]);
    answered(&url, "u1", "romantic", r#"{"location": "Rome"}"#).unwrap();
    // Even if an intent of the app is deleted, the backfill adds no older one to the app's profile.
    execute(&url, r#"DELETE FROM "ContextIntent" WHERE "contextType" = 'service'"#);
    assert_eq!(written(&url, &outputs), 1, "only the other user's profile is written");
    assert_eq!(query(&url, r#"SELECT "contextType"::text FROM "ContextIntent""#), ["romantic"]);
    assert_eq!(got(&url, "u1").unwrap().profile.shared.location.as_deref(), Some("Rome"));
    // The next answer restores the intent.
    answered(&url, "u1", "romantic", "{}").unwrap();
    workspace.succeed(&format!("verify profiles --url {url}"));
}

/// A user who is deleted after the backfill has read them is skipped without an error.
#[test]
fn a_concurrently_deleted_user_is_skipped() {
    let (workspace, url) = database();
    let outputs = transformed(&url);
    execute(&url, r#"DELETE FROM "User" WHERE "id" = 'u1'"#);
    assert_eq!((written(&url, &outputs), written(&url, &outputs)), (1, 0));
    workspace.succeed(&format!("verify profiles --url {url}"));
}

/// An answer waits for an uncommitted batch, but a batch does not wait for an answer.
#[test]
fn answers_wait_for_batches_but_not_the_reverse() {
    let (workspace, url) = database();
    let outputs = transformed(&url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut batch = runtime.block_on(async {
        let (mut answering, mut batch) = (connect(&url).await, connect(&url).await);
        let lock = r#"BEGIN; SELECT 1 FROM "User" WHERE "id" = 'u1' FOR NO KEY UPDATE"#;
        sqlx::raw_sql(lock).execute(&mut answering).await.unwrap();
        sqlx::raw_sql("BEGIN; SET LOCAL lock_timeout = '5s'").execute(&mut batch).await.unwrap();
        assert_eq!(UnifiedProfiles.write(&mut batch, &outputs).await.unwrap().rows, 4);
        answering.close().await.unwrap();
        batch
    });
    let answerer = {
        let url = url.clone();
        thread::spawn(move || {
            answered(&url, "u1", "creative", r#"{"location": "Rome", "roleNeeded": "camera"}"#).unwrap()
        })
    };
    let waits = "SELECT count(*)::text FROM pg_stat_activity                  WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while query(&url, waits) == ["0"] {
        assert!(!answerer.is_finished(), "the answer waits for the batch");
        thread::sleep(Duration::from_millis(10));
    }
    runtime.block_on(sqlx::raw_sql("COMMIT").execute(&mut batch)).unwrap();
    let unified = answerer.join().unwrap();
    assert_eq!(got(&url, "u1").unwrap().intents, unified.intents);
    assert_eq!(unified.intents.len(), 3);
    workspace.succeed(&format!("verify profiles --url {url}"));
}

/// Undo removes all profiles whose ids follow from their users, the app's too, because another run writes them again.
#[test]
fn undo_and_run_again() {
    let (workspace, url) = database();
    let undo = format!("backfill unified_profiles --undo --execute --url {url}");
    let all = r#"SELECT "UnifiedProfile"::text || coalesce((
                     SELECT string_agg("ContextIntent"::text, ' ' ORDER BY "id") FROM "ContextIntent"
                     WHERE "ContextIntent"."userId" = "UnifiedProfile"."userId"), '')
                 FROM "UnifiedProfile" ORDER BY 1"#;
    workspace.succeed(&format!("backfill unified_profiles --execute --url {url}"));
    answered(&url, "u1", "romantic", r#"{"location": "Rome"}"#).unwrap();
    let before = query(&url, all);
    workspace.succeed(&undo);
    assert_eq!(query(&url, all), [""; 0]);
    workspace.succeed(&format!("backfill unified_profiles --execute --url {url}"));
    assert_eq!(query(&url, all), before);
    let other = format!(r#"UPDATE "UnifiedProfile" SET "id" = 'other' WHERE "id" = '{}'"#, profile_id("u1"));
    execute(&url, &other);
    workspace.succeed(&undo);
    assert_eq!(query(&url, r#"SELECT "id" FROM "UnifiedProfile""#), ["other"]);
    assert_eq!(query(&url, r#"SELECT count(*)::text FROM "ContextIntent""#), ["2"]);
    // Undo also leaves an intent that existed before.
    execute(&url, r#"DELETE FROM "UnifiedProfile"; DELETE FROM "ContextIntent""#);
    let foreign = r#"INSERT INTO "ContextIntent" ("id", "userId", "contextType", "completeness", "missing", "createdAt", "updatedAt")
                     VALUES ('foreign', 'u1', 'service', 0, '{}', now(), now())"#;
    execute(&url, foreign);
    let done = workspace.succeed(&format!("backfill unified_profiles --execute --url {url}")).stdout;
    assert!(done.contains("3 written") && done.contains("1 unchanged"), "{done}");
    let undone = workspace.succeed(&undo).stdout;
    assert!(undone.contains("3 undone"), "{undone}");
    assert_eq!(query(&url, r#"SELECT "id" FROM "ContextIntent""#), ["foreign"]);
}

/// The error names the user whose rows the database rejects, and the report includes batches of earlier processes.
#[test]
fn a_rejected_user_is_named() {
    let (workspace, url) = database();
    let users = r#"INSERT INTO "User" SELECT 'm' || lpad(n::text, 3, '0'), 'Mo', n::text, '2025-01-01+00' FROM generate_series(1, 99) n;
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF new."userId" = 'm077' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN new; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON "UnifiedProfile" FOR EACH ROW EXECUTE FUNCTION refuse();"#;
    execute(&url, users);
    for attempt in ["", " (again)"] {
        let ran =
            workspace.run(&format!("backfill unified_profiles --execute --batch 20 --record report.json --url {url}"));
        assert_eq!(ran.exit, Some(1), "{attempt}{}", ran.text());
        assert!(ran.stderr.contains("writing the user m077 failed: not this one"), "{}", ran.text());
        let report = fs::read_to_string(workspace.path("report.json")).unwrap();
        let report: Report = serde_json::from_str(&report).unwrap();
        assert_eq!((report.state.as_str(), report.counts.units), ("failed", 60), "{attempt}");
    }
    execute(&url, r#"DROP TRIGGER refuse ON "UnifiedProfile""#);
    workspace.succeed(&format!("backfill unified_profiles --execute --record report.json --url {url}"));
    let report: Report = serde_json::from_str(&fs::read_to_string(workspace.path("report.json")).unwrap()).unwrap();
    assert_eq!((report.state.as_str(), report.counts.units, report.findings.len()), ("finished", 101, 2));
    assert_eq!(
        query(&url, "SELECT count(*)::text FROM _rehearsal_findings"),
        ["0"],
        "findings of a finished run are removed"
    );
}

/// The fields of a report that these tests read.
#[derive(serde::Deserialize)]
struct Report {
    state: String,
    findings: Vec<Finding>,
    counts: Counts,
}

/// Rows, findings and reconciliation do not depend on the batch size, and the dry run predicts them.
#[test]
fn results_do_not_depend_on_the_batch_size() {
    let workspace = new_workspace();
    workspace.succeed("fixture generate profiles --units 120 --seed 7 --out fixtures/profiles/small.sql");
    let report = |arguments: &str| {
        workspace.succeed(&format!("{arguments} --record report.json"));
        let text = fs::read_to_string(workspace.path("report.json")).unwrap();
        let mut report: Report = serde_json::from_str(&text).unwrap();
        report.findings.sort_by_key(|finding| serde_json::to_string(finding).unwrap());
        report
    };
    let mut all = Vec::new();
    for batch in [1, 7, 5000] {
        let name = unique();
        execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
        let url = url(&name);
        workspace.succeed(&format!("fixture load profiles small --url {url}"));
        workspace.succeed(&format!("migrate profiles --url {url}"));
        let values =
            query(&url, &format!("SELECT sum(n)::text FROM ({}) AS counted", UnifiedProfiles.source_counts().unwrap()));
        let foreseen = report(&format!("backfill unified_profiles --batch {batch} --url {url}"));
        let done = report(&format!("backfill unified_profiles --execute --batch {batch} --url {url}"));
        for report in [&foreseen, &done] {
            assert_eq!(report.state, "finished");
            assert_eq!(report.counts.findings.values().sum::<u64>(), report.findings.len() as u64);
            assert_eq!([report.counts.reconciliation.total().total().to_string()], *values);
        }
        assert!(foreseen.findings.len() > 100 && foreseen.findings == done.findings);
        assert_eq!(done.counts.batches, 120_u64.div_ceil(batch));
        let rows = r#"SELECT md5(string_agg(row, ' ' ORDER BY row)) FROM (
                          SELECT "UnifiedProfile"::text FROM "UnifiedProfile" UNION ALL
                          SELECT "ContextIntent"::text FROM "ContextIntent") AS both_tables (row)"#;
        // All counts except the number of batches must be equal.
        let counts = Counts { batches: 0, ..done.counts };
        all.push((query(&url, rows), done.findings, counts, Counts { batches: 0, ..foreseen.counts }));
    }
    assert!(all.iter().all(|(rows, findings, counts, foreseen)| {
        (rows, findings, counts) == (&all[0].0, &all[0].1, &all[0].2) && counts == foreseen
    }));
}

/// A new user has a profile immediately, leaving a context recomputes it from the others, and a deleted user leaves
/// no rows.
#[test]
fn create_and_delete_users_and_leave_contexts() {
    let (workspace, url) = database();
    let come = |name: &str, email: &str| block(async { create_user(&mut connect(&url).await, name, email).await });
    let left = |user: &str, context: &str| block(async { leave(&mut connect(&url).await, user, context).await });
    let deleted = |user: &str| block(async { delete_user(&mut connect(&url).await, user).await });

    let user = come("Zoe", "3@x").unwrap();
    let id = user.profile.user_id.clone();
    assert_eq!(got(&url, &id).unwrap(), Stored { profile: user.profile, intents: Vec::new() });
    answered(&url, "u1", "service", r#"{"location": "Rome"}"#).unwrap_err();
    let unified = left("u1", "service").unwrap();
    assert_eq!(unified.intents.len(), 1);
    let stored = got(&url, "u1").unwrap();
    assert_eq!((stored.profile, stored.intents), (unified.profile, unified.intents));
    deleted("u2").unwrap();
    workspace.succeed(&format!("verify profiles --url {url}"));
    deleted("u1").unwrap();
    deleted(&id).unwrap();
    for table in ["User", "ContextProfile", "Profile", "UnifiedProfile", "ContextIntent"] {
        assert_eq!(query(&url, &format!(r#"SELECT count(*) FROM "{table}""#)), ["0"], "{table}");
    }

    come("Mo", "1@x").unwrap();
    let refused = |error: ProfileError, expect: &str| assert_eq!(error.to_string(), expect);
    let taken = "another user already has the email address \"1@x\": use a different one";
    refused(come("Mo", "1@x").unwrap_err(), taken);
    let nul = "the name of the new user contains a NUL character, which PostgreSQL cannot store: remove it";
    refused(come("\0", "4@x").unwrap_err(), nul);
    refused(deleted("u1").unwrap_err(), "there is no user \"u1\": use the id of a user that exists");
    refused(left("u1", "service").unwrap_err(), "there is no user \"u1\": use the id of a user that exists");
    let id = query(&url, r#"SELECT "id" FROM "User""#).remove(0);
    let nothing = format!("user {id:?} does not have the context service: name a context of this user");
    refused(left(&id, "service").unwrap_err(), &nothing);
    assert!(matches!(left(&id, "x"), Err(ProfileError::UnknownContext { .. })));
}
