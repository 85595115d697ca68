//! Several backfills of one database: toys get labels, and then tags that follow from the labels. Each fault is in one of
//! the two; the proofs must blame that one.

use super::live::{CREATE, LABEL, UNITS, fixture, held, key};
use super::{Labels, Toys};
use pretty_assertions::assert_eq;
use rehearsal::generate::Draw;
use rehearsal::proofs::{Failure, Held, Traffic, Written};
use rehearsal::report::DatabaseReport;
use rehearsal::sandbox::NoHost;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{Sqlite, SqliteConnection};

/// The version that adds the tags.
const TAGS: i64 = 20_250_929_090_000;
const TAG: &str = "ALTER TABLE toy ADD COLUMN tag text;\n";
/// Toys whose label a tag can follow from.
const LABELLED: &str = "SELECT toy.number AS \"cursor\", toy.tag IS NULL AND toy.label IS NOT NULL AS \"pending\", toy.id, \
                        coalesce(toy.label, '') AS name FROM toy";

/// How old the code is that creates toys for a backfill to fill.
#[derive(Debug, Clone, Copy)]
enum Old {
    /// Older than the backfill that runs.
    One,
    /// Older than both backfills.
    Both,
}

/// The traffic of an app that stores toys with labels and tags.
struct App(Old);

impl Traffic for App {
    type Db = Sqlite;

    fn database(&self) -> &'static str {
        "toys"
    }

    fn units(&self) -> &'static str {
        "SELECT toy.id FROM toy"
    }

    async fn create(&self, connection: &mut SqliteConnection, draw: &mut Draw) -> Result<Written, Failure> {
        let (number, id) = key(draw);
        let insert = "INSERT INTO toy (number, id, name, label, tag) VALUES ($1, $2, 'NEW', 'LABEL', 'TAG')";
        sqlx::query(insert).bind(number).bind(&id).execute(connection).await?;
        Ok(Written { id, holds: held("tag", "TAG") })
    }

    async fn create_old(
        &self,
        connection: &mut SqliteConnection,
        backfill: &str,
        draw: &mut Draw,
    ) -> Result<Written, Failure> {
        let (number, id) = key(draw);
        let label = match (backfill, self.0) {
            ("tags", Old::One) => Some("OLD"),
            _ => None,
        };
        let insert = "INSERT INTO toy (number, id, name, label) VALUES ($1, $2, 'OLD', $3)";
        sqlx::query(insert).bind(number).bind(&id).bind(label).execute(connection).await?;
        Ok(Written { id, holds: held("name", "OLD") })
    }

    async fn change(&self, connection: &mut SqliteConnection, toy: &Written, draw: &mut Draw) -> Result<Held, Failure> {
        let (what, value) = (draw.one_of(&["name", "label", "tag"]), format!("APP {}", draw.below(1_000_000)));
        let update = AssertSqlSafe(format!("UPDATE toy SET {what} = $1 WHERE id = $2"));
        sqlx::query(update).bind(&value).bind(&toy.id).execute(connection).await?;
        Ok(held(what, &value))
    }

    async fn delete(&self, connection: &mut SqliteConnection, id: &str) -> Result<(), Failure> {
        sqlx::query("DELETE FROM toy WHERE id = $1").bind(id).execute(connection).await?;
        Ok(())
    }

    async fn read(&self, connection: &mut SqliteConnection, id: &str) -> Result<Option<Held>, Failure> {
        let read = sqlx::query_as("SELECT name, label, tag FROM toy WHERE id = $1").bind(id);
        let toy: Option<(String, Option<String>, Option<String>)> = read.fetch_optional(connection).await?;
        let values = |(name, label, tag)| [("name", Some(name)), ("label", label), ("tag", tag)];
        Ok(toy.map(|toy| values(toy).map(|(what, value)| (what.to_owned(), value)).into()))
    }
}

fn toys(old: Old) -> Toys {
    let mut toys = Toys::new("sqlite", CREATE, LABEL, &fixture());
    toys.write(&format!("migrations/toys/{TAGS}_tags.up.sql"), TAG);
    toys.traffic = Some(Box::new(App(old)));
    toys
}

/// The statements of a sound backfill of labels, and of one of tags.
const SOUND: [&str; 2] = ["label = new.value ->> 1 | AND label IS NULL", "tag = new.value ->> 1 | AND tag IS NULL"];

/// Rehearses both backfills; each is a `SET` clause and a guard.
fn rehearse(toys: &Toys, sets: [&str; 2]) -> DatabaseReport {
    let write = |set: &str| {
        let (set, guard) = set.split_once(" | ").unwrap_or((set, ""));
        format!("UPDATE toy SET {set} FROM json_each($1) AS new WHERE toy.id = new.value ->> 0 {guard}")
    };
    let labels = Labels::<Sqlite>::new(UNITS, write(sets[0]));
    let tags = Labels::<Sqlite>::new(LABELLED, write(sets[1])).named("tags", TAGS);
    toys.rehearse(&[&labels, &tags], &[], async || Err(NoHost::Absent))
}

