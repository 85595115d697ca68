//! Faults that proofs must catch on SQLite: each case puts one small fault into the history, a fixture or the data,
//! and the snapshot shows which proof found it, in which step, and how it reports the difference.

use crate::suite::new_workspace;
use pretty_assertions::assert_eq;
use rehearsal_tests::database::query;
use rehearsal_tests::workspace::Workspace;

const LABEL: &str = "20250920120000_x";

/// Rehearses the repository's history with one more migration.
fn check(snapshot: &str, exit: i32, up: &str, down: &str) {
    let workspace = new_workspace();
    workspace.migration(LABEL, up, down);
    check_workspace(snapshot, exit, &workspace);
}

/// Rehearses a workspace. The rehearsal may write copies only, and every copy that it keeps must open.
fn check_workspace(snapshot: &str, exit: i32, workspace: &Workspace) {
    let before = workspace.files();
    let ran = workspace.run("ci pets");
    ran.check(exit, "rehearsals", snapshot);
    assert_eq!(workspace.files(), before, "{snapshot}");
    let kept = ran.stdout.lines().filter_map(|line| line.trim_start().strip_prefix("database  sqlite:"));
    let opened = kept.map(|kept| query(&workspace.path(kept), "PRAGMA integrity_check")).collect::<Vec<_>>();
    assert!(opened.iter().all(|answer| answer == &["ok"]), "{snapshot}: {opened:?}");
    assert_eq!(opened.is_empty(), exit == 0, "{snapshot}: a failure keeps a copy of its database");
}

const REBUILD: &str = r#"
CREATE TABLE "Pet_new" ("id" TEXT PRIMARY KEY NOT NULL, "name" TEXT NOT NULL, "userId" TEXT NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE,
    "generation" INTEGER NOT NULL DEFAULT 1 CHECK ("generation" >= 1), "friendliness" INTEGER NOT NULL CHECK ("friendliness" BETWEEN 0 AND 100),
    "energyTrait" INTEGER NOT NULL CHECK ("energyTrait" BETWEEN 0 AND 100), "curiosity" INTEGER NOT NULL CHECK ("curiosity" BETWEEN 0 AND 100),
    "patience" INTEGER NOT NULL CHECK ("patience" BETWEEN 0 AND 100), "playfulness" INTEGER NOT NULL CHECK ("playfulness" BETWEEN 0 AND 100),
    "parent1Id" TEXT REFERENCES "Pet" ("id") ON DELETE SET NULL, "parent2Id" TEXT REFERENCES "Pet" ("id") ON DELETE SET NULL,
    "createdAt" TEXT NOT NULL, "updatedAt" TEXT NOT NULL, "traits" TEXT);
INSERT INTO "Pet_new" SELECT * FROM "Pet";
DROP TABLE "Pet";
ALTER TABLE "Pet_new" RENAME TO "Pet";
CREATE INDEX "Pet_userId_idx" ON "Pet" ("userId");
CREATE INDEX "Pet_parent1Id_idx" ON "Pet" ("parent1Id");
CREATE INDEX "Pet_parent2Id_idx" ON "Pet" ("parent2Id");
"#;

/// The table rebuild that SQLite's page on ALTER TABLE recommends. Inside a transaction it empties the tables that
/// refer to the rebuilt one; outside a transaction it preserves every row.
#[test]
fn rebuilt_tables() {
    let off = format!("PRAGMA foreign_keys = OFF;\n{REBUILD}\nPRAGMA foreign_keys = ON;\n");
    check("rebuild_in_a_transaction", 1, &off, "SELECT 1;");
    let outside = format!(
        "-- no-transaction\nPRAGMA foreign_keys = OFF;\nBEGIN;\n{REBUILD}\nCOMMIT;\nPRAGMA foreign_keys = ON;\n"
    );
    check("rebuild_outside_a_transaction", 0, &outside, "SELECT 1;");
}

