//! What writers beside a backfill find: an app labels toys when it makes or renames them, and the backfill labels the others,
//! with a guard or without one.

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

/// Toys with a name in capitals and, from the second version on, a label. SQL that both engines take.
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

/// An app with toys.
pub(crate) struct App<Db>(PhantomData<fn() -> Db>);

impl<Db> App<Db> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

fn held(what: &str, value: &str) -> Held {
    Held::from([(what.to_owned(), Some(value.to_owned()))])
}

fn key(draw: &mut Draw) -> (i32, String) {
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

            async fn create_old(&self, connection: &mut $connection, draw: &mut Draw) -> Result<Written, Failure> {
                let (number, id) = key(draw);
                let insert = "INSERT INTO toy (number, id, name) VALUES ($1, $2, 'OLD')";
                sqlx::query(insert).bind(number).bind(&id).execute(connection).await?;
                Ok(Written { id, holds: held("name", "OLD") })
            }

            /// Gives it a name or a label, and leaves the other one alone.
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

/// A fault shows where a writer comes between a read and its write, which is chance on a machine that does other things, too:
/// it has to be seen in one of a few rehearsals, and nothing else in any of them.
pub(crate) fn check(rehearse: impl Fn() -> DatabaseReport, others: &[&str], expect: &[(&str, &str)]) {
    assert!((0..5).any(|_| is_seen(&rehearse(), others, expect)), "nobody saw {expect:?}");
}

/// Holds the findings of the proof against what is expected, each with a part of its first detail; the other proofs pass, but
/// for those that are named. False where too little was written, or nothing came of it.
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
        "too little is told: {proof:?}"
    );
    let told: Vec<(&str, &str)> =
        report.findings_of(proof).map(|found| (found.message.as_str(), found.details[0].as_str())).collect();
    assert!(told.len() <= expect.len(), "{told:?}");
    for (message, line) in &told {
        let is_it = |(sentence, part): &&(&str, &str)| message == sentence && line.contains(part);
        assert!(expect.iter().any(|one| is_it(&one)), "{told:?}");
    }
    // Of every kind of write there was one.
    proof.not_covered.is_empty() && figures["writes"].as_object().unwrap().len() == 4 && told.len() == expect.len()
}

/// What a backfill's statement sets and where, which other proofs fail for that, and what this one tells.
pub(crate) type Fault = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

/// What may be wrong with a backfill; the first is sound.
pub(crate) const FAULTS: &[Fault] = &[
    ("label = {label}", " AND toy.label IS NULL", &[], &[]),
    // Without a guard.
    ("label = {label}", "", &["idempotent"], &[(STAYS, "label was written as `the app: ")]),
    // The whole row, as it was read: nobody else finds that.
    ("label = {label}, name = {label}", " AND toy.label IS NULL", &[], &[(STAYS, "name was written as `AL ")]),
    // Some are left out; a few of them the app fills meanwhile.
    (
        "label = {label}",
        " AND toy.label IS NULL AND toy.number % 10 <> 3",
        &[],
        &[
            ("labels leaves out a toy that was there before it ran", " is still pending"),
            ("the next run of labels leaves out a toy that was added meanwhile", " is still pending"),
        ],
    ),
];

const STAYS: &str = "what the app writes while labels runs is lost";

fn toys() -> Toys {
    let mut toys = Toys::new("sqlite", CREATE, LABEL, &fixture());
    toys.traffic = Some(Box::new(App::<Sqlite>::new()));
    toys
}

fn rehearse(toys: &Toys, set: &str, guard: &str) -> DatabaseReport {
    let set = set.replace("{label}", "new.value ->> 1");
    let write = format!("UPDATE toy SET {set} FROM json_each($1) AS new WHERE toy.id = new.value ->> 0{guard}");
    let backfill: &dyn AnyBackfill = &Labels::<Sqlite>::new(UNITS, write);
    toys.rehearse(backfill, &[], async || Err(NoHost::Absent))
}

#[test]
fn faults() {
    for (set, guard, others, problems) in FAULTS {
        // No check looks at labels here.
        check(|| rehearse(&toys(), set, guard), &[others, &["mutation"][..]].concat(), problems);
    }
}

/// A wait that is too long is told with what was measured.
#[test]
fn waits() {
    let toys = toys();
    toys.write("migrations/toys/rehearsal.toml", "engine = \"sqlite\"\nmax_wait_ms = 0\n");
    let (set, guard, ..) = FAULTS[0];
    toys.hold(rehearse(&toys, set, guard), "concurrent", &["mutation"], "live_waits");
}

/// A backfill of a database without traffic: nothing was seen, and that is said.
#[test]
fn nobody_writes() {
    let mut toys = toys();
    toys.traffic = None;
    let (set, guard, ..) = FAULTS[0];
    let report = rehearse(&toys, set, guard);
    let [proof] = report.proofs.iter().filter(|proof| proof.name == "concurrent").collect::<Vec<_>>()[..] else {
        panic!("{report:?}")
    };
    assert_eq!(proof.status, ProofStatus::Incomplete);
    let expect = "nobody wrote while the backfills ran: write what the app does into xtask/src/traffic/toys.rs";
    assert_eq!(proof.not_covered, [expect]);
    assert_eq!(report.incomplete.as_deref(), Some(format!("proof concurrent\n{expect}").as_str()));
}