/// The findings of *concurrent*: the message, then the step.
fn told(report: &DatabaseReport) -> Vec<String> {
    let proof = report.proofs.iter().find(|proof| proof.name == "concurrent").unwrap();
    report.findings_of(proof).map(|it| format!("{}; {}", it.message, it.step.as_deref().unwrap_or_default())).collect()
}

/// A fault shows only if a writer acts between a read and its write: one of five rehearsals must find it.
fn check(old: Old, sets: [&str; 2], expect: &[&str]) {
    let toys = toys(old);
    toys.check(
        "labels",
        "-- Catches labels that are not in capitals.\nSELECT id FROM toy WHERE label <> upper(label);",
    );
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen = told(&rehearse(&toys, sets));
        if seen == expect {
            return;
        }
        assert!(seen.iter().all(|it| expect.contains(&it.as_str())), "{seen:?}");
    }
    assert_eq!(seen, expect);
}

#[test]
fn the_right_one_is_blamed() {
    let [labels, tags] = SOUND;
    check(Old::One, SOUND, &[]);
    check(Old::Both, SOUND, &[]);
    // A backfill overwrites what the app wrote.
    let lost =
        |name: &str| format!("writes of the app are lost while {name} runs; run backfill {name} while the app writes");
    check(Old::One, ["label = new.value ->> 1", tags], &[&lost("labels")]);
    check(Old::Both, [labels, "tag = new.value ->> 1"], &[&lost("tags")]);
    check(Old::One, [labels, "tag = new.value ->> 1, label = new.value ->> 1 | AND tag IS NULL"], &[&lost("tags")]);
    // Only toys that are inserted while a backfill runs get a wrong label, which a check reports at the end.
    let red =
        |name: &str, n: &str| format!("check labels found {n}; run the checks after {name} ran while the app wrote");
    let low = "label = CASE name WHEN 'OLD' THEN 'old' ELSE new.value ->> 1 END";
    let report = |sets| {
        let toys = toys(Old::Both);
        toys.check(
            "labels",
            "-- Catches labels that are not in capitals.\nSELECT 1 FROM toy WHERE label <> upper(label) LIMIT 1;",
        );
        told(&rehearse(&toys, sets))
    };
    let wrong = format!("{low} | AND label IS NULL");
    let blamed = report([&wrong, tags]);
    assert_eq!(blamed.last(), Some(&red("labels", "1 offending row")), "{blamed:?}");
    let wrong = format!("tag = new.value ->> 1, {low} | AND tag IS NULL");
    let blamed = report([labels, &wrong]);
    assert_eq!(blamed.last(), Some(&red("tags", "1 offending row")), "{blamed:?}");
}

/// A mutated column belongs to the backfill that wrote it, and the suggested check starts where the column exists.
#[test]
fn a_column_belongs_to_the_backfill_that_wrote_it() {
    let check = |snapshot: &str, arrange: &dyn Fn(&Toys), sets: [&str; 2]| {
        let toys = Toys { traffic: None, ..toys(Old::One) };
        arrange(&toys);
        toys.hold(rehearse(&toys, sets), "mutation", &[], snapshot);
    };
    let labels = |toys: &Toys| {
        toys.check("labels", "-- Catches wrong labels.\nSELECT id FROM toy WHERE label IS NOT upper(name);");
    };
    let tags = |toys: &Toys| {
        let sql = "-- Catches wrong tags.\nSELECT id FROM toy WHERE tag IS NOT label;";
        toys.write("migrations/toys/checks/tags.sql", &format!("-- from: {TAGS}\n{sql}"));
    };
    check(
        "several_sound",
        &|toys| {
            labels(toys);
            tags(toys);
        },
        SOUND,
    );
    check("several_tags_unchecked", &labels, SOUND);
    check("several_labels_unchecked", &tags, SOUND);
    // The second backfill overwrites what the first one wrote.
    let overwritten = ["label = 'draft' | AND label IS NULL", "tag = 'tag', label = upper(name) | AND tag IS NULL"];
    check("several_overwritten", &|_| (), overwritten);
    // A later migration adds a column that the first backfill fills through a trigger.
    let trigger = |toys: &Toys| {
        labels(toys);
        tags(toys);
        let trigger = "ALTER TABLE toy ADD COLUMN seen text;
CREATE TRIGGER seen AFTER UPDATE OF label ON toy BEGIN UPDATE toy SET seen = 'of ' || name WHERE id = NEW.id; END;\n";
        toys.write(&format!("migrations/toys/{TAGS}_tags.up.sql"), &format!("{TAG}{trigger}"));
    };
    check("several_trigger", &trigger, SOUND);
}
