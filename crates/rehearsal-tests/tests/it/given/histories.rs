//! Histories as real projects have them: every file layout, width of versions and line ending, and unrelated files
//! next to the migrations.

use super::{HATS, PEOPLE, POSTGRES, SQLITE, check, check_project};
use crate::suite::new_workspace;

const UP: &str =
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);\nCREATE TABLE hats (id INTEGER PRIMARY KEY);\n";
const DOWN: &str = "DROP TABLE hats;\nDROP TABLE people;\n";

#[test]
fn file_layouts() {
    let mixed = [
        ("migrations/0_setup.sql", "CREATE TABLE kinds (name TEXT);"),
        ("migrations/0001_people.up.sql", UP),
        ("migrations/0001_people.down.sql", DOWN),
        ("migrations/7_kinds.sql", "INSERT INTO kinds VALUES ('fez');"),
        ("migrations/20240101120000_more.up.sql", "INSERT INTO kinds VALUES ('cap');"),
        ("migrations/20240101120000_more.down.sql", "DELETE FROM kinds WHERE name = 'cap';"),
    ];
    check("forms_mixed", 0, &mixed, SQLITE);
    check("forms_mixed_postgres", 0, &mixed, POSTGRES);
    let unfinished = [
        ("migrations/1_people.up.sql", UP),
        ("migrations/1_people.down.sql", "DROP TABLE people;"),
        ("migrations/2_x.up.sql", "CREATE TABLE x (id int);"),
        ("migrations/2_x.down.sql", "DROP TABLE y;"),
    ];
    check("down_files_with_faults", 1, &unfinished, SQLITE);
    check("down_files_with_faults_postgres", 1, &unfinished, POSTGRES);
}

#[test]
fn unrelated_files() {
    let beside = [
        PEOPLE,
        HATS,
        ("migrations/README.md", "How to."),
        ("migrations/mod.rs", "pub const X: u8 = 1;"),
        ("migrations/schema.sql", "CREATE TABLE everything (id INT);"),
        ("migrations/2_hats.sql.bak", "CREATE TABLE"),
        ("migrations/.keep", ""),
        ("migrations/2023/1_old.sql", "CREATE TABLE old (id INT);"),
        ("migrations/9_gone.down.sql", "DROP TABLE gone;"),
    ];
    check("files_beside_the_migrations", 0, &beside, SQLITE);
    let prose = [
        (
            "migrations/1_people.sql",
            "-- Notes\n-- Roles: none\n-- loses no data\nCREATE TABLE people (id INT);\n-- Loses: all",
        ),
        ("migrations/2_x.sql", "-- Tidies up.\n-- no-transaction\nCREATE TABLE x (id INT);"),
    ];
    check("comments_that_are_prose", 0, &prose, SQLITE);
    check("version_that_is_none", 1, &[PEOPLE, ("migrations/seed_data.sql", "SELECT 1;")], SQLITE);
}

#[test]
fn line_endings_and_byte_order_marks() {
    let trigger = "CREATE TABLE log (id INT);\nCREATE TRIGGER seen AFTER INSERT ON log BEGIN\n  UPDATE log SET id = 1;\n  DELETE FROM log;\nEND;\n";
    let crlf = trigger.replace('\n', "\r\n");
    let mark = format!("\u{feff}{}", crlf.split_once("\r\n").unwrap().1);
    let crlf_files =
        [("migrations/1_log.sql", crlf.as_str()), ("migrations/2_x.sql", "-- no-transaction\r\nVACUUM;\r\n")];
    check("line_ends", 0, &crlf_files, SQLITE);
    let marked = [("migrations/1_log.sql", "CREATE TABLE log (id INT);"), ("migrations/2_seen.sql", mark.as_str())];
    check("byte_order_mark", 0, &marked, SQLITE);
    check("byte_order_mark_postgres", 1, &[PEOPLE, ("migrations/2_x.sql", "\u{feff}SELECT 1;")], POSTGRES);
    let function =
        "CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $$\r\nBEGIN\r\n  RETURN 1; -- ;\r\nEND $$;\r\n";
    check("line_ends_postgres", 0, &[("migrations/1_one.sql", function)], POSTGRES);
}

/// A value that a migration takes from the clock differs the second time, which is not a fault.
#[test]
fn values_from_the_clock() {
    let log = ("migrations/1_log.sql", "CREATE TABLE log (id BIGINT PRIMARY KEY, at TEXT NOT NULL, what TEXT);");
    let files =
        |up| [log, ("migrations/2_begin.up.sql", up), ("migrations/2_begin.down.sql", "DELETE FROM log WHERE id = 1;")];
    let sqlite = "INSERT INTO log VALUES (1, strftime('%Y-%m-%d %H:%M:%f', 'now'), 'begin');";
    check("moments_of_rows", 0, &files(sqlite), SQLITE);
    let postgres = "INSERT INTO log VALUES (1, CURRENT_TIMESTAMP::text, 'begin');";
    check("moments_of_rows_postgres", 0, &files(postgres), POSTGRES);
}

