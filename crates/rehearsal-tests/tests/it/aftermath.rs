//! What a migration leaves behind on SQLite: each case has one fault, which *populated* and, without a fixture,
//! *generated-rows* must find, and a sound twin.

use crate::generated_kinds::{Found, compare};
use crate::suite::{another_project, new_workspace};
use pretty_assertions::assert_eq;

const CREATE: &str = r#"-- Toys, and how often each was played with.
CREATE TABLE toy (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('new', 'old')));
CREATE TABLE play (toy INTEGER PRIMARY KEY, times INTEGER NOT NULL);
CREATE INDEX toy_by_name ON toy (name);
CREATE UNIQUE INDEX toy_one_new ON toy (name) WHERE state = 'new';
CREATE TRIGGER toy_plays_again AFTER UPDATE OF state ON toy WHEN NEW.state = 'new'
BEGIN
    DELETE FROM play WHERE toy = NEW.id;
END;
CREATE VIEW old_toy AS SELECT id, name FROM toy WHERE state = 'old';
CREATE VIEW played AS SELECT toy, times FROM play;
"#;
const ROWS: &str =
    "INSERT INTO toy (name, state) VALUES ('Bear', 'old'), ('Ball', 'new'), ('Car', 'old'), ('Kite', 'old');
DELETE FROM toy WHERE name = 'Kite';
INSERT INTO play VALUES (1, 7);\n";

/// Rehearses a migration after the creation of the toys, with rows or without.
fn rehearse(snapshot: &str, exit: i32, up: &str, has_rows: bool) {
    let mut files = vec![("migrations/1_toys.sql", CREATE), ("migrations/2_change.sql", up)];
    if has_rows {
        files.push(("rows.sql", ROWS));
    }
    let flag = if has_rows { " --fixture rows.sql@1" } else { "" };
    let project = another_project(&files);
    let ran = project.run(&format!("ci --migrations migrations --engine sqlite --skip crash{flag}"));
    if exit == 0 {
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
    } else {
        ran.check(exit, "aftermath", snapshot);
    }
}

/// A rebuild of the table, which copies all rows and keeps the numbers; `definition` are its columns, and `rest` is what
/// follows.
fn rebuild(definition: &str, rest: &str) -> String {
    format!(
        "-- no-transaction\nPRAGMA foreign_keys = OFF;\nBEGIN;\nDROP VIEW old_toy;\nCREATE TABLE toy_new ({definition});\n\
         INSERT INTO sqlite_sequence (name, seq) SELECT 'toy_new', seq FROM sqlite_sequence WHERE name = 'toy';\n\
         INSERT INTO toy_new (id, name, state) SELECT id, name, state FROM toy;\nDROP TABLE toy;\nALTER TABLE toy_new RENAME TO toy;\n\
         {rest}COMMIT;\nPRAGMA foreign_keys = ON;\n"
    )
}

const COLUMNS: &str = "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, \
                       state TEXT NOT NULL CHECK (state IN ('new', 'old', 'lost'))";
/// Everything that the rebuild takes along, once more.
const AGAIN: &str = "CREATE INDEX toy_by_name ON toy (name);
CREATE UNIQUE INDEX toy_one_new ON toy (name) WHERE state = 'new';
CREATE TRIGGER toy_plays_again AFTER UPDATE OF state ON toy WHEN NEW.state = 'new' BEGIN DELETE FROM play WHERE toy = NEW.id; END;
CREATE VIEW old_toy AS SELECT id, name FROM toy WHERE state = 'old';\n";

#[test]
fn objects_that_a_rebuild_takes_along() {
    let only = |kept: &str| {
        AGAIN.lines().filter(|line| line.contains(kept)).map(|line| format!("{line}\n")).collect::<String>()
    };
    let few = rebuild(COLUMNS, &(only("toy_by_name") + &only("old_toy")));
    rehearse("rebuild_takes_along", 1, &few, true);
    rehearse("rebuild_takes_along_generated", 1, &few, false);
    let all = rebuild(COLUMNS, AGAIN);
    rehearse("", 0, &all, true);
    // Another name or a dropped object is no loss.
    rehearse("", 0, &rebuild(COLUMNS, &AGAIN.replace("toy_by_name", "toy_by_its_name")), true);
    let dropped = "DROP TRIGGER toy_plays_again;\nDROP INDEX toy_one_new;\n";
    rehearse("", 0, dropped, true);
}

