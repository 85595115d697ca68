//! The proofs *deterministic* and *mutation* on SQLite.

use super::{LABELS, Labels, Toys};
use rehearsal::backfill::AnyBackfill;
use rehearsal::check::{AnyRowCheck, RowCheck, RowCheckAbout};
use rehearsal::proofs::Depth;
use rehearsal::sandbox::NoHost;
use rehearsal_tests::database::query;
use sqlx::sqlite::Sqlite;
use std::fmt::Write;

const CREATE: &str = "-- Toys, and words for them in no order.
CREATE TABLE toy (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, made_at TEXT NOT NULL);
CREATE TABLE word (toy TEXT NOT NULL REFERENCES toy (id), word TEXT NOT NULL);
CREATE TRIGGER word_is_short BEFORE UPDATE ON word BEGIN SELECT RAISE(ABORT, 'words stay'); END;
";
const UNITS: &str = "SELECT toy.rowid AS \"cursor\", toy.label IS NULL AS \"pending\", toy.id, toy.name FROM toy";

fn fixture() -> String {
    let mut sql = String::new();
    for n in 0..30 {
        let (id, name) = (format!("toy-{n:02}"), format!("name {}", n * 7 % 30));
        writeln!(sql, "INSERT INTO toy VALUES ('{id}', '{name}', '2025-01-01 23:{n:02}:00');").unwrap();
        writeln!(sql, "INSERT INTO word VALUES ('{id}', 'one {n}'), ('{id}', 'two {n}');").unwrap();
    }
    sql
}

fn toys(labels: &str) -> Toys {
    Toys::new("sqlite", CREATE, labels, &fixture())
}

/// Returns a backfill that stores `value` as the label.
fn labels(value: &str) -> Labels<Sqlite> {
    let write = format!(
        "UPDATE toy SET label = {value} FROM json_each($1) AS new WHERE toy.id = new.value ->> 0 AND toy.label IS NULL"
    );
    Labels::new(UNITS, write)
}

/// A check in Rust: every label is the name in capitals.
struct LabelsAreNames;

#[derive(rehearsal::FromRow)]
struct Labelled {
    id: String,
    name: String,
    label: Option<String>,
}

impl RowCheck for LabelsAreNames {
    type Db = Sqlite;
    type Row = Labelled;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout { name: "labels_are_names", database: "toys", from: LABELS, until: None }
    }

    fn rows(&self) -> &'static str {
        "SELECT toy.rowid AS \"cursor\", toy.id, toy.name, toy.label FROM toy"
    }

    fn offence(&self, toy: &Labelled) -> Option<(String, String)> {
        let expected = toy.name.to_uppercase();
        (toy.label.as_deref() != Some(&expected)).then(|| (toy.id.clone(), expected))
    }
}

fn check(snapshot: &str, toys: &Toys, proof: &str, others: &[&str], value: &str, rows: &[&dyn AnyRowCheck]) {
    let backfill: &dyn AnyBackfill = &labels(value);
    let report = toys.rehearse(&[backfill], rows, async || Err(NoHost::Absent));
    toys.hold(report, proof, others, snapshot);
}

const LABEL: &str = "ALTER TABLE toy ADD COLUMN label TEXT;\n";
const SOUND: &str = "new.value ->> 1";

/// A backfill and a check that need a column of a later migration than their `from`.
#[test]
fn windows_that_open_too_early() {
    let early = toys("CREATE TABLE other (id TEXT PRIMARY KEY NOT NULL);\n");
    early.write("migrations/toys/20250920090000_label.up.sql", LABEL);
    early.check("labelled", "SELECT id FROM toy WHERE label = ''");
    check("sqlite_window_too_early", &early, "fresh", &[], SOUND, &[&LabelsAreNames]);
}

#[test]
fn nondeterministic_backfills() {
    let check = |snapshot: &str, labels: &str, value: &str| {
        check(snapshot, &toys(labels), "deterministic", &["mutation"], value, &[]);
    };
    check("sqlite_sound", LABEL, SOUND);
    check("sqlite_chance", LABEL, "lower(hex(randomblob(16)))");
    check("sqlite_clock", LABEL, "CURRENT_TIMESTAMP");
    check("sqlite_local_time", LABEL, "datetime('now', 'localtime')");
    check("sqlite_day", LABEL, "date('now')");
    check("sqlite_day_in_a_text", LABEL, "'on ' || date('now')");
    check("sqlite_order", LABEL, "(SELECT word.word FROM word WHERE word.toy = toy.id LIMIT 1)");
    check("sqlite_batch", LABEL, "json_array_length($1)");
}

