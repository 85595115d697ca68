//! The backfill of parts: missing privileges are reported before anything is written, a user of any size is one
//! transaction, undo leaves other users unchanged, and concurrent runs write each row once.

use super::database;
use pretty_assertions::assert_eq;
use rehearsal::ledger::{Counts, Finding, FindingKind, OutcomeCounts, ValueOutcome};
use rehearsal_tests::postgres::{execute, in_the_way, query, unique};
use rehearsal_tests::processes::wait_until;
use rehearsal_tests::workspace::Workspace;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

const NEWEST: &str = "20260119100000";

/// The fields of a report that these tests read.
#[derive(serde::Deserialize)]
struct Report {
    state: String,
    findings: Vec<Finding>,
    counts: Counts,
}

/// Inserts users with `rows` parts, sessions and relationships each.
fn populate(url: &str, users: u32, rows: u32) {
    let statements = format!(
        r#"INSERT INTO users SELECT md5('user ' || u)::uuid, u || '@x', '{{"theme": "dark"}}' FROM generate_series(1, {users}) u;
           INSERT INTO parts (id, user_id, name, created_at)
           SELECT md5('part ' || u || ' ' || n)::uuid, md5('user ' || u)::uuid, nullif('Part ' || n / 2, 'Part 3'), '2025-01-01+00'
           FROM generate_series(1, {users}) u, generate_series(1, {rows}) n;
           INSERT INTO sessions (id, user_id, start_time)
           SELECT md5('session ' || u || ' ' || n)::uuid, md5('user ' || u)::uuid, timestamptz '2025-01-01+00' + n / 2 * interval '1 day'
           FROM generate_series(1, {users}) u, generate_series(1, {rows}) n;
           INSERT INTO part_relationships (id, user_id, parts, type, created_at)
           SELECT md5('relationship ' || u || ' ' || n)::uuid, md5('user ' || u)::uuid,
                  jsonb_build_array(md5('part ' || u || ' ' || n)::uuid, md5('part ' || u || ' ' || n + 2)::uuid), 'polarized', '2025-01-01+00'
           FROM generate_series(1, {users}) u, generate_series(1, {rows}) n;"#
    );
    execute(url, &statements);
}

/// Returns a hash of all rows of each user.
fn all(url: &str) -> BTreeMap<String, String> {
    let sql = "SELECT users.id || ' ' || md5(users::text
                   || coalesce((SELECT string_agg(p::text, ' ' ORDER BY id) FROM parts_v2 p WHERE user_id = users.id), '')
                   || coalesce((SELECT string_agg(s::text, ' ' ORDER BY id) FROM sessions_v2 s WHERE user_id = users.id), '')
                   || coalesce((SELECT string_agg(r::text, ' ' ORDER BY id) FROM part_relationships_v2 r WHERE user_id = users.id), ''))
               FROM users";
    let lines = query(url, sql);
    lines.iter().filter_map(|line| line.split_once(' ')).map(|(user, sum)| (user.to_owned(), sum.to_owned())).collect()
}

fn report(workspace: &Workspace, arguments: &str) -> Report {
    workspace.succeed(&format!("{arguments} --record report.json"));
    serde_json::from_str(&fs::read_to_string(workspace.path("report.json")).unwrap()).unwrap()
}