#[test]
fn weaker_definitions() {
    // A new column, and on the way NOT NULL, the check and AUTOINCREMENT are gone.
    let weaker = "id INTEGER PRIMARY KEY, name TEXT, state TEXT NOT NULL, colour TEXT";
    rehearse("weaker_definition", 1, &rebuild(weaker, AGAIN), true);
    // SQLite needs a rebuild to drop NOT NULL, so that is its purpose.
    let nullable =
        "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, state TEXT NOT NULL CHECK (state IN ('new', 'old'))";
    rehearse("", 0, &rebuild(nullable, AGAIN), true);
}

/// A column that is converted through a new one, and a rule about a renamed column.
#[test]
fn converted_and_renamed_columns() {
    let converted = "ALTER TABLE toy ADD COLUMN title TEXT;\nUPDATE toy SET title = name;\nDROP INDEX toy_by_name;\n\
                     DROP INDEX toy_one_new;\nDROP VIEW old_toy;\nALTER TABLE toy DROP COLUMN name;\nALTER TABLE toy RENAME title TO name;\n";
    rehearse("", 0, converted, true);
    rehearse("", 0, "ALTER TABLE toy RENAME COLUMN state TO condition;\n", true);
}

#[test]
fn numbers_that_are_given_again() {
    let forgets =
        rebuild(COLUMNS, AGAIN).lines().filter(|line| !line.contains("sqlite_sequence")).collect::<Vec<_>>().join("\n");
    rehearse("autoincrement_restarts", 1, &forgets, true);
}

#[test]
fn broken_objects() {
    let columns = "-- loses: \"play\", counted elsewhere\nDROP TABLE play;\n";
    rehearse("trigger_and_view_broken", 1, columns, true);
    let mended = format!("{columns}DROP TRIGGER toy_plays_again;\nDROP VIEW played;\n");
    rehearse("", 0, &mended, true);
}

/// A declaration accepts the object that it names, and one that accepts nothing is a warning.
#[test]
fn accepted_losses() {
    let without_trigger: String =
        AGAIN.lines().filter(|line| !line.contains("TRIGGER")).map(|line| format!("{line}\n")).collect();
    let up = rebuild(COLUMNS, &without_trigger);
    let declared = |name: &str| {
        let line = format!("-- no-transaction\n-- allow: populated/schema-lost {name}, plays are not counted\n");
        up.replacen("-- no-transaction\n", &line, 1)
    };
    let check = |snapshot: &str, exit: i32, up: &str| {
        let workspace = new_workspace();
        workspace.write("migrations/toys/rehearsal.toml", "engine = \"sqlite\"\n");
        workspace.write("migrations/toys/20250901000000_toys.up.sql", CREATE);
        workspace.write("migrations/toys/20250902000000_change.up.sql", up);
        workspace.write("fixtures/toys/rows.sql", format!("-- at: 20250901000000\n{ROWS}"));
        workspace.run("ci toys --only populated").check(exit, "aftermath", snapshot);
    };
    check("accepted", 0, &declared("toy_plays_again"));
    check("accepted_another", 1, &declared("toy_by_name"));
    check("accepted_unknown_code", 2, &declared("x").replace("schema-lost", "schema-los"));
    check("accepted_without_reason", 1, &declared("x").replace(", plays are not counted", ""));
}