/// A rebuild without any pragma, and with `defer_foreign_keys`, which defers less than it seems to: child rows are
/// deleted, or their reference is set to NULL.
#[test]
fn rebuilt_parents() {
    let parents = "CREATE TABLE \"Box\" (\"id\" INTEGER PRIMARY KEY, \"name\" TEXT);\n\
        CREATE TABLE \"Toy\" (\"id\" INTEGER PRIMARY KEY, \"box\" INTEGER NOT NULL REFERENCES \"Box\" (\"id\") ON DELETE CASCADE);\n\
        CREATE TABLE \"Ball\" (\"id\" INTEGER PRIMARY KEY, \"box\" INTEGER REFERENCES \"Box\" (\"id\") ON DELETE SET NULL);\n\
        INSERT INTO \"Box\" VALUES (1, 'red'), (2, 'blue');\nINSERT INTO \"Toy\" VALUES (1, 1), (2, 1), (3, 2), (4, 2);\n\
        INSERT INTO \"Ball\" VALUES (1, 1), (2, NULL);\n";
    let rebuild = "CREATE TABLE \"Box_new\" (\"id\" INTEGER PRIMARY KEY, \"name\" TEXT NOT NULL);\n\
        INSERT INTO \"Box_new\" SELECT * FROM \"Box\";\nDROP TABLE \"Box\";\nALTER TABLE \"Box_new\" RENAME TO \"Box\";\n";
    let check = |snapshot: &str, exit: i32, up: &str| {
        let workspace = new_workspace();
        let drop = "DROP TABLE \"Toy\";\nDROP TABLE \"Ball\";\nDROP TABLE \"Box\";\n";
        workspace.migration("20250919120000_add_boxes", parents, drop);
        workspace.migration(LABEL, up, "");
        check_workspace(snapshot, exit, &workspace);
    };
    check("rebuilt_parent", 1, rebuild);
    check("rebuilt_parent_deferred", 1, &format!("PRAGMA defer_foreign_keys = ON;\n{rebuild}"));
    let told =
        format!("-- no-transaction\nPRAGMA foreign_keys = OFF;\nBEGIN;\n{rebuild}COMMIT;\nPRAGMA foreign_keys = ON;\n");
    check("rebuilt_parent_as_told", 0, &told);
}

/// Retyped values with the same meaning, values that replace NULL, and values from the clock are not losses.
#[test]
fn no_losses() {
    let workspace = new_workspace();
    let up = "CREATE TABLE \"Toy\" (\"id\" INTEGER PRIMARY KEY, \"size\" INTEGER, \"name\" TEXT, \"note\" TEXT);\n\
              INSERT INTO \"Toy\" VALUES (1, 7, 'a', NULL), (2, NULL, NULL, NULL);\n";
    workspace.migration("20250918120000_toys", up, "DROP TABLE \"Toy\";");
    let retyped = "CREATE TABLE \"Toys\" (\"id\" INTEGER PRIMARY KEY, \"size\" TEXT, \"name\" TEXT);\n\
                   INSERT INTO \"Toys\" SELECT \"id\", \"size\", coalesce(\"name\", 'none') FROM \"Toy\";\n\
                   DROP TABLE \"Toy\";\nALTER TABLE \"Toys\" RENAME TO \"Toy\";\n";
    workspace.migration("20250919120000_retyped", retyped, "");
    let clock = "ALTER TABLE \"Toy\" ADD COLUMN \"at\" TEXT;\nUPDATE \"Toy\" SET \"at\" = strftime('%Y-%m-%dT%H:%M:%fZ', 'now');\n\
                 CREATE TABLE \"Log\" (\"id\" INTEGER PRIMARY KEY, \"at\" TEXT DEFAULT CURRENT_TIMESTAMP, \"n\" INTEGER, \"draw\" INTEGER DEFAULT (random()));\n\
                 INSERT INTO \"Log\" (\"n\") VALUES (unixepoch());\n";
    workspace.migration("20250921120000_clock", clock, "DROP TABLE \"Log\";\nALTER TABLE \"Toy\" DROP COLUMN \"at\";");
    workspace.succeed("ci pets");
}