/// Every mode reports all missing privileges together, and works once they are granted.
#[test]
fn missing_privileges_are_reported() {
    let (workspace, own) = database(NEWEST);
    populate(&own, 3, 4);
    let role = unique();
    execute(&own, &format!("CREATE ROLE {role} LOGIN"));
    let theirs = own.replace("postgres@", &format!("{role}@"));
    let refused = |mode: &str, whys: &[&str], grants: &[&str]| {
        let ran = workspace.run(&format!("backfill parts_v2 {mode} --url {theirs}"));
        assert_eq!(ran.exit, Some(1), "{}", ran.text());
        for expected in whys.iter().chain(grants) {
            assert!(ran.stderr.contains(&expected.replace("WHO", &role)), "{expected} in {}", ran.text());
        }
        assert_eq!(query(&own, "SELECT count(*)::text FROM parts_v2"), ["0"]);
        assert_eq!(
            query(&own, "SELECT (to_regclass('_rehearsal_runs') IS NULL)::text"),
            ["true"],
            "no ledger is created"
        );
    };
    let each = |whys: &[&str], grants: &[&str]| {
        for mode in ["", "--execute", "--undo --execute"] {
            refused(mode, whys, grants);
        }
    };
    each(&["lacks SELECT on _sqlx_migrations"], &["GRANT SELECT ON \"_sqlx_migrations\" TO \"WHO\";"]);
    execute(&own, &format!("GRANT SELECT ON _sqlx_migrations TO {role}"));
    // The privileges on each table.
    each(&["the role WHO lacks SELECT on parts"], &["GRANT SELECT ON \"sessions\" TO \"WHO\";"]);
    refused(
        "--execute",
        &["lacks SELECT, UPDATE on users", "lacks SELECT, INSERT on parts_v2"],
        &["GRANT CREATE ON SCHEMA \"public\" TO \"WHO\";"],
    );
    execute(&own, &format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    // A privilege on some columns can suffice, but not for inserting. A policy for another role does not apply.
    execute(&own, &format!("GRANT UPDATE (settings) ON users TO {role}; GRANT INSERT (id) ON parts_v2 TO {role}"));
    execute(&own, "CREATE POLICY theirs ON parts_v2 TO postgres USING (true)");
    let hidden =
        "row-level security on parts_v2 applies to the role WHO and may hide rows (policies: parts_v2_own_rows)";
    refused("--execute", &["lacks INSERT on parts_v2", hidden], &["ALTER ROLE \"WHO\" BYPASSRLS;"]);
    refused("--undo --execute", &["lacks DELETE on parts_v2", hidden], &["GRANT DELETE ON \"parts_v2\" TO \"WHO\";"]);
    refused("", &[hidden], &[]);
    execute(&own, &format!("ALTER ROLE {role} BYPASSRLS"));
    workspace.succeed(&format!("backfill parts_v2 --url {theirs}"));
    execute(&own, &format!("REVOKE USAGE ON SCHEMA public FROM PUBLIC, {role}"));
    let unseen = "the role WHO lacks USAGE on the schema public, which contains _sqlx_migrations";
    each(&[unseen], &["GRANT USAGE ON SCHEMA \"public\" TO \"WHO\";"]);
    execute(&own, &format!("GRANT CREATE, USAGE ON SCHEMA public TO {role}"));
    execute(&own, &format!("GRANT INSERT, DELETE ON ALL TABLES IN SCHEMA public TO {role}"));
    workspace.succeed(&format!("backfill parts_v2 --execute --url {theirs}"));
    assert_eq!(query(&own, "SELECT count(*)::text FROM users WHERE settings ? 'prd_backfill_completed'"), ["3"]);
    // The ledger now belongs to another role. An owner who is subject to the policies can exempt itself.
    execute(&own, &format!("ALTER TABLE _rehearsal_runs OWNER TO postgres; REVOKE ALL ON _rehearsal_runs FROM {role}"));
    let ran = workspace.run(&format!("backfill parts_v2 --url {theirs}"));
    assert!(ran.stderr.contains(&format!("the role {role} lacks SELECT on _rehearsal_runs")), "{}", ran.text());
    execute(&own, &format!("GRANT ALL ON _rehearsal_runs TO {role}; ALTER ROLE {role} NOBYPASSRLS"));
    for table in ["parts_v2", "sessions_v2", "part_relationships_v2", "observations"] {
        execute(&own, &format!("ALTER TABLE {table} OWNER TO {role}; ALTER TABLE {table} FORCE ROW LEVEL SECURITY"));
    }
    let ran = workspace.run(&format!("backfill parts_v2 --url {theirs}"));
    assert!(ran.stderr.contains("ALTER TABLE \"parts_v2\" NO FORCE ROW LEVEL SECURITY;"), "{}", ran.text());
}

#[test]
fn a_scope_without_a_unit_is_refused() {
    let (workspace, url) = database(NEWEST);
    populate(&url, 1, 1);
    let id = query(&url, "SELECT id::text FROM users")[0].clone();
    for scope in [id.to_uppercase(), format!("{{{id}}}"), "abc".to_owned(), String::new()] {
        for mode in ["", "--execute", "--undo --execute"] {
            let scope = format!("user_id={scope}");
            let flags = ["backfill", "parts_v2"].into_iter().chain(mode.split_whitespace());
            let flags = flags.chain(["--url", &url, "--scope", &scope]);
            let ran = workspace.finish("backfill", workspace.command(flags));
            assert_eq!(ran.exit, Some(2), "{}", ran.text());
            assert!(
                ran.stderr.contains("no user in ") && ran.stderr.contains(&format!(" has {scope}\n")),
                "{}",
                ran.text()
            );
        }
    }
}

/// The batch size and the size of a user make no difference, and the dry run predicts every count.
#[test]
#[ignore = "slow"]
fn a_user_is_one_transaction_of_any_size() {
    let mut seen = Vec::new();
    for batch in [1, 5000] {
        let (workspace, url) = database(NEWEST);
        populate(&url, 2, 5000);
        let foreseen = report(&workspace, &format!("backfill parts_v2 --batch {batch} --url {url}"));
        let done = report(&workspace, &format!("backfill parts_v2 --execute --batch {batch} --url {url}"));
        // Both users together have more rows than a batch may contain.
        assert_eq!((done.state.as_str(), done.counts.units, done.counts.batches), ("finished", 2, 2));
        assert_eq!(
            (foreseen.counts.writes, &foreseen.counts.reconciliation),
            (done.counts.writes, &done.counts.reconciliation)
        );
        assert_eq!(foreseen.findings.len(), done.findings.len());
        assert_eq!(done.counts.reconciliation.total().total(), 30_000);
        let stored = "SELECT (SELECT count(*) FROM parts_v2) + (SELECT count(*) FROM sessions_v2) + (SELECT count(*) FROM part_relationships_v2)";
        assert_eq!(
            query(&url, &format!("SELECT ({stored})::text")),
            [done.counts.reconciliation.total().of(ValueOutcome::Migrated).to_string()]
        );
        workspace.succeed(&format!("verify parts --url {url}"));
        let (mut users, mut sum) = (0, OutcomeCounts::default());
        for of_user in done.findings.iter().filter(|finding| finding.kind == FindingKind::Reconciled) {
            users += 1;
            of_user.reconciliation.values().for_each(|account| sum += *account);
        }
        assert_eq!((users, sum), (2, done.counts.reconciliation.total()), "the users add up to the total");
        seen.push((all(&url), done.counts.reconciliation));
    }
    assert!(seen[0] == seen[1]);
}

/// A run over all users reports each row without a user once.
#[test]
fn rows_without_a_user_are_recorded() {
    let (workspace, url) = database(NEWEST);
    populate(&url, 3, 4);
    execute(&url, "ALTER TABLE parts DROP CONSTRAINT IF EXISTS parts_user_id_fkey");
    execute(
        &url,
        "INSERT INTO parts (id, user_id, name) VALUES (md5('stray')::uuid, md5('no such user')::uuid, 'x');
         INSERT INTO sessions (id, start_time) SELECT md5(n::text)::uuid, now() FROM generate_series(1, 3) AS n",
    );
    let id = query(&url, "SELECT min(id::text) FROM users")[0].clone();
    let orphans = |report: &Report| report.findings.iter().filter(|finding| finding.unit.is_empty()).count();
    let check = |mode: &str, expected: usize| {
        let report = report(&workspace, &format!("backfill parts_v2 {mode} --url {url}"));
        assert_eq!(orphans(&report), expected, "{mode}");
        report
    };
    check("", 4);
    check(&format!("--scope user_id={id}"), 0);
    check(&format!("--execute --scope user_id={id}"), 0);
    let done = check("--execute --batch 1", 4);
    assert_eq!(done.counts.reconciliation.fields["sessions"].of(ValueOutcome::Skipped), 3);
    // Also if all users are done, because more such rows may exist by now.
    check("--execute", 4);
    check("--undo --execute", 0);
}

/// Another session changes rows that the backfill migrates, and commits once the backfill waits for it.
#[test]
fn concurrent_changes_are_included() {
    let check = |change: &str, is_reread: bool, present: u64| {
        let (workspace, url) = database(NEWEST);
        populate(&url, 3, 12);
        let other = in_the_way(&url, &format!("BEGIN; {change}"), "COMMIT", "");
        let done = report(&workspace, &format!("backfill parts_v2 --execute --wait 60 --url {url}"));
        other.join().unwrap();
        assert_eq!(done.counts.retries > 0, is_reread, "{change}");
        assert_eq!(
            (done.counts.unchanged, done.counts.reconciliation.total().of(ValueOutcome::Present)),
            (0, present),
            "{change}"
        );
        let unmarked = "SELECT count(*)::text FROM users
                        WHERE NOT settings ? 'prd_backfill_completed' OR NOT settings ? 'theme'";
        assert_eq!(query(&url, unmarked), ["0"], "{change}");
        workspace.succeed(&format!("verify parts --url {url}"));
    };
    // Rows that old code writes while their user is migrated are migrated, too.
    let late = "INSERT INTO parts (id, user_id, name) VALUES (md5('late')::uuid, md5('user 2')::uuid, 'A')";
    check(&format!("LOCK TABLE parts_v2 IN EXCLUSIVE MODE; {late}"), true, 0);
    check(
        "INSERT INTO parts_v2 (id, user_id, name) VALUES (gen_random_uuid(), md5('user 2')::uuid, 'Part 4')",
        true,
        1,
    );
    // The mark is added to the current settings.
    check("UPDATE users SET settings = settings || '{\"theme\": \"light\"}' WHERE id = md5('user 2')::uuid", false, 0);
    check("DELETE FROM users WHERE id = md5('user 2')::uuid", true, 0);
}

/// Another session alters the table, terminates the backfill's session, or holds a lock within a unit. These errors are
/// transient, and the whole user is migrated.
#[test]
#[ignore = "slow"]
fn transient_errors_within_a_unit() {
    let check = |first: &str, second: &str| {
        let (workspace, url) = database(NEWEST);
        populate(&url, 1, 9_000);
        let foreseen = report(&workspace, &format!("backfill parts_v2 --url {url}"));
        let other = after_the_first_rows(&url, first, second);
        let done = report(&workspace, &format!("backfill parts_v2 --execute --wait 60 --url {url}"));
        other.join().unwrap();
        assert!(done.counts.retries > 0, "{first}");
        assert_eq!(done.counts.reconciliation, foreseen.counts.reconciliation, "{first}");
        workspace.succeed(&format!("verify parts --url {url}"));
    };
    check("ALTER TABLE parts_v2 ADD COLUMN extra text", "SELECT 1");
    check(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'rehearsal' AND backend_xid IS NOT NULL",
        "SELECT 1",
    );
    // Holds the lock until a session of rehearsal has waited for longer than one attempt.
    let waits = "DO $$ BEGIN
                     WHILE NOT EXISTS (SELECT FROM pg_stat_activity
                                       WHERE datname = current_database() AND wait_event_type = 'Lock') LOOP
                         PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
                     END LOOP;
                 END $$";
    check("BEGIN; LOCK TABLE sessions", &format!("{waits}; SELECT pg_sleep(1.5); COMMIT"));
}

/// Starts another session that runs `first` and then `second`, once the backfill has written rows.
fn after_the_first_rows(url: &str, first: &str, second: &str) -> std::thread::JoinHandle<()> {
    let (url, first, second) = (url.to_owned(), first.to_owned(), second.to_owned());
    std::thread::spawn(move || {
        let writes = "SELECT count(*)::text FROM pg_stat_activity
                      WHERE datname = current_database() AND application_name = 'rehearsal' AND backend_xid IS NOT NULL
                      AND query LIKE 'INSERT INTO parts_v2%'";
        wait_until(|| query(&url, writes) != ["0"]);
        execute(&url, &format!("{first};{second}"));
    })
}

#[test]
fn a_scoped_undo_leaves_other_users_unchanged() {
    let (workspace, url) = database(NEWEST);
    populate(&url, 5, 20);
    let user = "md5('user 3')::uuid";
    let id = query(&url, &format!("SELECT {user}::text"))[0].clone();
    let other = format!("INSERT INTO parts_v2 (id, user_id, name) VALUES (gen_random_uuid(), {user}, 'Part 1')");
    execute(&url, &other);
    let before = all(&url);
    let scoped = workspace.succeed(&format!("backfill parts_v2 --execute --scope user_id={id} --url {url}")).stdout;
    assert!(scoped.contains("users      1\n"), "{scoped}");
    let only: Vec<String> =
        all(&url).into_iter().filter(|entry| before.get(&entry.0) != Some(&entry.1)).map(|e| e.0).collect();
    assert_eq!(only, std::slice::from_ref(&id));
    workspace.succeed(&format!("backfill parts_v2 --execute --url {url}"));
    let after = all(&url);
    workspace.succeed(&format!("backfill parts_v2 --undo --execute --scope user_id={id} --url {url}"));
    let mut expected = after;
    expected.insert(id.clone(), before[&id].clone());
    assert_eq!(all(&url), expected);
    workspace.succeed(&format!("backfill parts_v2 --undo --execute --url {url}"));
    assert_eq!(all(&url), before);
}

/// The outcomes add up to the total, in the report and on the terminal: for each kind of row, each unit and the
/// whole run.
#[test]
fn reconciliation_adds_up() {
    let (workspace, url) = database(NEWEST);
    populate(&url, 2, 20);
    let shown = workspace.succeed(&format!("backfill parts_v2 --execute --record report.json --url {url}")).stdout;
    let report: Value = serde_json::from_str(&fs::read_to_string(workspace.path("report.json")).unwrap()).unwrap();
    let check = |counts: &Value| {
        let outcomes = ["migrated", "overridden", "duplicate", "preserved", "skipped", "present"];
        let n = |key: &str| counts[key].as_u64().unwrap_or_else(|| panic!("{key} of {counts}"));
        assert_eq!(n("total"), outcomes.into_iter().map(n).sum::<u64>(), "{counts}");
        assert!(n("total") > 0, "{counts}");
        ["total", "migrated", "duplicate", "skipped"].map(|key| n(key).to_string())
    };
    let run = &report["counts"]["reconciliation"];
    let kinds = ["parts", "relationships", "sessions"].map(|kind| (kind, &run["fields"][kind]));
    for (kind, counts) in kinds.into_iter().chain([("total", &run["total"])]) {
        let line = shown.lines().find(|line| line.split_whitespace().next() == Some(kind)).unwrap();
        let numbers: Vec<&str> = line.split_whitespace().skip(1).collect();
        assert_eq!(numbers, check(counts), "{shown}");
    }
    let units: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == "reconciled").collect();
    assert_eq!(units.len(), 2);
    units
        .iter()
        .flat_map(|unit| unit["reconciliation"].as_object().unwrap().values())
        .for_each(|kind| drop(check(kind)));
}

