//! A proof that is defined outside the library: a type that implements `Proof`, and an entry in the list of proofs of a
//! rehearsal. It checks whether every table has a primary key.

use super::{Labels, Toys, live};
use futures_util::future::LocalBoxFuture;
use pretty_assertions::assert_eq;
use rehearsal::Error;
use rehearsal::proofs::{Applies, Data, NewProof, Outcome, Proof, ProofRun, Rehearsal};
use rehearsal::registry::Registry;
use rehearsal::report::{Code, Explanation, Failures, Finding, ProofStatus};
use rehearsal::sandbox::NoHost;
use rehearsal::workspace::Workspace;
use sqlx::sqlite::Sqlite;

static FAILURES: Failures = rehearsal::failures!("keys");

static NO_KEY: Code = Code::error(
    "keys/no-key",
    Explanation {
        meaning: "A table has no primary key.",
        example: "CREATE TABLE word (word TEXT)",
        fix: "Add one.",
        allow: "It cannot be allowed.",
    },
);

struct Keys;

impl Proof for Keys {
    fn name(&self) -> &'static str {
        "keys"
    }

    fn question(&self) -> &'static str {
        "Does every table have a primary key?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&NO_KEY]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.fixture.is_none())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            let scratch = run.start("keys").await?;
            let mut connection = scratch.open().await?;
            run.walk(&scratch, &mut connection).await?;
            let tables = connection.tables().await?;
            connection.close().await?;
            for table in tables.iter().filter(|table| table.key.is_empty()) {
                run.find(Finding::new(&NO_KEY, format!("\"{}\" has no primary key", table.name))).await;
            }
            let mut outcome = Outcome::default();
            outcome.figure("tables", tables.len());
            Ok(outcome)
        })
    }
}

/// One of two entries with the same name would never run.
#[test]
fn entries_of_one_name_are_refused() {
    let toys = Toys::new("sqlite", "-- Toys.\n", "-- Labels.\n", "");
    let workspace = Workspace::read(toys.folder.path()).unwrap();
    let check = |backfills: usize, traffic: usize, expect: &str| {
        let mut registry = Registry::default();
        for _ in 0..backfills {
            registry.backfills.push(Box::new(Labels::<Sqlite>::new("", String::new())));
        }
        for _ in 0..traffic {
            registry.traffic.push(Box::new(live::App::<Sqlite>::new()));
        }
        let told = registry.check(&workspace).map_err(|error| error.to_string());
        assert_eq!(told, if expect.is_empty() { Ok(()) } else { Err(expect.to_owned()) });
    };
    check(1, 1, "");
    check(2, 1, "the registry has two entries for backfill `labels`");
    check(1, 2, "the registry has two entries for traffic `toys`");
    let twice: Vec<NewProof> = vec![|| Box::new(Keys), || Box::new(Keys)];
    let told = Registry { proofs: twice, ..Registry::default() }.check(&workspace).map_err(|error| error.to_string());
    assert_eq!(told, Err("the registry has two entries for proof `keys`".to_owned()));
}

#[test]
fn a_custom_proof() {
    let check = |created: &str, status: ProofStatus, messages: &[&str], tables: u64| {
        let labels = "ALTER TABLE toy ADD COLUMN label TEXT;\n";
        let mut toys = Toys::new("sqlite", created, labels, "");
        toys.proofs = vec![|| Box::new(Keys)];
        let units = "SELECT toy.rowid AS \"cursor\", toy.label IS NULL AS \"pending\", toy.id, toy.name FROM toy";
        let backfill = Labels::<Sqlite>::new(units, "SELECT 1 WHERE $1 IS NULL".to_owned());
        let report = toys.rehearse(&[&backfill], &[], async || Err(NoHost::Absent));
        let [proof] = report.proofs.as_slice() else { panic!("{report:?}") };
        assert_eq!((proof.name, proof.status, proof.figures["tables"].as_u64()), ("keys", status, Some(tables)));
        let found: Vec<_> = report.findings.iter().map(|found| (found.code.name, found.message.as_str())).collect();
        assert_eq!(found, messages.iter().map(|message| ("keys/no-key", *message)).collect::<Vec<_>>());
        assert!(report.findings.iter().all(|found| found.database.is_some() && found.reproduce.is_some()));
    };
    let toy = "-- Toys.\nCREATE TABLE toy (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL);\n";
    check(toy, ProofStatus::Passed, &[], 1);
    let message = "\"word\" has no primary key";
    check(&format!("{toy}CREATE TABLE word (word TEXT);\n"), ProofStatus::Failed, &[message], 2);
}
