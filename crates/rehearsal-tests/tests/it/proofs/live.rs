//! Faults that only concurrent writers reveal: an app labels toys that it creates or changes, and the backfill
//! labels the others, with a guard in its statement or without one.

use super::{Labels, Toys, failed};
use pretty_assertions::assert_eq;
use rehearsal::backfill::AnyBackfill;
use rehearsal::generate::Draw;
use rehearsal::proofs::{Failure, Held, Traffic, Written};
use rehearsal::report::{DatabaseReport, ProofReport, ProofStatus};
use rehearsal::sandbox::NoHost;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use std::fmt::Write;
use std::marker::PhantomData;

/// Toys with a name in capitals and, from the second version on, a label. This SQL is valid on both engines.
pub(crate) const CREATE: &str = "-- Toys.
CREATE TABLE toy (number integer PRIMARY KEY, id text NOT NULL UNIQUE, name text NOT NULL);\n";
pub(crate) const LABEL: &str = "ALTER TABLE toy ADD COLUMN label text;\n";
pub(crate) const UNITS: &str =
    "SELECT toy.number AS \"cursor\", toy.label IS NULL AS \"pending\", toy.id, toy.name FROM toy";

pub(crate) fn fixture() -> String {
    let mut sql = String::new();
    for n in 0..120 {
        writeln!(sql, "INSERT INTO toy VALUES ({n}, 'toy-{n:03}', 'NAME {n}');").unwrap();
    }
    sql
}

/// The traffic of an app that stores toys.
pub(crate) struct App<Db>(PhantomData<fn() -> Db>);

impl<Db> App<Db> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

pub(crate) fn held(what: &str, value: &str) -> Held {
    Held::from([(what.to_owned(), Some(value.to_owned()))])
}

pub(crate) fn key(draw: &mut Draw) -> (i32, String) {
    let number = draw.below(2_000_000_000) as i32 + 1000;
    (number, format!("new-{number}"))
}

macro_rules! app {
    ($db:ty, $connection:ty) => {
        impl Traffic for App<$db> {
            type Db = $db;

            fn database(&self) -> &'static str {
                "toys"
            }

            fn units(&self) -> &'static str {
                "SELECT toy.id FROM toy"
            }

            async fn create(&self, connection: &mut $connection, draw: &mut Draw) -> Result<Written, Failure> {
                let (number, id) = key(draw);
                let insert = "INSERT INTO toy (number, id, name, label) VALUES ($1, $2, 'NEW', 'the app: new')";
                sqlx::query(insert).bind(number).bind(&id).execute(connection).await?;
                Ok(Written { id, holds: held("label", "the app: new") })
            }

            async fn create_old(
                &self,
                connection: &mut $connection,
                _: &str,
                draw: &mut Draw,
            ) -> Result<Written, Failure> {
                let (number, id) = key(draw);
                let insert = "INSERT INTO toy (number, id, name) VALUES ($1, $2, 'OLD')";
                sqlx::query(insert).bind(number).bind(&id).execute(connection).await?;
                Ok(Written { id, holds: held("name", "OLD") })
            }

            /// Changes either the name or the label.
            async fn change(
                &self,
                connection: &mut $connection,
                toy: &Written,
                draw: &mut Draw,
            ) -> Result<Held, Failure> {
                let (what, value) = match draw.once_in(2) {
                    true => ("name", format!("AL {}", draw.below(1_000_000))),
                    false => ("label", format!("the app: {}", draw.below(1_000_000))),
                };
                let update = AssertSqlSafe(format!("UPDATE toy SET {what} = $1 WHERE id = $2"));
                sqlx::query(update).bind(&value).bind(&toy.id).execute(connection).await?;
                Ok(held(what, &value))
            }

            async fn delete(&self, connection: &mut $connection, id: &str) -> Result<(), Failure> {
                sqlx::query("DELETE FROM toy WHERE id = $1").bind(id).execute(connection).await?;
                Ok(())
            }

            async fn read(&self, connection: &mut $connection, id: &str) -> Result<Option<Held>, Failure> {
                let read = sqlx::query_as("SELECT name, label FROM toy WHERE id = $1").bind(id);
                let toy: Option<(String, Option<String>)> = read.fetch_optional(connection).await?;
                Ok(toy.map(|(name, label)| [("name".to_owned(), Some(name)), ("label".to_owned(), label)].into()))
            }
        }
    };
}

