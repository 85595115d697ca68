//! The proofs on a small history with a small backfill, on PostgreSQL.

use crate::proofs::{Labels, Toys, live};
use rehearsal::backfill::UnitOrder;
use rehearsal::db::{Address, Engine};
use rehearsal::report::DatabaseReport;
use rehearsal::sandbox::{Host, NoHost};
use rehearsal_tests::postgres::url;
use sqlx::postgres::Postgres;
use std::fmt::Write;

const CREATE: &str = "-- Toys, and words for them in no order.
CREATE TABLE toy (id text PRIMARY KEY, name text NOT NULL, made_at timestamptz NOT NULL, note json);
CREATE TABLE word (toy text NOT NULL REFERENCES toy (id) ON DELETE CASCADE, word text NOT NULL);
CREATE TABLE bare (note json);
CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''words stay''; END';
CREATE TRIGGER word_stays BEFORE UPDATE OR DELETE ON word FOR EACH ROW EXECUTE FUNCTION stop();
";
const UNITS: &str = "SELECT toy.id AS \"cursor\", toy.label IS NULL AS \"pending\", toy.id, toy.name FROM toy";

fn fixture() -> String {
    let mut sql = String::from("INSERT INTO bare VALUES ('1'), ('2');\n");
    for n in 0..30 {
        let (id, name) = (format!("toy-{n:02}"), format!("name {}", n * 7 % 30));
        writeln!(sql, "INSERT INTO toy VALUES ('{id}', '{name}', '2025-01-01 23:{n:02}:00Z', '{{}}');").unwrap();
        writeln!(sql, "INSERT INTO word VALUES ('{id}', 'one {n}'), ('{id}', 'two {n}');").unwrap();
    }
    sql
}

fn toys(labels: &str) -> Toys {
    let mut toys = Toys::new("postgres", CREATE, labels, &fixture());
    toys.hidden = url("").split_once("?host=").unwrap().1.to_owned();
    toys
}

/// Returns a backfill that stores `value` as the label.
fn labels(value: &str) -> Labels<Postgres> {
    let write = format!(
        "UPDATE toy SET label = {value} FROM jsonb_array_elements($1::text::jsonb) AS new (row) \
         WHERE toy.id = new.row ->> 0 AND toy.label IS NULL"
    );
    Labels::new(UNITS, write)
}

async fn host(server: &str) -> Result<Host, NoHost> {
    Host::given(Address::parse(Engine::Postgres, server).unwrap(), "the tests").await
}

fn rehearse(toys: &Toys, backfill: &Labels<Postgres>) -> DatabaseReport {
    // `url` starts the server. It has to run outside the runtime of `rehearse`.
    let server = url("postgres");
    toys.rehearse(&[backfill], &[], async || host(&server).await)
}

const LABEL: &str = "ALTER TABLE toy ADD COLUMN label text;\n";
const SOUND: &str = "new.row ->> 1";
const COMPARES: &str = "-- Catches labels that are not the name in capitals.\n\
                        SELECT id FROM toy WHERE label IS DISTINCT FROM upper(name);\n";

/// One backfill fills a column from each nondeterministic source: every column is reported with its source.
#[test]
fn nondeterministic_backfill() {
    let values = [
        ("chance", "md5(random()::text)"),
        ("clock", "md5(clock_timestamp()::text)"),
        ("zone", "CASE extract(hour FROM toy.made_at) WHEN 23 THEN 'late' ELSE 'not late' END"),
        ("day", "CASE current_date WHEN (now() AT TIME ZONE 'UTC')::date THEN 'today' ELSE 'another day' END"),
        ("first", "(SELECT word.word FROM word WHERE word.toy = toy.id LIMIT 1)"),
        ("batch", "jsonb_array_length($1::text::jsonb)::text"),
        ("sound", "upper(toy.name)"),
    ];
    let columns = values.map(|(column, _)| format!("ALTER TABLE toy ADD COLUMN {column} text;\n")).concat();
    let set = values.map(|(column, value)| format!(", {column} = {value}")).concat();
    let toys = toys(&format!("{LABEL}{columns}"));
    let report = rehearse(&toys, &labels(&format!("{SOUND}{set}")));
    toys.hold(report, "deterministic", &["mutation"], "postgres_backfill");
}