/// Files that end the transaction in which sqlx runs them, and start another one.
#[test]
fn transactions() {
    let rebuild = "COMMIT TRANSACTION;\nPRAGMA foreign_keys = OFF;\nBEGIN TRANSACTION;\n\
                   CREATE TABLE people_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);\n\
                   INSERT INTO people_new (id, name) SELECT id, name FROM people;\nDROP TABLE people;\n\
                   ALTER TABLE people_new RENAME TO people;\nCOMMIT;\nPRAGMA foreign_keys = ON;\nBEGIN;\n";
    let rows = ("rows.sql", "INSERT INTO people VALUES (1, 'Ada');\nINSERT INTO hats VALUES (1, 1);\n");
    let files = [PEOPLE, HATS, ("migrations/3_age.sql", rebuild), rows];
    check("transaction_ended_and_begun", 0, &files, &format!("{SQLITE} --fixture rows.sql@2"));
    let own = ("migrations/3_age.sql", "BEGIN;\nALTER TABLE people ADD COLUMN age INTEGER;\nCOMMIT;\n");
    check("transaction_begun_twice", 1, &[PEOPLE, HATS, own], SQLITE);
    check(
        "transaction_of_its_own_postgres",
        1,
        &[PEOPLE, HATS, own, rows],
        &format!("{POSTGRES} --fixture rows.sql@2 --exhaustive"),
    );
    let none = ("migrations/3_age.sql", "COMMIT;\nALTER TABLE people ADD COLUMN age INTEGER;\n");
    check("transaction_ended", 1, &[PEOPLE, HATS, none], SQLITE);
}

/// Files that access the table `_sqlx_migrations`.
#[test]
fn migrations_table() {
    let books = (
        "migrations/2_books.sql",
        "DELETE FROM _sqlx_migrations WHERE version < 1;\nCREATE VIEW applied AS SELECT version FROM _sqlx_migrations;\nCREATE INDEX of_books ON _sqlx_migrations (installed_on);\n",
    );
    check("books_in_a_migration", 0, &[PEOPLE, books], SQLITE);
    check("books_in_a_migration_postgres", 0, &[PEOPLE, books], POSTGRES);
    let forgets = ("migrations/2_books.sql", "DELETE FROM _sqlx_migrations;\n");
    check("books_that_forget", 1, &[PEOPLE, forgets], &format!("{SQLITE} --exhaustive"));
}

#[test]
fn several_folders() {
    let files = [
        ("a/1_people.up.sql", UP),
        ("a/1_people.down.sql", DOWN),
        ("a/10_hats.up.sql", "ALTER TABLE hats ADD COLUMN owner INTEGER;"),
        ("a/10_hats.down.sql", "ALTER TABLE hats DROP COLUMN owner;"),
        ("b/2_age.up.sql", "ALTER TABLE people ADD COLUMN age INTEGER;"),
        ("b/2_age.down.sql", "ALTER TABLE people DROP COLUMN age;"),
        ("rows.sql", "INSERT INTO people (id, age) VALUES (1, 36);"),
    ];
    let flags = "--migrations a --migrations b --engine sqlite --fixture rows.sql@2";
    check("several_folders", 0, &files, flags);
    check("several_folders_postgres", 0, &files, &flags.replace("sqlite", "postgres"));
}

/// A database of this repository, rehearsed like that of another project: only the migrations and the fixture are read.
#[test]
fn a_database_of_this_repository() {
    let workspace = new_workspace();
    // With the root of the project marked, no earlier run of this test is remembered in the user's cache.
    workspace.remove("migrations/pets/rehearsal.toml").write("Cargo.lock", "");
    let flags = "--migrations migrations/pets --engine sqlite --fixture fixtures/pets/populated.sql";
    check_project("ours_as_anybodys", 0, &workspace, flags);
}