/// The settings belong to the app: the ledger stores the data that undo needs, until the undo.
#[test]
fn the_mark_is_the_only_addition_to_the_settings() {
    let (workspace, url) = database(super::LEGACY);
    workspace.succeed("fixture generate parts --units 29 --out fixtures/parts/chosen.sql");
    execute(&url, &fs::read_to_string(workspace.path("fixtures/parts/chosen.sql")).unwrap());
    workspace.succeed(&format!("migrate parts --url {url}"));
    let settings = || query(&url, "SELECT id || ' ' || coalesce(settings::text, 'NULL') FROM users ORDER BY id");
    let notes = || query(&url, "SELECT unit || ' ' || note FROM _rehearsal_undo_notes ORDER BY unit");
    let expected = query(
        &url,
        "SELECT id || ' ' || (CASE jsonb_typeof(settings) WHEN 'object' THEN settings ELSE '{}' END
                              || '{\"prd_backfill_completed\": true}')::text FROM users ORDER BY id",
    );
    let before = settings();
    let null = query(&url, "SELECT id::text FROM users WHERE settings IS NULL ORDER BY id").remove(0);
    // Two runs, the second one with several workers.
    workspace.succeed(&format!("backfill parts_v2 --execute --scope user_id={null} --url {url}"));
    assert_eq!(notes(), [format!("{null} \"null\"")]);
    workspace.succeed(&format!("backfill parts_v2 --execute --batch 1 --workers 3 --url {url}"));
    assert_eq!(settings(), expected);
    let kept = notes();
    assert!(kept.len() > 4, "{kept:?}");
    // Another run finds nothing to do and leaves the notes unchanged.
    workspace.succeed(&format!("backfill parts_v2 --execute --url {url}"));
    assert_eq!(notes(), kept);
    workspace.succeed(&format!("backfill parts_v2 --undo --execute --scope user_id={null} --url {url}"));
    assert_eq!(notes().len(), kept.len() - 1);
    workspace.succeed(&format!("backfill parts_v2 --undo --execute --batch 2 --url {url}"));
    assert_eq!((settings(), notes()), (before, Vec::new()));
}