/// Nondeterministic migrations: defaults are notes, and so are values that the file openly takes from chance.
/// Hidden sources are findings.
#[test]
fn nondeterministic_migrations() {
    let check = |snapshot: &str, migration: &str| {
        let toys = toys(&format!("{LABEL}{migration}"));
        toys.check("labels_are_names", COMPARES);
        toys.hold(rehearse(&toys, &labels(SOUND)), "deterministic", &[], snapshot);
    };
    let defaults = "ALTER TABLE toy ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN number serial, \
                    ADD COLUMN token uuid DEFAULT gen_random_uuid(), ADD COLUMN drawn text;\n\
                    CREATE TABLE box (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), toy text);\n\
                    CREATE TABLE lid (box uuid PRIMARY KEY REFERENCES box (id));\n\
                    INSERT INTO box (toy) SELECT id FROM toy;\nINSERT INTO lid SELECT id FROM box;\n\
                    UPDATE toy SET drawn = md5(random()::text);\n\
                    CREATE TABLE kind (id serial PRIMARY KEY, word text);\nINSERT INTO kind (word) SELECT word FROM word;\n\
                    CREATE TABLE of_kind (word text PRIMARY KEY, kind int REFERENCES kind (id));\n\
                    INSERT INTO of_kind SELECT word, id FROM kind;\n";
    check("postgres_defaults", defaults);
    let hidden = "ALTER TABLE toy ADD COLUMN is_late bool, ADD COLUMN first text;\n\
                  UPDATE toy SET is_late = extract(hour FROM made_at) = 23, \
                  first = (SELECT word.word FROM word WHERE word.toy = toy.id LIMIT 1);\n";
    check("postgres_hidden", hidden);
}

#[test]
fn surviving_mutants() {
    let check = |snapshot: &str, toys: &Toys| {
        toys.hold(rehearse(toys, &labels(SOUND)), "mutation", &[], snapshot);
    };
    check("postgres_no_check", &toys(LABEL));
    let some = toys(&format!("{LABEL}ALTER TABLE toy ADD CHECK (label <> '');\n"));
    some.check("toys_have_labels", "-- Catches toys without a label.\nSELECT id FROM toy WHERE label IS NULL;\n");
    check("postgres_half_a_check", &some);
    let all = toys(LABEL);
    check("postgres_whole_check", all.check("labels_are_names", COMPARES));
}

/// A column whose default is the clock is mutated only if the backfill writes it.
#[test]
fn columns_with_a_clock_as_default() {
    let toys = toys(&format!(
        "{LABEL}ALTER TABLE toy ADD COLUMN seen timestamptz DEFAULT now(), ADD COLUMN at timestamptz DEFAULT now();\n"
    ));
    let report = rehearse(&toys, &labels(&format!("{SOUND}, seen = toy.made_at, at = DEFAULT")));
    toys.hold(report, "mutation", &[], "postgres_clocks_alone");
}

/// Concurrent writers, and a backfill with each of the faults. By place, only those that every rehearsal
/// finds, because a lost write showed in fewer of them than by key.
#[test]
#[ignore = "slow"]
fn faults_with_concurrent_writers() {
    faults_in_order(live::UNITS, UnitOrder::Key, live::FAULTS);
    let with_places = live::UNITS.replacen("SELECT ", "SELECT toy.ctid AS \"place\", ", 1);
    let [sound, .., leaves_out] = live::FAULTS else { panic!("too few faults") };
    faults_in_order(with_places.leak(), UnitOrder::Place, &[*sound, *leaves_out]);
}

fn faults_in_order(units: &'static str, order: UnitOrder, faults: &[live::Fault]) {
    for (set, guard, others, problems) in faults {
        let mut toys = Toys::new("postgres", live::CREATE, live::LABEL, &live::fixture());
        toys.traffic = Some(Box::new(live::App::<Postgres>::new()));
        let set = set.replace("{label}", SOUND);
        let write = format!(
            "UPDATE toy SET {set} FROM jsonb_array_elements($1::text::jsonb) AS new (row) WHERE toy.id = new.row ->> 0{guard}"
        );
        let report = || rehearse(&toys, &Labels::new(units, write.clone()).in_order(order));
        live::check(report, &[others, &["mutation"][..]].concat(), problems);
    }
}