/// Generated rows that a file drops or updates by name are a note, because its author knows them. Other rows that
/// it deletes are a finding.
#[test]
fn intended_losses() {
    let hat = (
        "migrations/2_hats.sql",
        "CREATE TABLE hats (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people (id) ON DELETE CASCADE, size TEXT NOT NULL);\n",
    );
    let update = ("migrations/3_x.sql", "UPDATE hats SET size = 'small';\n");
    let drop = ("migrations/4_x.sql", "DROP TABLE hats;\n");
    let beside = ("migrations/4_x.sql", "UPDATE hats SET size = 'small';\nDELETE FROM people;\n");
    check("rows_that_are_meant_to_go", 0, &[PEOPLE, hat, update, drop], SQLITE);
    check("rows_that_are_meant_to_go_postgres", 0, &[PEOPLE, hat, update, drop], POSTGRES);
    check("rows_that_go_beside_them", 1, &[PEOPLE, hat, beside], SQLITE);
}

/// Columns whose values all continue under other names, one of which another column had before.
#[test]
#[ignore = "slow"]
fn renames() {
    let mods = (
        "migrations/1_mods.sql",
        "CREATE TABLE mods (id int PRIMARY KEY, description varchar(2048) NOT NULL, body text NOT NULL DEFAULT '');",
    );
    let chain = (
        "migrations/2_chain.sql",
        "ALTER TABLE mods RENAME description TO summary;\nALTER TABLE mods RENAME body TO description;\n",
    );
    let swap = (
        "migrations/3_swap.sql",
        "ALTER TABLE mods RENAME summary TO other;\nALTER TABLE mods RENAME description TO summary;\n\
         ALTER TABLE mods RENAME other TO description;\n",
    );
    let rows = ("rows.sql", "INSERT INTO mods VALUES (1, 'long text', 'long'), (2, 'b', 'c');\n");
    let one_row = ("rows.sql", "INSERT INTO mods VALUES (1, 'long text', 'long');\n");
    check("renames_in_a_chain", 0, &[mods, chain, swap], SQLITE);
    check("renames_in_a_chain_postgres", 0, &[mods, chain, swap], POSTGRES);
    for rows in [rows, one_row] {
        let files = [mods, chain, swap, rows];
        check("renames_in_a_chain_of_rows", 0, &files, &format!("{SQLITE} --fixture rows.sql@1"));
        check("renames_in_a_chain_of_rows_postgres", 0, &files, &format!("{POSTGRES} --fixture rows.sql@1"));
    }
    let overwrites = (
        "migrations/2_chain.sql",
        "ALTER TABLE mods RENAME description TO summary;\nUPDATE mods SET summary = substr(summary, 1, 3);\n\
         ALTER TABLE mods RENAME body TO description;\n",
    );
    // The values are copied into an existing column before their own column is dropped.
    let wide = (
        "migrations/1_mods.sql",
        "CREATE TABLE mods (id int PRIMARY KEY, description varchar(2048) NOT NULL, body text NOT NULL, summary text);",
    );
    let narrow = (
        "migrations/2_narrow.sql",
        "UPDATE mods SET summary = description;\nALTER TABLE mods DROP COLUMN description;",
    );
    let wide_rows =
        ("rows.sql", "INSERT INTO mods (id, description, body) VALUES (1, 'long text', 'long'), (2, 'b', 'c');\n");
    check("columns_that_took_over", 0, &[wide, narrow, wide_rows], &format!("{SQLITE} --fixture rows.sql@1"));
    check(
        "columns_that_took_over_postgres",
        0,
        &[wide, narrow, wide_rows],
        &format!("{POSTGRES} --fixture rows.sql@1"),
    );
    // Nothing is renamed here: a copy without column names swaps two columns.
    let places = (
        "migrations/2_places.sql",
        "CREATE TABLE new_mods (id int PRIMARY KEY, body text NOT NULL DEFAULT '', description text NOT NULL);\n\
         INSERT INTO new_mods SELECT * FROM mods;\nDROP TABLE mods;\nALTER TABLE new_mods RENAME TO mods;\n",
    );
    check("columns_in_each_others_place", 1, &[mods, places, rows], &format!("{SQLITE} --fixture rows.sql@1"));
    check(
        "columns_in_each_others_place_postgres",
        1,
        &[mods, places, rows],
        &format!("{POSTGRES} --fixture rows.sql@1"),
    );
    check("renames_beside_an_overwrite", 1, &[mods, overwrites, rows], &format!("{POSTGRES} --fixture rows.sql@1"));
}

/// A value that happens to be a prefix of the previous one was not truncated if the other values of the column are new.
#[test]
fn prefixes_of_previous_values() {
    let issues = ("migrations/1_issues.sql", "CREATE TABLE issues (id INTEGER PRIMARY KEY, name TEXT NOT NULL);");
    let renumbers = (
        "migrations/2_x.sql",
        "UPDATE issues SET name = CASE WHEN id % 2 = 0 THEN substr(name, 1, 1) ELSE 'ISS-' || id END;",
    );
    let cuts = ("migrations/2_x.sql", "UPDATE issues SET name = substr(name, 1, 1);");
    check("beginnings_beside_other_values", 0, &[issues, renumbers], SQLITE);
    check("beginnings_alone", 1, &[issues, cuts], SQLITE);
}