/// Undo removes the mark, and leaves the key that version 0.1 added to the settings.
#[test]
fn undo_of_settings_of_an_earlier_version() {
    let (workspace, url) = database(NEWEST);
    let user = r#"INSERT INTO users (id, email, settings) VALUES
        (md5('x')::uuid, 'x', '{"prd_backfill_completed": true, "prd_backfill_replaced": {"settings": [1]}}')"#;
    execute(&url, user);
    workspace.succeed(&format!("backfill parts_v2 --undo --execute --url {url}"));
    let settings = query(&url, "SELECT settings::text FROM users");
    assert_eq!(settings, [r#"{"prd_backfill_replaced": {"settings": [1]}}"#]);
}

/// Undo leaves rows that rows of the app refer to, and reports their number.
#[test]
fn undo_reports_the_rows_that_it_leaves() {
    let (workspace, url) = database(NEWEST);
    populate(&url, 2, 10);
    workspace.succeed(&format!("backfill parts_v2 --execute --url {url}"));
    let observe = "INSERT INTO observations (id, user_id, part_id, content, observed_at) SELECT gen_random_uuid(), user_id, id, 'x', now() FROM parts_v2 ORDER BY id LIMIT 3";
    execute(&url, observe);
    let undone = report(&workspace, &format!("backfill parts_v2 --undo --execute --url {url}"));
    assert_eq!(undone.counts.unchanged, 3);
    assert_eq!(query(&url, "SELECT count(*)::text FROM parts_v2"), ["3"]);
    assert_eq!(query(&url, "SELECT count(*)::text FROM sessions_v2"), ["0"]);
}

/// Concurrent commands: those with the same scope share one run, and each row is written once.
#[test]
fn concurrent_runs() {
    let (workspace, url) = database(NEWEST);
    populate(&url, 60, 60);
    let id = query(&url, "SELECT max(id::text) FROM users")[0].clone();
    let start = |scope: &str, report: &str| {
        let arguments =
            format!("backfill parts_v2 --execute --batch 3 --wait 600 {scope} --record {report} --url {url}");
        let command = workspace.command(arguments.split_whitespace()).stdout_null().stderr_null();
        command.unchecked().start().unwrap()
    };
    let all_users = start("", "all.json");
    let overlapping = start(&format!("--scope user_id={id}"), "one.json");
    let again = start("", "again.json");
    for handle in [&all_users, &overlapping, &again] {
        assert!(handle.wait().unwrap().status.success());
    }
    wait_until(|| workspace.path("again.json").is_file());
    let written = query(&url, "SELECT sum((counts::json ->> 'writes')::int)::text FROM _rehearsal_runs");
    let stored = "SELECT ((SELECT count(*) FROM parts_v2) + (SELECT count(*) FROM sessions_v2) + (SELECT count(*) FROM part_relationships_v2) + 60)::text";
    assert_eq!(query(&url, stored), written);
    workspace.succeed(&format!("verify parts --url {url}"));
}