/// One run reports every fault of a history, and the down migrations continue past each of them.
#[test]
fn faults_of_a_history() {
    let workspace = new_workspace();
    let table = |name: &str| format!("CREATE TABLE \"{name}\" (\"id\" INTEGER PRIMARY KEY);");
    workspace.migration("20250920120000_broken", &table("A"), "DROP TABLE \"Aa\";");
    workspace.migration("20250920130000_leaves", &table("B"), "SELECT 1;");
    workspace.migration("20250920140000_good", &table("C"), "DROP TABLE \"C\";");
    workspace.migration("20250920150000_takes", &table("D"), "DROP TABLE \"D\";\nDROP TABLE \"C\";");
    let again = "CREATE TABLE \"E\" (\"n\" INTEGER CHECK (\"n\" = 0));\nINSERT INTO \"E\" SELECT user_version FROM pragma_user_version;\nPRAGMA user_version = 7;\n";
    workspace.migration("20250920160000_once", again, "DROP TABLE \"E\";");
    workspace.migration("20250920170000_rows", "UPDATE \"Pet\" SET \"name\" = \"name\";", "DELETE FROM \"PetTrait\";");
    check_workspace("faults_of_a_history", 1, &workspace);
    let report: serde_json::Value = serde_json::from_str(&workspace.run("ci pets --json").stdout).unwrap();
    let findings = report["databases"][0]["findings"].as_array().unwrap();
    let of = |fixture: Option<&str>| {
        let is_it = |found: &&serde_json::Value| found["proof"] == "reversible" && found["fixture"].as_str() == fixture;
        let codes = findings.iter().filter(is_it).map(|found| found["code"].as_str().unwrap());
        codes.map(|code| code.strip_prefix("reversible/").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of_schema = ["down-failed", "schema-differs", "reapply-failed", "schema-differs"];
    // Without the fixture, the down file of `takes` drops a table with generated rows.
    let empty = [&of_schema[..], &["content-differs", "reapply-failed", "content-differs", "leftovers"]].concat();
    assert_eq!(of(None), empty);
    let populated = [&of_schema[..], &["reapply-failed", "content-differs", "leftovers"]].concat();
    assert_eq!(of(Some("populated")), populated);
}

/// The down migrations stop at a migration without a down file.
#[test]
fn histories_with_and_without_down_files() {
    let workspace = new_workspace();
    workspace.migration("20250920120000_one_way", "CREATE TABLE \"A\" (\"id\" INTEGER);", "");
    workspace.migration("20250920130000_back", "CREATE TABLE \"B\" (\"id\" INTEGER);", "DROP TABLE \"B\";");
    check_workspace("mixed_history", 0, &workspace);
}

#[test]
#[ignore = "slow"]
fn lost_values() {
    let nulled = r#"UPDATE "Pet" SET "parent1Id" = NULL WHERE "generation" = 2;"#;
    check("values_nulled", 1, nulled, "SELECT 1;");
    let cut = r#"UPDATE "Pet" SET "name" = substr("name", 1, 20);"#;
    check("values_truncated", 1, cut, "SELECT 1;");
    let retyped = r#"UPDATE "Pet" SET "createdAt" = CAST("createdAt" AS INTEGER) WHERE rowid = 1;"#;
    check("value_of_another_type", 1, retyped, "SELECT 1;");
    check("rows_deleted", 1, r#"DELETE FROM "User" WHERE "name" LIKE 'A%';"#, "SELECT 1;");
    check("table_dropped", 1, r#"DROP TABLE "PetTrait";"#, r#"CREATE TABLE "PetTrait" ("petId" TEXT);"#);
    let defaulted = r#"UPDATE "Pet" SET "patience" = 50, "updatedAt" = '2025-09-20T12:00:00.000Z';"#;
    check("values_overwritten", 1, defaulted, "SELECT 1;");
}

#[test]
#[ignore = "slow"]
fn declared_losses() {
    let drop = r#"ALTER TABLE "Pet" DROP COLUMN "nickname";"#;
    let back = r#"ALTER TABLE "Pet" ADD COLUMN "nickname" TEXT;"#;
    let check = |snapshot: &str, exit: i32, declaration: &str, back: &str| {
        let workspace = new_workspace();
        let add =
            r#"ALTER TABLE "Pet" ADD COLUMN "nickname" TEXT; UPDATE "Pet" SET "nickname" = substr("name", 1, 3);"#;
        workspace.migration("20250919120000_add_nicknames", add, drop);
        workspace.migration(LABEL, &format!("{declaration}{drop}"), back);
        check_workspace(snapshot, exit, &workspace);
    };
    let declared = "-- loses: \"Pet\".\"nickname\", unused\n";
    check("column_dropped", 1, "", back);
    check("column_dropped_and_declared", 0, declared, back);
    check("column_dropped_and_declared_one_way", 0, declared, "");
    check("column_dropped_and_its_table_declared", 0, "-- loses: \"Pet\", unused\n", back);
    check("column_dropped_and_another_declared", 1, "-- loses: \"Pet\".\"patience\", unread\n", back);
    let otherwise = r#"ALTER TABLE "Pet" ADD COLUMN "nickname" TEXT DEFAULT 'Mo';"#;
    check("column_dropped_and_declared_and_back_otherwise", 1, declared, otherwise);
}

const TOYS: &str =
    "CREATE TABLE \"Toy\" (\"id\" TEXT PRIMARY KEY NOT NULL);\nCREATE INDEX \"Pet_name_idx\" ON \"Pet\" (\"name\");\n";

#[test]
#[ignore = "slow"]
fn down_migrations() {
    check("down_broken", 1, TOYS, "DROP INDEX \"Pet_name_idx\";\nDROP TABLE \"Toys\";");
    check("down_leaves_an_index", 1, TOYS, "DROP TABLE \"Toy\";");
    check("down_leaves_a_table", 1, TOYS, "DROP INDEX \"Pet_name_idx\";");
    let one_way_values = r#"UPDATE "Pet" SET "generation" = "generation" + 1;"#;
    check("down_brings_nothing_back", 1, one_way_values, "SELECT 1;");
    let takes_too_much = "DROP INDEX \"Pet_name_idx\";\nDROP TABLE \"Toy\";\nDELETE FROM \"PetTrait\";";
    check("down_takes_too_much", 1, TOYS, takes_too_much);
    let seeds = "INSERT INTO \"Trait\" VALUES ('new', 'new', 'skill');\n";
    check("down_leaves_a_row", 1, seeds, "SELECT 1;");
    // No fingerprint covers this number in the header of the file, which the first up migration leaves set.
    let again = |column: &str| {
        format!(
            "CREATE TABLE \"Toy\" (\"id\" INTEGER PRIMARY KEY, {column});\n\
             INSERT INTO \"Toy\" SELECT 1, user_version FROM pragma_user_version;\nPRAGMA user_version = 7;\n"
        )
    };
    check("up_again_fails", 1, &again("\"n\" INTEGER CHECK (\"n\" = 0)"), "DROP TABLE \"Toy\";");
    check("up_again_is_otherwise", 1, &again("\"n\" INTEGER"), "DROP TABLE \"Toy\";");
    check("down_is_good", 0, TOYS, "DROP INDEX \"Pet_name_idx\";\nDROP TABLE \"Toy\";");
}

#[test]
fn failures_that_need_rows() {
    let required = r#"ALTER TABLE "User" ADD COLUMN "email" TEXT NOT NULL;"#;
    check("only_on_an_empty_table", 1, required, r#"ALTER TABLE "User" DROP COLUMN "email";"#);
    let unique = r#"CREATE UNIQUE INDEX "Pet_name_key" ON "Pet" ("name");"#;
    check("unique_and_is_not", 1, unique, r#"DROP INDEX "Pet_name_key";"#);
}

#[test]
fn failures_on_any_database() {
    check("broken_from_the_start", 1, "CREATE TABLE \"Pet\" (\"id\" TEXT);", "");
    let workspace = new_workspace();
    workspace.migration(LABEL, TOYS, "DROP TABLE \"Toy\";");
    let before = workspace.files();
    let ran = workspace.run("ci pets --json");
    ran.check(1, "rehearsals", "failures_as_json");
    assert_eq!(workspace.files(), before);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["databases"][0]["proofs"].as_array().unwrap().len(), 12);
    workspace.run("migrate pets --verify").check(1, "rehearsals", "failures_of_migrate_verify");
}

/// Only `SELECT *` depends on the order of columns: a note, not a finding.
#[test]
fn order_of_columns() {
    let drop = "-- loses: \"Toy\".\"name\", derived\nALTER TABLE \"Toy\" DROP COLUMN \"name\";";
    let back = "ALTER TABLE \"Toy\" ADD COLUMN \"name\" TEXT;";
    let workspace = new_workspace();
    workspace.migration(
        "20250919120000_add_toys",
        "CREATE TABLE \"Toy\" (\"name\" TEXT, \"size\" TEXT);",
        "DROP TABLE \"Toy\";",
    );
    workspace.migration(LABEL, drop, back);
    check_workspace("column_order", 0, &workspace);
}

#[test]
fn failing_checks() {
    let workspace = new_workspace();
    let few = "-- Catches users with too many pets.\nSELECT \"userId\", count(*) AS \"pets\" FROM \"Pet\" GROUP BY 1 HAVING count(*) > 3 ORDER BY 1;";
    workspace.write("migrations/pets/checks/few_pets_a_user.sql", few);
    check_workspace("check_red", 1, &workspace);

    let nothing = new_workspace();
    let expects = "-- expect: rows\nSELECT 1 FROM \"Trait\" WHERE \"kind\" = 'skill';";
    nothing.write("migrations/pets/checks/skills_exist.sql", expects);
    check_workspace("check_without_rows", 1, &nothing);

    let broken = new_workspace();
    broken.write("migrations/pets/checks/a.sql", "SELECT nix FROM \"Pet\";");
    check_workspace("check_broken", 1, &broken);
}

/// A backfill in the middle of a history runs before the migration that requires it.
#[test]
fn backfills_in_a_history() {
    let rebuild =
        "-- requires-backfill: pet_traits\nCREATE INDEX \"Pet_rarity_idx\" ON \"Pet\" (\"traits\" ->> '$.rarity');";
    check("requires_a_backfill", 0, rebuild, "DROP INDEX \"Pet_rarity_idx\";");

    let filled = new_workspace();
    filled.replace("fixtures/pets/populated.sql", "-- at: 20250901090000", "-- at: 20250915090000");
    check_workspace("fixture_at_the_newest_version", 0, &filled);

    let bad = new_workspace();
    bad.replace("fixtures/pets/populated.sql", "'7c401c54-3cc0-5162-8012-33ecbd900018'", "'Shadow'");
    check_workspace("fixture_with_a_unit_that_is_rejected", 1, &bad);
    bad.run("backfill pet_traits --verify").check(1, "rehearsals", "fixture_with_a_unit_that_is_rejected_verify");
}

/// A fault in one down file must not be blamed on the migration after it.
#[test]
fn faults_in_two_down_files() {
    let workspace = new_workspace();
    workspace.migration(LABEL, TOYS, "DROP TABLE \"Toys\";");
    workspace.migration("20250921120000_y", "CREATE TABLE \"Ball\" (\"id\" TEXT);", "SELECT 1;");
    check_workspace("two_faults", 1, &workspace);
}

/// Rehearses one migration on a table for which no fixture has rows.
fn check_toys(snapshot: &str, exit: i32, up: &str) {
    const TOYS: &str = r#"CREATE TABLE "Toy" ("id" INTEGER PRIMARY KEY NOT NULL, "name" TEXT NOT NULL, "note" TEXT);
CREATE TABLE "Bell" ("id" INTEGER PRIMARY KEY NOT NULL, "toy" INTEGER NOT NULL REFERENCES "Toy" ON DELETE CASCADE);"#;
    let workspace = new_workspace();
    workspace.migration("20250919120000_toys", TOYS, "");
    workspace.migration(LABEL, up, "");
    check_workspace(snapshot, exit, &workspace);
}

const TOY_REBUILD: &str = r#"CREATE TABLE "new" ("id" INTEGER PRIMARY KEY NOT NULL, "name" TEXT NOT NULL, "note" TEXT NOT NULL);
INSERT INTO "new" SELECT "id", "name", coalesce("note", '') FROM "Toy";
DROP TABLE "Toy";
ALTER TABLE "new" RENAME TO "Toy";"#;

#[test]
#[ignore = "slow"]
fn generated_rows() {
    check_toys("rows_required_column", 1, r#"ALTER TABLE "Toy" ADD COLUMN "owner" TEXT NOT NULL;"#);
    check_toys("rows_unique", 1, r#"CREATE UNIQUE INDEX "Toy_name_key" ON "Toy" ("name");"#);
    check_toys("rows_rebuild_cascades", 1, &format!("PRAGMA foreign_keys = OFF;\n{TOY_REBUILD}"));
    let outside = format!(
        "-- no-transaction\nPRAGMA foreign_keys = OFF;\nBEGIN;\n{TOY_REBUILD}\nCOMMIT;\nPRAGMA foreign_keys = ON;\n"
    );
    let declared = format!("{outside}-- \"note\" is not NULL any more");
    check_toys("rows_rebuild", 0, &declared);
    let copied = r#"CREATE TABLE "Doll" ("id" INTEGER PRIMARY KEY, "note" TEXT NOT NULL);
INSERT INTO "Doll" SELECT "id", "note" FROM "Toy";"#;
    check_toys("rows_copied", 1, copied);
    check_toys("rows_form", 0, r#"CREATE INDEX "Toy_kind" ON "Toy" (json_extract("name", '$.kind'));"#);
}