/// Files without a transaction, which rehearsal sends statement by statement, and sqlx as one text.
#[test]
fn statements_outside_a_transaction() {
    let index = ("migrations/2_x.up.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY owners ON hats (owner);\n");
    let again = (
        "migrations/3_x.up.sql",
        "-- no-transaction\nDROP INDEX CONCURRENTLY owners;\n\nCREATE INDEX CONCURRENTLY of_owner\n    ON hats (owner);\n",
    );
    let back =
        ("migrations/3_x.down.sql", "-- no-transaction\nDROP INDEX of_owner;\nCREATE INDEX owners ON hats (owner);\n");
    let hats = ("migrations/1_hats.up.sql", "CREATE TABLE hats (id int PRIMARY KEY, owner int);\n");
    // Kills at all commits, without a time limit.
    let all = format!("{POSTGRES} --exhaustive");
    check("statement_that_runs_alone", 0, &[hats, index], &all);
    let rows = ("rows.sql", "INSERT INTO hats VALUES (1, 1);\n");
    let flags = format!("{POSTGRES} --fixture rows.sql@1 --exhaustive");
    check("statement_that_runs_alone_and_is_killed", 0, &[hats, index, rows], &flags);
    check("statements_that_run_alone", 1, &[hats, index, again, back], &all);
}

/// Tables with rows of the history's own get no generated rows.
#[test]
fn rows_of_the_history() {
    let kinds = (
        "migrations/1_kinds.sql",
        "CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT);\nINSERT INTO kinds VALUES (1, 'fez');\n",
    );
    let more = ("migrations/2_more.sql", "ALTER TABLE kinds ADD COLUMN more TEXT;\n");
    check("rows_of_the_history_itself", 0, &[kinds, more], SQLITE);
    check(
        "rows_of_the_history_beside_others",
        0,
        &[kinds, more, ("migrations/3_hats.sql", PEOPLE.1), ("migrations/4_x.sql", "SELECT 1;")],
        SQLITE,
    );
}

/// A foreign key that followed a table when it was renamed, before the table was dropped.
#[test]
fn dangling_foreign_keys() {
    let rebuild = (
        "migrations/3_people.sql",
        "-- no-transaction\nPRAGMA foreign_keys = OFF;\nALTER TABLE people RENAME TO people_old;\n\
         CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);\nINSERT INTO people SELECT * FROM people_old;\n\
         DROP TABLE people_old;\nPRAGMA foreign_keys = ON;\n",
    );
    check("references_to_nothing", 1, &[PEOPLE, HATS, rebuild], SQLITE);
    // The referenced table is created later, and its name differs in case.
    let early =
        ("migrations/1_hats.sql", "CREATE TABLE hats (id INTEGER PRIMARY KEY, owner INT REFERENCES People (id));");
    let late = ("migrations/2_people.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY);");
    check("references_to_what_comes", 3, &[early, late], SQLITE);
}

/// Which of several rows a join picks depends on their storage order, whichever table the server reads first.
#[test]
fn joins_with_several_matches() {
    let words = (
        "migrations/1_words.sql",
        "CREATE TABLE words (id int PRIMARY KEY, word text);\nCREATE TABLE kinds (id int PRIMARY KEY, word text, kind text);",
    );
    let join = (
        "migrations/2_kinds.sql",
        "ALTER TABLE words ADD kind text;\nUPDATE words SET kind = kinds.kind FROM kinds WHERE kinds.word = words.word;",
    );
    let rows = (
        "rows.sql",
        "INSERT INTO words VALUES (1, 'a'), (2, 'b');\n\
         INSERT INTO kinds VALUES (1, 'a', 'x'), (2, 'a', 'y'), (3, 'b', 'z');\n",
    );
    check("join_of_several_rows", 1, &[words, join, rows], &format!("{POSTGRES} --fixture rows.sql@1"));
    // Sorted by the hashes of their columns, these rows keep their order.
    let words = (
        "migrations/1_words.sql",
        "CREATE TABLE words (id int PRIMARY KEY, word text);\nCREATE TABLE kinds (word text, kind text);",
    );
    let rows = (
        "rows.sql",
        "INSERT INTO words VALUES (1, 'x'), (2, 'y');\nINSERT INTO kinds VALUES ('x', 'c1'), ('x', 'c2'), ('y', 'c3');\n",
    );
    check("join_of_rows_without_key", 1, &[words, join, rows], &format!("{POSTGRES} --fixture rows.sql@1"));
}