/// Nondeterministic migrations: defaults are notes, and so are values that the file openly takes from the clock. Hidden
/// sources are findings.
#[test]
fn nondeterministic_migrations() {
    let check = |snapshot: &str, labels: &str| {
        let labels = format!("{LABEL}{labels}");
        check(snapshot, &toys(&labels), "deterministic", &[], SOUND, &[&LabelsAreNames]);
    };
    let log = "CREATE TABLE log (id INTEGER PRIMARY KEY, toy TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP, token TEXT DEFAULT (hex(randomblob(4))));\n\
               CREATE TABLE entry (log INTEGER REFERENCES log (id), toy TEXT PRIMARY KEY);\n";
    let fill = "INSERT INTO log (toy) SELECT word FROM word;\nINSERT INTO entry SELECT id, toy FROM log;\n";
    check("sqlite_defaults", &format!("{log}{fill}"));
    check("sqlite_says_so", "ALTER TABLE toy ADD COLUMN seen TEXT;\nUPDATE toy SET seen = datetime('now');\n");
    check(
        "sqlite_local_file",
        "ALTER TABLE toy ADD COLUMN day TEXT;\nUPDATE toy SET day = date(made_at, 'localtime');\n",
    );
    let first = "ALTER TABLE toy ADD COLUMN word TEXT;\nUPDATE toy SET word = (SELECT word.word FROM word WHERE word.toy = toy.id LIMIT 1);\n";
    check("sqlite_first_wins", first);
}

/// A date that the rows contain, or that follows from them, does not count as a value of the clock, even if it is
/// today.
#[test]
fn dates_in_the_data() {
    let check = |snapshot: &str, labels: &str, fixture: &str| {
        let toys = Toys::new("sqlite", CREATE, &format!("{LABEL}{labels}"), fixture);
        check(snapshot, &toys, "deterministic", &[], SOUND, &[&LabelsAreNames]);
    };
    let clock = tempfile::NamedTempFile::new().unwrap();
    let ask = |what: &str| query(clock.path(), &format!("SELECT {what}")).remove(0);
    let today = ask("date('now')");
    check("sqlite_day_of_the_fixture", "", &fixture().replace("name ", &format!("made on {today}, ")));
    let days = ask("CAST(julianday(date('now')) - julianday('2025-01-01') AS INTEGER) || ' days'");
    let follows = format!("ALTER TABLE toy ADD COLUMN day TEXT;\nUPDATE toy SET day = date(made_at, '+{days}');\n");
    check("sqlite_day_that_follows", &follows, &fixture());
}

#[test]
fn surviving_mutants() {
    let check = |snapshot: &str, toys: &Toys, rows: &[&dyn AnyRowCheck]| {
        check(snapshot, toys, "mutation", &[], SOUND, rows);
    };
    check("sqlite_no_check", &toys(LABEL), &[]);
    let some = toys(LABEL);
    some.check(
        "toys_have_labels",
        "-- Catches toys without a label.\nSELECT toy.id FROM toy WHERE toy.label IS NULL;\n",
    );
    check("sqlite_half_a_check", &some, &[]);
    let all = toys(&format!("{LABEL}CREATE TABLE box (id TEXT);\n"));
    all.check("nothing_is_in_boxes", "-- Catches nothing.\nSELECT box.id FROM box;\n");
    check("sqlite_whole_check", &all, &[&LabelsAreNames]);
    let report = all.rehearse(&[&labels(SOUND)], &[&LabelsAreNames], async || Err(NoHost::Absent));
    all.hold(report, "populated", &[], "sqlite_check_saw_no_row");
    let shown = toys(LABEL);
    shown
        .check("toys_by_label", "-- kind: report\n-- Shows labels.\nSELECT toy.label, count(*) FROM toy GROUP BY 1;\n");
    check("sqlite_report_only", &shown, &[]);
    let mut sample = toys(LABEL);
    sample.depth = Depth::Sample;
    check("sqlite_sample", &sample, &[&LabelsAreNames]);
}

/// A column whose default is the clock is mutated only if the backfill writes it.
#[test]
fn columns_with_a_clock_as_default() {
    let units = "SELECT toy.rowid AS \"cursor\", NOT EXISTS (SELECT 1 FROM tag WHERE tag.toy = toy.id) AS \"pending\", \
                 toy.id, toy.name FROM toy";
    let write = "INSERT INTO tag (toy, made_at) SELECT toy.id, toy.made_at FROM json_each($1) AS new \
                 JOIN toy ON toy.id = new.value ->> 0 WHERE TRUE ON CONFLICT DO NOTHING";
    let toys = toys(
        "CREATE TABLE tag (toy TEXT PRIMARY KEY, made_at TEXT DEFAULT CURRENT_TIMESTAMP, at TEXT DEFAULT CURRENT_TIMESTAMP, \
         token TEXT DEFAULT (hex(randomblob(4))));\n",
    );
    let labels = Labels::<Sqlite>::new(units, write.to_owned());
    let report = toys.rehearse(&[&labels], &[], async || Err(NoHost::Absent));
    toys.hold(report, "mutation", &["deterministic"], "sqlite_clocks_alone");
}
