//! The ledger on real databases of both engines: every transition from every state, and tables that an earlier
//! version of rehearsal created.

use crate::suite::with_pets;
use pretty_assertions::assert_eq;
use rehearsal::db::{Address, Connection, Engine, Target};
use rehearsal::ledger::{self, By, RunState, Transition};
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, unique, url};
use rehearsal_tests::workspace::{PETS, TRAITS};
use std::time::Duration;

/// Makes every transition from every state. The row, the returned state and the log must agree.
fn transitions(target: &Target) {
    block(async {
        let mut connection = target.open().await.unwrap();
        ledger::complete(&mut connection).await.unwrap();
        let by = By { who: "momo@laptop".to_owned(), version: "3f2a".to_owned() };
        for transition in Transition::ALL {
            for state in RunState::ALL {
                let run = run_in(&mut connection, state).await;
                let (from, to) = transition.way();
                let expected = from.contains(&state).then_some(to);
                let moved = ledger::transition(&mut connection, run, transition, &by).await.unwrap();
                assert_eq!(moved, expected, "{transition:?} from {state:?}");
                assert_eq!(ledger::state(&mut connection, run).await.unwrap(), expected.unwrap_or(state));
                let told = ledger::run_records(&mut connection).await.unwrap();
                let log = &told.iter().find(|told| told.run == run).unwrap().log;
                let logged: Vec<_> = log.iter().map(|entry| (&*entry.who, &*entry.version, &*entry.did)).collect();
                let expected = expected.map(|_| ("momo@laptop", "3f2a", transition.did()));
                assert_eq!(logged, Vec::from_iter(expected), "{transition:?} from {state:?}");
            }
        }
        connection.close().await.unwrap();
    });
}

async fn run_in(connection: &mut Connection, state: RunState) -> i64 {
    let counts = serde_json::to_string(&ledger::Counts::default()).unwrap();
    let insert = "INSERT INTO _rehearsal_runs (backfill, work, scope, state, counts, version) \
                  VALUES ('x', 'execute', '{}', $1, $2, '1') RETURNING run";
    let inserted = connection.query(insert, &[state.as_str().into(), counts.into()], 1).await.unwrap();
    inserted.scalar().and_then(rehearsal::db::Value::as_int).unwrap()
}

#[test]
fn every_transition_from_every_state() {
    let folder = tempfile::tempdir().unwrap();
    let address = Address::parse(Engine::Sqlite, &format!("sqlite:{}/x.db?mode=rwc", folder.path().display())).unwrap();
    transitions(&Target::real(address, Duration::from_secs(5)));

    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    let address = Address::parse(Engine::Postgres, &url(&name)).unwrap();
    transitions(&Target::real(address, Duration::from_secs(5)));
}

/// An earlier version of rehearsal left a run unfinished: its counts stay, and a new run does the rest.
#[test]
fn a_ledger_of_an_earlier_version() {
    let workspace = with_pets(TRAITS);
    workspace.succeed("backfill pet_traits --execute --batch 40 --record report.json");
    workspace.execute(
        r#"UPDATE "Pet" SET "traits" = NULL WHERE rowid > 40;
           DROP TABLE _rehearsal_undo_notes; DROP TABLE _rehearsal_log; DROP TABLE _rehearsal_ranges; DROP TABLE _rehearsal_findings; DROP TABLE _rehearsal_runs;
           CREATE TABLE _rehearsal_runs (
               run INTEGER PRIMARY KEY NOT NULL, backfill TEXT NOT NULL, work TEXT NOT NULL, scope TEXT NOT NULL,
               state TEXT NOT NULL, cursor TEXT, counts TEXT NOT NULL, version TEXT NOT NULL,
               started_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
           INSERT INTO _rehearsal_runs (backfill, work, scope, state, cursor, counts, version)
           VALUES ('pet_traits', 'execute', '{}', 'running', '40',
                   '{"units":40,"writes":40,"unchanged":0,"batches":1,"findings":{},"tallies":{}}', '0.1.0');"#,
    );
    let left = workspace.query(r#"SELECT count(*) FROM "Pet" WHERE "traits" IS NULL"#);
    assert!(left[0].parse::<u32>().unwrap() > 0);
    for looks in ["backfill pet_traits", "backfill pet_traits --status", "migrate pets --status"] {
        workspace.succeed(looks);
    }
    let asked = workspace.run("backfill pet_traits --pause");
    assert!(asked.stdout.contains("no process is working on it"), "{}", asked.text());
    workspace.succeed("backfill pet_traits --execute --record report.json");
    let runs = workspace.query("SELECT state || ' ' || (counts ->> '$.units') FROM _rehearsal_runs ORDER BY run");
    assert_eq!(runs, ["superseded 40".to_owned(), format!("finished {}", left[0])]);
    assert_eq!(
        rehearsal_tests::database::query(&workspace.path(PETS), r#"SELECT count(*) FROM "Pet" WHERE "traits" IS NULL"#),
        ["0"]
    );
}