/// What the down migration brings back exactly is not lost, and a declared loss that comes back wrong is found.
#[test]
fn values_that_come_back() {
    let check = |snapshot: &str, exit: i32, up: &str, down: &str| {
        let rows = "INSERT INTO price VALUES (1, 19.99), (2, 4.35), (3, 12.0), (4, 0.29), (5, 1.15);\n";
        let created = "CREATE TABLE price (id INTEGER PRIMARY KEY, amount REAL);\n";
        let files = [
            ("migrations/1_price.up.sql", created),
            ("migrations/1_price.down.sql", "DROP TABLE price;\n"),
            ("migrations/2_cents.up.sql", up),
            ("migrations/2_cents.down.sql", down),
            ("rows.sql", rows),
        ];
        let project = another_project(&files);
        let ran =
            project.run("ci --migrations migrations --engine sqlite --only populated,reversible --fixture rows.sql@1");
        if exit == 0 {
            assert_eq!(ran.exit, Some(0), "{}", ran.text());
        } else {
            ran.check(exit, "aftermath", snapshot);
        }
    };
    let cents = |amount: &str| {
        format!(
            "ALTER TABLE price ADD COLUMN cents INTEGER NOT NULL DEFAULT 0;\nUPDATE price SET cents = {amount};\n\
             ALTER TABLE price DROP COLUMN amount;\n"
        )
    };
    let down = "CREATE TABLE old (id INTEGER PRIMARY KEY, amount REAL);\nINSERT INTO old SELECT id, cents / 100.0 FROM price;\n\
                DROP TABLE price;\nALTER TABLE old RENAME TO price;\n";
    check("", 0, &cents("CAST(ROUND(amount * 100) AS INTEGER)"), down);
    let cut = cents("CAST(amount * 100 AS INTEGER)");
    check("comes_back_cut", 1, &cut, down);
    check("comes_back_cut_although_declared", 1, &format!("-- loses: price.amount, kept in cents\n{cut}"), down);
}

#[test]
fn rows_that_an_insert_leaves_out() {
    let files = [
        ("migrations/1_spend.sql", "CREATE TABLE spend (id INTEGER PRIMARY KEY, cost REAL);\n"),
        (
            "migrations/2_checked.sql",
            "CREATE TABLE new (id INTEGER PRIMARY KEY, cost REAL NOT NULL CHECK (cost >= 0));\n\
             INSERT OR IGNORE INTO new SELECT id, cost FROM spend;\nDROP TABLE spend;\nALTER TABLE new RENAME TO spend;\n",
        ),
        ("rows.sql", "INSERT INTO spend VALUES (1, 0.25), (2, NULL), (3, -1.5);\n"),
    ];
    let project = another_project(&files);
    let command = "ci --migrations migrations --engine sqlite --only populated --fixture rows.sql@1";
    project.run(command).check(1, "aftermath", "insert_or_ignore");
}

/// A row that is deleted with its parent, and one that another row replaces: the statement is named, and the row shown.
#[test]
fn statements_that_remove_rows() {
    let check = |snapshot: &str, create: &str, up: &str, rows: &str| {
        let files = [("migrations/1_create.sql", create), ("migrations/2_change.sql", up), ("rows.sql", rows)];
        let project = another_project(&files);
        let command = "ci --migrations migrations --engine sqlite --only populated --fixture rows.sql@1";
        project.run(command).check(1, "aftermath", snapshot);
    };
    let family = "CREATE TABLE parent (id INTEGER PRIMARY KEY, state TEXT);\n\
                  CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent ON DELETE CASCADE, name TEXT);\n";
    let rows =
        "INSERT INTO parent VALUES (1, 'old'), (2, 'new');\nINSERT INTO child VALUES (1, 1, 'Ann'), (2, 2, 'Bo');\n";
    check("removed_by_cascade", family, "\nDELETE FROM parent WHERE state = 'old';\n", rows);
    let words = "CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT);\nCREATE TABLE known (text TEXT PRIMARY KEY, id INTEGER);\n";
    let known = "INSERT INTO word VALUES (1, 'a'), (2, 'a');\nINSERT INTO known VALUES ('a', 9);\n";
    check("removed_by_replace", words, "INSERT OR REPLACE INTO known SELECT text, id FROM word;\n", known);
    // Without a key, other values are no deleted rows.
    let plain = "CREATE TABLE word (text TEXT, n INTEGER);\n";
    let few = "INSERT INTO word VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 4);\n";
    check(
        "changed_without_key",
        plain,
        "DELETE FROM word WHERE n > 3;\nUPDATE word SET text = 'x' WHERE n = 1;\n",
        few,
    );
}