app!(Sqlite, SqliteConnection);
app!(Postgres, PgConnection);

/// A fault shows only if a writer acts between a read and its write, which depends on chance. One of five
/// rehearsals must find it, and none may find anything else.
pub(crate) fn check(rehearse: impl Fn() -> DatabaseReport, others: &[&str], expect: &[(&str, &str)]) {
    assert!((0..5).any(|_| is_seen(&rehearse(), others, expect)), "no rehearsal found {expect:?}");
}

/// Compares the findings of the proof with the expected messages, each with a part of its first detail. Of the
/// other proofs, exactly `others` must fail. False if the app wrote too little, or if an expected finding is
/// missing.
fn is_seen(report: &DatabaseReport, others: &[&str], expect: &[(&str, &str)]) -> bool {
    assert_eq!(failed(report, "concurrent"), others, "{report:?}");
    let concurrent: Vec<&ProofReport> = report.proofs.iter().filter(|proof| proof.name == "concurrent").collect();
    let [proof] = concurrent.as_slice() else { panic!("{concurrent:?}") };
    let figures = &proof.figures["labels"];
    let [p50, p99, max] = ["p50", "p99", "max"].map(|name| figures["wait_ms"][name].as_f64().unwrap());
    assert!(p50 <= p99 && p99 <= max, "{figures:?}");
    assert_eq!(
        proof.not_covered.is_empty(),
        figures["during"].as_u64().unwrap() >= 20,
        "fewer than 20 concurrent writes must be reported as not covered: {proof:?}"
    );
    let told: Vec<(&str, &str)> =
        report.findings_of(proof).map(|found| (found.message.as_str(), found.details[0].as_str())).collect();
    assert!(told.len() <= expect.len(), "{told:?}");
    for (message, line) in &told {
        let is_it = |(sentence, part): &&(&str, &str)| message == sentence && line.contains(part);
        assert!(expect.iter().any(|one| is_it(&one)), "{told:?}");
    }
    // Every kind of write occurred.
    proof.not_covered.is_empty() && figures["writes"].as_object().unwrap().len() == 4 && told.len() == expect.len()
}

/// A `SET` clause, its guard, the other proofs that fail, and the findings of the proof *concurrent*.
pub(crate) type Fault = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

/// Faulty statements of a backfill; the first one is sound.
pub(crate) const FAULTS: &[Fault] = &[
    ("label = {label}", " AND toy.label IS NULL", &[], &[]),
    // No guard.
    ("label = {label}", "", &["idempotent"], &[(STAYS, "label was written as `the app: ")]),
    // Writes the whole row as it was read: no other proof finds this.
    ("label = {label}, name = {label}", " AND toy.label IS NULL", &[], &[(STAYS, "name was written as `AL ")]),
    // Leaves out every tenth toy; the app fills a few of them concurrently.
    (
        "label = {label}",
        " AND toy.label IS NULL AND toy.number % 10 <> 3",
        &[],
        &[
            ("labels skips a toy that was pending before it ran", " is still pending"),
            ("the next run of labels skips a toy that was inserted concurrently", " is still pending"),
        ],
    ),
];

const STAYS: &str = "writes of the app are lost while labels runs";

fn toys() -> Toys {
    let mut toys = Toys::new("sqlite", CREATE, LABEL, &fixture());
    toys.traffic = Some(Box::new(App::<Sqlite>::new()));
    toys
}

