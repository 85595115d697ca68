//! The checks of parts: they pass before and after the backfill, and each of them can fail.

use super::straightforward::{Tally, migrate};
use super::{LEGACY, database};
use pretty_assertions::assert_eq;
use rehearsal_tests::postgres::{execute, query, unique, url};
use rehearsal_tests::workspace::Workspace;
use std::fs;

/// Returns the names of the checks that fail.
fn failed(workspace: &Workspace, url: &str) -> Vec<String> {
    let ran = workspace.run(&format!("verify parts --json --url {url}"));
    let verdicts: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).expect("no verdicts");
    let red = verdicts.iter().filter(|verdict| verdict["verdict"] == "failed");
    red.map(|verdict| verdict["check"].as_str().unwrap().to_owned()).collect()
}

/// Creates a database with the rows of a fixture, inserted at `version`, and migrates it to the newest version.
fn loaded(fixture: &str, version: &str) -> (Workspace, String) {
    let (workspace, url) = database(version);
    load(&workspace, &url, fixture);
    (workspace, url)
}

/// Creates a database at the newest version with the hand-picked users, except the last one, who has too many rows.
fn chosen() -> (Workspace, String) {
    let (workspace, url) = database(LEGACY);
    workspace.succeed("fixture generate parts --units 29 --out fixtures/parts/chosen.sql");
    load(&workspace, &url, "chosen");
    (workspace, url)
}

fn load(workspace: &Workspace, url: &str, fixture: &str) {
    execute(url, &fs::read_to_string(workspace.path(&format!("fixtures/parts/{fixture}.sql"))).unwrap());
    workspace.succeed(&format!("migrate parts --url {url}"));
}

#[test]
fn checks_pass_before_and_after() {
    let (workspace, url) = loaded("populated", LEGACY);
    assert_eq!(failed(&workspace, &url), [""; 0]);
    let tallies = migrate(&url);
    for Tally { legacy, written, duplicates, skipped, present } in tallies {
        assert_eq!(legacy, written + duplicates + skipped);
        assert!(written > 1_000 && duplicates > 0 && skipped > 0 && present == 0, "{tallies:?}");
    }
    assert_eq!(failed(&workspace, &url), [""; 0]);
    assert_eq!(migrate(&url), [Tally::default(); 3], "finished users are skipped");
}

/// After the down migration no user is finished, and all settings have their previous values.
#[test]
fn down_and_up_again() {
    let (workspace, url) = loaded("populated", LEGACY);
    let execute = format!("backfill parts_v2 --execute --url {url}");
    workspace.succeed(&execute);
    let settings = "SELECT id || ' ' || coalesce(settings::text, 'NULL') FROM users ORDER BY id";
    workspace.succeed(&format!("migrate parts --revert 1 --yes --url {url}"));
    let reverted = query(&url, settings);
    let (_untouched, other) = loaded("populated", LEGACY);
    assert_eq!(reverted, query(&other, settings));
    workspace.succeed(&format!("migrate parts --url {url}"));
    workspace.succeed(&execute);
    assert_eq!(failed(&workspace, &url), [""; 0]);
}

#[test]
fn existing_rows_are_preserved() {
    let (workspace, url) = loaded("half_done", "20260119100000");
    let there = "SELECT parts_v2::text FROM parts_v2 UNION ALL SELECT sessions_v2::text FROM sessions_v2
                 UNION ALL SELECT part_relationships_v2::text FROM part_relationships_v2 ORDER BY 1";
    let before = query(&url, there);
    assert_eq!(failed(&workspace, &url), [""; 0]);
    let [parts, sessions, relationships] = migrate(&url);
    assert!(parts.present > 0 && sessions.present > 0 && relationships.present > 0);
    assert_eq!(failed(&workspace, &url), [""; 0]);
    let after = query(&url, there);
    assert_eq!(before.iter().filter(|row| !after.contains(row)).collect::<Vec<_>>(), [""; 0]);
    assert!(after.len() > before.len());
}