const INDEXED: &str = "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE VIRTUAL TABLE note_words USING fts5 (body, content = 'note', content_rowid = 'id');
CREATE TRIGGER note_added AFTER INSERT ON note BEGIN INSERT INTO note_words (rowid, body) VALUES (NEW.id, NEW.body); END;\n";

#[test]
fn indexes_that_are_out_of_date() {
    let check = |snapshot: &str, exit: i32, up: &str| {
        let rows = "INSERT INTO note VALUES (1, 'one two'), (2, 'three');\n";
        let files = [("migrations/1_note.sql", INDEXED), ("migrations/2_change.sql", up), ("rows.sql", rows)];
        let project = another_project(&files);
        let flags = if exit == 0 { "populated" } else { "generated-rows,populated" };
        let ran =
            project.run(&format!("ci --migrations migrations --engine sqlite --only {flags} --fixture rows.sql@1"));
        if exit == 0 {
            assert_eq!(ran.exit, Some(0), "{}", ran.text());
        } else {
            ran.check(exit, "aftermath", snapshot);
        }
    };
    let change = "-- loses: note.body, corrected\nUPDATE note SET body = body || ' more';\n";
    check("full_text_stale", 1, change);
    check("", 0, &format!("{change}INSERT INTO note_words (note_words) VALUES ('rebuild');\n"));
    check("", 0, "ALTER TABLE note ADD COLUMN at TEXT;\n");
}

#[test]
fn rows_that_triggers_write() {
    let create = "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, updated TEXT NOT NULL DEFAULT 'never');
CREATE TABLE audit (id INTEGER PRIMARY KEY, account INTEGER NOT NULL);
CREATE TRIGGER account_audited AFTER UPDATE OF balance, cents ON account BEGIN INSERT INTO audit (account) VALUES (NEW.id); END;
CREATE TRIGGER account_updated AFTER UPDATE OF cents ON account BEGIN UPDATE account SET updated = 'now' WHERE id = NEW.id; END;\n";
    let create = create.replace("updated TEXT", "cents INTEGER, updated TEXT");
    let check = |snapshot: &str, exit: i32, up: &str| {
        let rows = "INSERT INTO account (id, balance) VALUES (1, 5), (2, 6);\n";
        let files = [("migrations/1_account.sql", create.as_str()), ("migrations/2_cents.sql", up), ("rows.sql", rows)];
        let project = another_project(&files);
        let ran = project.run("ci --migrations migrations --engine sqlite --only populated --fixture rows.sql@1");
        ran.check(exit, "aftermath", snapshot);
    };
    check("written_by_triggers", 0, "UPDATE account SET cents = balance * 100;\n");
    check(
        "written_by_no_trigger",
        0,
        "DROP TRIGGER account_audited;\nDROP TRIGGER account_updated;\nUPDATE account SET cents = balance * 100;\n",
    );
}

/// A table with a trigger after many others that have one.
#[test]
fn triggers_of_many_tables() {
    let table = |name: &str| {
        format!(
            "CREATE TABLE {name} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, updated TEXT NOT NULL DEFAULT 'never');\n\
             CREATE TRIGGER {name}_updated AFTER UPDATE OF name ON {name} BEGIN UPDATE {name} SET updated = 'now' WHERE id = NEW.id; END;\n"
        )
    };
    let create: String = (1..=30).map(|n| table(&format!("other{n}"))).chain([table("zebra")]).collect();
    let rows = "INSERT INTO zebra (id, name) VALUES (1, ' Zoe '), (2, 'Zack');\n";
    let up = "-- loses: zebra.name, spaces\nUPDATE zebra SET name = trim(name);\n";
    let files = [("migrations/1_create.sql", create.as_str()), ("migrations/2_trim.sql", up), ("rows.sql", rows)];
    let project = another_project(&files);
    let command = "ci --migrations migrations --engine sqlite --only populated --fixture rows.sql@1 --json";
    compare(&project.run(command).stdout, &[("populated/rows-written", "zebra_updated")], up);
}