fn rehearse(toys: &Toys, set: &str, guard: &str) -> DatabaseReport {
    let set = set.replace("{label}", "new.value ->> 1");
    let write = format!("UPDATE toy SET {set} FROM json_each($1) AS new WHERE toy.id = new.value ->> 0{guard}");
    let backfill: &dyn AnyBackfill = &Labels::<Sqlite>::new(UNITS, write);
    toys.rehearse(&[backfill], &[], async || Err(NoHost::Absent))
}

#[test]
fn faults() {
    for (set, guard, others, problems) in FAULTS {
        // No check covers labels here.
        check(|| rehearse(&toys(), set, guard), &[others, &["mutation"][..]].concat(), problems);
    }
}

/// A wait above the limit is a finding that contains the measured times.
#[test]
fn long_waits() {
    let toys = toys();
    toys.write("migrations/toys/rehearsal.toml", "engine = \"sqlite\"\nmax_wait_ms = 0\n");
    let (set, guard, ..) = FAULTS[0];
    toys.hold(rehearse(&toys, set, guard), "concurrent", &["mutation"], "live_waits");
}

/// Without traffic the proof observes nothing, so it is incomplete.
#[test]
fn incomplete_without_traffic() {
    let mut toys = toys();
    toys.traffic = None;
    let (set, guard, ..) = FAULTS[0];
    let report = rehearse(&toys, set, guard);
    let [proof] = report.proofs.iter().filter(|proof| proof.name == "concurrent").collect::<Vec<_>>()[..] else {
        panic!("{report:?}")
    };
    assert_eq!(proof.status, ProofStatus::Incomplete);
    let expect = "the app did not write while the backfills ran, because its traffic is not defined: define it in xtask/src/traffic/toys.rs";
    assert_eq!(proof.not_covered, [expect]);
    assert_eq!(report.incomplete.as_deref(), Some(format!("proof concurrent\n{expect}").as_str()));
}

/// An app that gives the number of a deleted toy to the next one, as SQLite does with the greatest rowid.
struct Reusing(App<Sqlite>);

impl Traffic for Reusing {
    type Db = Sqlite;

    fn database(&self) -> &'static str {
        Traffic::database(&self.0)
    }

    fn units(&self) -> &'static str {
        Traffic::units(&self.0)
    }

    async fn create(&self, connection: &mut SqliteConnection, _: &mut Draw) -> Result<Written, Failure> {
        let insert = "INSERT INTO toy (number, id, name, label)
                      SELECT min(number) + 1, printf('toy-%03d', min(number) + 1), 'NEW', 'the app: new'
                      FROM toy WHERE number + 1 NOT IN (SELECT number FROM toy) RETURNING id";
        let id = sqlx::query_scalar(insert).fetch_one(connection).await?;
        Ok(Written { id, holds: held("label", "the app: new") })
    }

    async fn create_old(
        &self,
        connection: &mut SqliteConnection,
        backfill: &str,
        draw: &mut Draw,
    ) -> Result<Written, Failure> {
        self.0.create_old(connection, backfill, draw).await
    }

    async fn change(&self, connection: &mut SqliteConnection, toy: &Written, draw: &mut Draw) -> Result<Held, Failure> {
        self.0.change(connection, toy, draw).await
    }

    async fn delete(&self, connection: &mut SqliteConnection, id: &str) -> Result<(), Failure> {
        Traffic::delete(&self.0, connection, id).await
    }

    async fn read(&self, connection: &mut SqliteConnection, id: &str) -> Result<Option<Held>, Failure> {
        Traffic::read(&self.0, connection, id).await
    }
}

/// A new toy with the number of a deleted one is not a deleted one that exists.
#[test]
fn reused_ids() {
    let mut toys = toys();
    toys.traffic = Some(Box::new(Reusing(App::new())));
    let (set, guard, ..) = FAULTS[0];
    assert!(is_seen(&rehearse(&toys, set, guard), &["mutation"], &[]));
}