#[test]
fn each_check_can_fail() {
    let (workspace, whole) = chosen();
    migrate(&whole);
    let name = query(&whole, "SELECT current_database()").concat();
    let check = |change: &str, expected: &[&str]| {
        let copy = unique();
        execute(&url("postgres"), &format!("CREATE DATABASE {copy} TEMPLATE {name}"));
        execute(&url(&copy), change);
        assert_eq!(failed(&workspace, &url(&copy)), expected, "{change}");
        execute(&url("postgres"), &format!("DROP DATABASE {copy}"));
    };
    let of = |case: &str| format!("(SELECT id FROM users WHERE email = '{case}@example.com')");
    let every_column = of("every-column");
    let both_ways = of("relationships-both-ways");

    check(
        &format!("DELETE FROM parts_v2 WHERE user_id = {every_column}"),
        &["parts_parity", "parts_follow_from_legacy"],
    );
    check(
        "DELETE FROM sessions_v2 WHERE summary = 'one' OR type = 'check-in'",
        &["sessions_parity", "part_sessions_follow_from_legacy"],
    );
    check(
        &format!("DELETE FROM part_relationships_v2 WHERE user_id = {both_ways} AND type = 'supports'"),
        &["relationships_parity", "part_relationships_follow_from_legacy"],
    );
    check(
        &format!("UPDATE parts_v2 SET confidence = 0.86 WHERE user_id = {every_column}"),
        &["parts_follow_from_legacy"],
    );
    check(
        &format!("UPDATE parts_v2 SET data = data || '{{\"x\": 1}}' WHERE user_id = {every_column}"),
        &["parts_follow_from_legacy"],
    );
    check("UPDATE sessions_v2 SET breakthroughs = NULL", &["part_sessions_follow_from_legacy"]);
    check(
        &format!(
            "UPDATE part_relationships_v2 SET part_a_id = part_b_id, part_b_id = part_a_id, type = 'triggers'
             WHERE user_id = {both_ways} AND type = 'conflicts'"
        ),
        &["relationships_parity", "part_ids_follow_from_legacy", "part_relationships_follow_from_legacy"],
    );
    // Rotates the ids, so that each row looks like an existing one: its id does not follow from its own legacy row.
    check(
        "WITH moved AS (DELETE FROM sessions_v2 RETURNING *)
         INSERT INTO sessions_v2 SELECT lead(id, 1, first) OVER (ORDER BY id), user_id, type, started_at, ended_at, summary, breakthroughs, metadata
         FROM (SELECT *, first_value(id) OVER (ORDER BY id) AS first FROM moved) AS moved",
        &["part_ids_follow_from_legacy"],
    );
    check(
        &format!("UPDATE users SET settings = settings - 'prd_backfill_completed' WHERE id = {every_column}"),
        &["parts_follow_from_legacy"],
    );
    check(
        &format!(
            "UPDATE parts SET created_at = '2020-01-01' WHERE user_id = {} AND name = 'Critic' AND created_at > '2024-03-03'",
            of("three-parts-of-one-name")
        ),
        &["parts_follow_from_legacy"],
    );
    check(
        &format!(
            "ALTER TABLE part_relationships_v2 DROP CONSTRAINT part_relationships_v2_symmetric_check;
             UPDATE part_relationships_v2 SET part_a_id = part_b_id, part_b_id = part_a_id
             WHERE user_id = {both_ways} AND type = 'conflicts'"
        ),
        &[
            "relationships_parity",
            "symmetric_relationships_in_order",
            "v2_constraints_exist",
            "part_relationships_follow_from_legacy",
        ],
    );
    check(
        &format!(
            "ALTER TABLE part_relationships_v2 DROP CONSTRAINT part_relationships_v2_part_b_id_fkey;
             INSERT INTO part_relationships_v2
             SELECT gen_random_uuid(), own.user_id, own.id, other.id, 'soothes' FROM parts_v2 AS own, parts_v2 AS other
             WHERE own.user_id = {every_column} AND other.user_id = {both_ways}"
        ),
        &["both_ends_belong_to_the_user", "v2_constraints_exist"],
    );
    check(
        "ALTER TABLE parts_v2 DROP CONSTRAINT parts_v2_user_id_name_key;
         INSERT INTO parts_v2 SELECT gen_random_uuid(), user_id, name FROM parts_v2 WHERE name = 'ever since';
         DELETE FROM parts WHERE name = 'ever since'",
        &["no_duplicate_in_v2", "v2_constraints_exist"],
    );
    check(
        "ALTER TABLE timeline_events DROP CONSTRAINT timeline_events_user_id_fkey;
         INSERT INTO timeline_events VALUES (gen_random_uuid(), gen_random_uuid(), 'x', '{}', now())",
        &["new_tables_are_empty", "no_v2_row_without_its_user"],
    );
    for hole in [
        "ALTER TABLE observations DISABLE ROW LEVEL SECURITY",
        "DROP POLICY sessions_v2_own_rows ON sessions_v2",
        "CREATE POLICY everybody ON parts_v2 FOR SELECT USING (TRUE)",
        "ALTER POLICY timeline_events_own_rows ON timeline_events WITH CHECK (TRUE)",
        "ALTER POLICY timeline_events_own_rows ON timeline_events TO CURRENT_USER",
    ] {
        check(hole, &["users_see_only_their_own_rows"]);
    }
}