/// A trigger that refuses changes is one on purpose.
#[test]
fn triggers_that_refuse() {
    let create = "CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT NOT NULL);\n";
    let check = |create: &str, up: &str, expect: Found<'_>| {
        let rows = "INSERT INTO audit VALUES (1, 'created');\n";
        let files = [("migrations/1_create.sql", create), ("migrations/2_change.sql", up), ("rows.sql", rows)];
        let project = another_project(&files);
        let command = "ci --migrations migrations --engine sqlite --only populated --fixture rows.sql@1 --json";
        compare(&project.run(command).stdout, expect, up);
    };
    let forbid =
        "CREATE TRIGGER audit_kept BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'it is append-only'); END;\n";
    check(create, forbid, &[]);
    check(&format!("{create}{forbid}"), "ALTER TABLE audit RENAME TO audit_log;\n", &[]);
    let broken = "CREATE TRIGGER audit_kept BEFORE UPDATE ON audit BEGIN INSERT INTO nowhere VALUES (1); END;\n";
    check(create, broken, &[("populated/object-broken", "nowhere")]);
}

/// The values of a moved column have to come back.
#[test]
fn moved_columns() {
    let check = |snapshot: &str, exit: i32, declared: &str, value: &str| {
        let up = format!(
            "-- moves: {declared}\nCREATE TABLE profile (id INTEGER PRIMARY KEY, first TEXT);\n\
             INSERT INTO profile SELECT id, {value} FROM user;\nALTER TABLE user DROP COLUMN first;\n"
        );
        let down = "ALTER TABLE user ADD COLUMN first TEXT;\n\
                    UPDATE user SET first = (SELECT first FROM profile WHERE profile.id = user.id);\nDROP TABLE profile;\n";
        let workspace = new_workspace();
        workspace.write("migrations/users/rehearsal.toml", "engine = \"sqlite\"\n");
        workspace.write(
            "migrations/users/20250901000000_users.up.sql",
            "CREATE TABLE user (id INTEGER PRIMARY KEY, last TEXT, first TEXT);\n",
        );
        workspace.write("migrations/users/20250901000000_users.down.sql", "DROP TABLE user;\n");
        workspace.write("migrations/users/20250902000000_profiles.up.sql", up);
        workspace.write("migrations/users/20250902000000_profiles.down.sql", down);
        workspace.write(
            "fixtures/users/rows.sql",
            "-- at: 20250901000000\nINSERT INTO user VALUES (1, 'B', 'Ann'), (2, 'D', 'Cy');\n",
        );
        let ran = workspace.run("ci users --only fresh,populated,reversible");
        if exit == 0 {
            assert_eq!(ran.exit, Some(0), "{}", ran.text());
        } else {
            ran.check(exit, "aftermath", snapshot);
        }
    };
    check("", 0, "user.first to profile.first, one name", "first");
    check("moved_wrongly", 1, "user.first to profile.first, one name", "upper(first)");
    check("moved_to_nothing", 1, "user.first to profile.name, one name", "first");
    check("moved_without_target", 1, "user.first, one name", "first");
}

/// A table without rows in the fixture is tried on generated ones.
#[test]
fn broken_tables_without_rows() {
    let create = "CREATE TABLE toy (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\nCREATE TABLE sale (id INTEGER PRIMARY KEY, price INTEGER NOT NULL);
CREATE TABLE total (price INTEGER NOT NULL);\nCREATE TRIGGER sale_counted AFTER UPDATE ON sale BEGIN INSERT INTO total VALUES (NEW.price); END;\n";
    let check = |up: &str, expect: Found<'_>| {
        let rows = "INSERT INTO toy VALUES (1, 'Bear');\n";
        let files = [("migrations/1_create.sql", create), ("migrations/2_change.sql", up), ("rows.sql", rows)];
        let project = another_project(&files);
        let command = "ci --migrations migrations --engine sqlite --only populated --fixture rows.sql@1 --json";
        compare(&project.run(command).stdout, expect, up);
    };
    check("DROP TABLE total;\n", &[("populated/object-broken", "sale_counted")]);
    check("DROP TRIGGER sale_counted;\nDROP TABLE total;\n", &[]);
}
