//! Laws of a pass, tested on real files: the result is independent of batch size and interruptions, no unit is lost
//! or processed twice, a dry run predicts the execution exactly, and undo reverts it exactly.

use super::*;
use crate::event::{Event, silent};
use crate::ledger::{Counts, Finding, FindingKind, Json, UndoNotes};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use rehearsal_db::{Access, Connection, Durability, Target};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;

/// Doubles numbers. Reports a finding for multiples of three and rejects the number 13. Contains the query of its
/// units.
struct Double(&'static str);

const UNITS: &str = r#"SELECT t.rowid AS "cursor", t.doubled IS NULL AS "pending", t.n FROM t"#;

#[derive(crate::FromRow)]
struct Unit {
    cursor: i64,
    n: i64,
}

impl Backfill for Double {
    type Db = Sqlite;
    type Unit = Unit;
    type Output = (i64, i64);

    fn about(&self) -> About {
        About { scopes: &["n"], undo: Undo::Written, ..About::new("double", "numbers", "number", 1) }
    }

    fn units(&self) -> &'static str {
        self.0
    }

    fn id(&self, unit: &Unit) -> String {
        unit.n.to_string()
    }

    fn transform(&self, unit: &Unit, findings: &mut Findings) -> Result<(i64, i64), Reject> {
        if unit.n == 13 {
            return Err(Reject::new("n", "unlucky"));
        }
        if unit.n % 3 == 0 {
            findings.record(FindingKind::Conflict, "n", "a multiple of three");
        }
        findings.tally("parity", if unit.n % 2 == 0 { "even" } else { "odd" });
        Ok((unit.cursor, unit.n * 2))
    }

    fn describe(&self, unit: &Unit, output: &(i64, i64)) -> String {
        format!("{} → {}", unit.n, output.1)
    }

    async fn write(&self, connection: &mut SqliteConnection, outputs: &[(i64, i64)]) -> Result<Written, sqlx::Error> {
        let update = "UPDATE t SET doubled = new.value ->> 1, writes = writes + 1 FROM json_each($1) AS new \
                      WHERE t.rowid = new.value ->> 0 AND t.doubled IS NULL";
        let rows = sqlx::query(update).bind(sqlx::types::Json(outputs)).execute(connection).await?.rows_affected();
        let note = |doubled: i64| (doubled % 4 == 0).then(|| Json::exact(&(doubled / 2)));
        let notes = outputs.iter().map(|(_, doubled)| ((doubled / 2).to_string(), note(*doubled))).collect();
        Ok(Written { rows, notes })
    }

    async fn undo(
        &self,
        connection: &mut SqliteConnection,
        units: &[Unit],
        notes: &UndoNotes,
    ) -> Result<Undone, sqlx::Error> {
        let rows: Vec<i64> = units.iter().map(|unit| unit.cursor).collect();
        let noted: Vec<&str> = units.iter().filter_map(|unit| Some(notes.get(&unit.n.to_string())?.as_str())).collect();
        let is_of_these = |id: &String| units.iter().any(|unit| unit.n.to_string() == *id);
        assert!(notes.keys().all(is_of_these), "only notes of these units");
        let note = "UPDATE t SET noted = n WHERE n IN (SELECT value FROM json_each($1))";
        sqlx::query(note).bind(sqlx::types::Json(noted)).execute(&mut *connection).await?;
        let update = "UPDATE t SET doubled = NULL WHERE t.rowid IN (SELECT value FROM json_each($1))";
        Ok(sqlx::query(update).bind(sqlx::types::Json(rows)).execute(connection).await?.rows_affected().into())
    }
}

/// A rowid, its number, and whether it is already doubled.
type Row = (i64, i64, bool);

struct Numbers {
    _folder: TempDir,
    target: Target,
}

impl Numbers {
    async fn new(rows: &[Row]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = rehearsal_db::sqlite::new_file(&folder.path().join("numbers.db"));
        let wait = Duration::from_secs(5);
        let mut connection = Connection::open(&address, Access::Write(Durability::None), wait).await.unwrap();
        let tables = "CREATE TABLE t (n INTEGER NOT NULL, doubled INTEGER, writes INTEGER NOT NULL DEFAULT 0, noted TEXT); \
                      CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP, \
                      success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL); \
                      INSERT INTO _sqlx_migrations VALUES (1, 'numbers', '', TRUE, x'00', 0)";
        connection.execute(tables, &[]).await.unwrap();
        for (rowid, n, done) in rows {
            let doubled = done.then_some(n * 2);
            let insert = "INSERT INTO t (rowid, n, doubled) VALUES ($1, $2, $3)";
            connection.execute(insert, &[(*rowid).into(), (*n).into(), doubled.into()]).await.unwrap();
        }
        connection.close().await.unwrap();
        Self { _folder: folder, target: Target::scratch(address, wait) }
    }

    async fn rows(&self) -> Vec<Vec<rehearsal_db::Value>> {
        let mut connection = self.target.open().await.unwrap();
        let rows =
            connection.query("SELECT rowid, n, doubled, writes FROM t ORDER BY rowid", &[], usize::MAX).await.unwrap();
        connection.close().await.unwrap();
        rows.rows
    }

    /// Makes a pass, interrupted after `interrupt` batches if given. Returns the outcome and the reported findings.
    async fn pass(&self, effect: Effect, batch: u32, interrupt: Option<u64>) -> (Result<Outcome, Error>, Vec<Finding>) {
        let mut pass = Pass::new(effect);
        pass.batch = NonZeroU32::new(batch).unwrap();
        let (stop, found, batches) = (pass.stop.clone(), Mutex::new(Vec::new()), Mutex::new(0));
        let events = |event: Event| match event {
            Event::FindingReported(finding) => found.lock().unwrap().push(finding),
            Event::Batch { .. } => {
                *batches.lock().unwrap() += 1;
                if interrupt == Some(*batches.lock().unwrap()) {
                    stop.request();
                }
            }
            _ => {}
        };
        let outcome = run(&Double(UNITS), &self.target, &pass, &events).await;
        (outcome, found.into_inner().unwrap())
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Numbers at rowids with gaps, some of them negative, some already doubled.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::btree_map(-50..200i64, (14..500i64, any::<bool>()), 0..40)
        .prop_map(|rows| rows.into_iter().map(|(rowid, (n, done))| (rowid, n, done)).collect())
}

/// The counts that do not depend on the batch size.
fn essence(counts: &Counts) -> Counts {
    Counts { batches: 0, ..counts.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn result_is_independent_of_batches(rows in rows(), one in 1..50u32, other in 1..50u32, interrupt in 1..5u64) {
        block_on(async {
            let (whole, cut) = (Numbers::new(&rows).await, Numbers::new(&rows).await);
            let before = whole.rows().await;

            let (predicted, predicted_findings) = whole.pass(Effect::Predict, one, None).await;
            assert_eq!(whole.rows().await, before, "a dry run writes nothing");
            let (done, findings) = whole.pass(Effect::Execute, other, None).await;
            let (predicted, done) = (predicted.unwrap(), done.unwrap());
            assert_eq!(essence(&predicted.counts), essence(&done.counts));
            assert_eq!(predicted_findings, findings);
            assert_eq!(done.counts.units, rows.iter().filter(|(_, _, done)| !done).count() as u64);

            let (mut stopped, mut found) = cut.pass(Effect::Execute, one, Some(interrupt)).await;
            while stopped.as_ref().unwrap().ending == Ending::Stopped {
                // With another batch size. Findings of earlier processes are reported again.
                (stopped, found) = cut.pass(Effect::Execute, other, Some(interrupt)).await;
            }
            let stopped = stopped.unwrap();
            assert_eq!(cut.rows().await, whole.rows().await);
            // If the run was interrupted after its last batch, the next run is new and has no units.
            if stopped.counts.units > 0 {
                assert_eq!(essence(&stopped.counts), essence(&done.counts));
                assert_eq!(found, findings);
            }

            let after = whole.rows().await;
            let again = whole.pass(Effect::Again, one, None).await.0.unwrap();
            assert_eq!((again.counts.units, again.counts.writes), (rows.len() as u64, 0));
            assert_eq!(whole.rows().await, after, "a second run changes nothing");

            let undone = whole.pass(Effect::Undo, one, None).await.0.unwrap();
            assert_eq!(undone.counts.writes, rows.len() as u64);
            assert!(whole.rows().await.iter().all(|row| row[2] == rehearsal_db::Value::Null));
        });
    }
}

#[test]
fn a_reject_stops_the_run_before_its_batch_and_the_next_run_resumes_there() {
    block_on(async {
        let numbers = Numbers::new(&[(1, 1, false), (2, 2, false), (3, 13, false), (4, 4, false)]).await;
        let (predicted, found) = numbers.pass(Effect::Predict, 2, None).await;
        assert_eq!((predicted.unwrap().counts.rejected(), found.len()), (1, 1));

        let error = numbers.pass(Effect::Execute, 2, None).await.0.unwrap_err();
        assert!(matches!(&error, Error::Rejected { committed: 2, rejects, .. } if rejects[0].unit == "13"), "{error}");
        let doubled =
            |rows: Vec<Vec<rehearsal_db::Value>>| rows.iter().map(|row| row[2].to_string()).collect::<Vec<_>>();
        assert_eq!(doubled(numbers.rows().await), ["2", "4", "NULL", "NULL"]);

        let mut connection = numbers.target.open().await.unwrap();
        connection.execute("UPDATE t SET n = 3 WHERE n = 13", &[]).await.unwrap();
        connection.close().await.unwrap();
        let outcome = numbers.pass(Effect::Execute, 2, None).await.0.unwrap();
        assert_eq!((outcome.counts.units, outcome.resumed.map(|resumed| resumed.units)), (4, Some(2)));
        assert_eq!(doubled(numbers.rows().await), ["2", "4", "6", "8"]);
    });
}

#[test]
fn a_row_inserted_before_the_cursor_is_processed() {
    block_on(async {
        let numbers = Numbers::new(&[(10, 1, false), (20, 2, false), (30, 4, false)]).await;
        let stopped = numbers.pass(Effect::Execute, 1, Some(2)).await.0.unwrap();
        assert_eq!(stopped.ending, Ending::Stopped);
        let mut connection = numbers.target.open().await.unwrap();
        connection.execute("INSERT INTO t (rowid, n) VALUES (5, 7)", &[]).await.unwrap();
        connection.close().await.unwrap();
        let predicted = numbers.pass(Effect::Predict, 1, None).await.0.unwrap();
        let outcome = numbers.pass(Effect::Execute, 1, None).await.0.unwrap();
        assert_eq!((essence(&predicted.counts), outcome.counts.units), (essence(&outcome.counts), 4));
        assert!(numbers.rows().await.iter().all(|row| row[2] != rehearsal_db::Value::Null));
    });
}

#[test]
fn after_an_undo_an_interrupted_run_starts_again() {
    block_on(async {
        let numbers = Numbers::new(&[(1, 1, false), (2, 2, false), (3, 4, false)]).await;
        numbers.pass(Effect::Execute, 1, Some(2)).await.0.unwrap();
        numbers.pass(Effect::Undo, 1, None).await.0.unwrap();
        let outcome = numbers.pass(Effect::Execute, 1, None).await.0.unwrap();
        assert_eq!((outcome.resumed, outcome.counts.units), (None, 3));
    });
}

#[test]
fn a_pass_that_cannot_run_writes_nothing() {
    block_on(async {
        let numbers = Numbers::new(&[(1, 1, false)]).await;
        let mut pass = Pass::new(Effect::Execute);
        pass.scope = Scope(vec![("m".to_owned(), "1".to_owned())]);
        assert!(matches!(run(&Double(UNITS), &numbers.target, &pass, &silent).await, Err(Error::UnknownScope { .. })));
        let mut connection = numbers.target.open().await.unwrap();
        connection.execute("DELETE FROM _sqlx_migrations", &[]).await.unwrap();
        let early = run(&Double(UNITS), &numbers.target, &Pass::new(Effect::Execute), &silent).await;
        assert!(matches!(early, Err(Error::TooEarly { from: 1, .. })));
        assert!(!connection.has_table("_rehearsal_runs").await.unwrap(), "the ledger was not created either");
    });
}

#[test]
fn a_failed_read_ends_the_run_after_the_last_good_batch() {
    block_on(async {
        let numbers = Numbers::new(&(1..=10).map(|n| (n, n, false)).collect::<Vec<_>>()).await;
        let mut connection = numbers.target.open().await.unwrap();
        connection.execute("UPDATE t SET n = x'00' WHERE rowid = 5", &[]).await.unwrap();
        for batch in [1, 2, 3, 4] {
            let error = numbers.pass(Effect::Execute, batch, None).await.0.unwrap_err();
            let Error::Statement { what, committed, .. } = &error else { panic!("{error}") };
            assert_eq!(what, "reading the number at 5");
            let filled = connection.query("SELECT count(doubled) FROM t", &[], 1).await.unwrap();
            assert_eq!(filled.scalar().and_then(rehearsal_db::Value::as_int), i64::try_from(*committed).ok());
            let state = connection
                .query("SELECT state, counts ->> 'units' FROM _rehearsal_runs ORDER BY run DESC", &[], 1)
                .await
                .unwrap();
            assert_eq!(state.rows[0][0].to_string(), "failed");
            assert_eq!(state.rows[0][1].to_string(), committed.to_string());
        }
        connection.close().await.unwrap();
    });
}

#[test]
fn invalid_unit_queries_are_refused() {
    let check = |units: &'static str, expect: &str| {
        block_on(async {
            let numbers = Numbers::new(&[(1, 1, false), (2, 2, false), (3, 3, false)]).await;
            let mut pass = Pass::new(Effect::Execute);
            pass.batch = NonZeroU32::MIN;
            let error = run(&Double(units), &numbers.target, &pass, &silent).await.unwrap_err();
            let Error::Statement { why, .. } = &error else { panic!("{error}") };
            assert!(why.contains(expect), "{why}");
        });
    };
    check(
        r#"SELECT t.rowid AS "cursor", t.doubled = 0 AS "pending", t.n FROM t"#,
        "\"pending\" is NULL for 3 of the units",
    );
    check(r#"SELECT 1 AS "cursor", t.doubled IS NULL AS "pending", t.n FROM t"#, "two units share this \"cursor\"");
    check(r#"SELECT t.rowid AS "cursor", "doubld" IS NULL AS "pending", t.n FROM t"#, "no such column: doubld");
}

/// Every doubled number inserts another one at the end: a run up to the last unit would never end.
#[test]
fn a_run_ends_although_rows_keep_arriving() {
    block_on(async {
        let numbers =
            Numbers::new(&[(1, 14, false), (2, 15, false), (3, 16, false), (4, 17, false), (5, 18, false)]).await;
        let mut connection = numbers.target.open().await.unwrap();
        let trigger = "CREATE TRIGGER more AFTER UPDATE OF doubled ON t WHEN old.doubled IS NULL BEGIN \
                       INSERT INTO t (rowid, n) SELECT max(rowid) + 1, new.n + 5 FROM t; END";
        connection.execute(trigger, &[]).await.unwrap();
        connection.close().await.unwrap();
        for batch in [1, 2, 10] {
            let before = numbers.rows().await.iter().filter(|row| row[2] == rehearsal_db::Value::Null).count() as u64;
            let run = numbers.pass(Effect::Execute, batch, None);
            let outcome = tokio::time::timeout(Duration::from_secs(60), run).await.expect("endless run").0.unwrap();
            // The initial units, and three more rounds of inserted ones.
            assert_eq!((outcome.ending, outcome.counts.units), (Ending::Finished, 4 * before));
            let predicted = numbers.pass(Effect::Predict, batch, None).await.0.unwrap();
            assert_eq!(predicted.counts.units, before, "the next run processes the remaining units");
        }
    });
}

#[test]
fn undo_receives_the_notes_of_its_units() {
    block_on(async {
        let rows: Vec<Row> = (14..24).map(|n| (n, n, n == 22)).collect();
        let numbers = Numbers::new(&rows).await;
        let texts = async |sql: &str| {
            let mut connection = numbers.target.open().await.unwrap();
            let rows = connection.query(sql, &[], usize::MAX).await.unwrap().rows;
            connection.close().await.unwrap();
            rows.iter().map(|row| row[0].as_text().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let notes = "SELECT unit || ':' || note FROM _rehearsal_undo_notes ORDER BY unit";
        let noted = "SELECT CAST(n AS TEXT) FROM t WHERE noted IS NOT NULL ORDER BY n";
        // Interrupted after the first batch: its notes are committed with it.
        numbers.pass(Effect::Execute, 3, Some(1)).await.0.unwrap();
        assert_eq!(texts(notes).await, ["14:14", "16:16"]);
        numbers.pass(Effect::Execute, 3, None).await.0.unwrap();
        assert_eq!(texts(notes).await, ["14:14", "16:16", "18:18", "20:20"]);
        // The next change of a unit replaces its note; a pass without a ledger stores none.
        numbers.pass(Effect::Again, 3, None).await.0.unwrap();
        texts("UPDATE t SET doubled = NULL WHERE n = 16 RETURNING 'x'").await;
        numbers.pass(Effect::Execute, 3, None).await.0.unwrap();
        assert_eq!(texts(notes).await, ["14:14", "16:16", "18:18", "20:20"]);
        let none: [&str; 0] = [];
        numbers.pass(Effect::Undo, 4, None).await.0.unwrap();
        assert_eq!(
            (texts(notes).await, texts(noted).await),
            (none.map(str::to_owned).to_vec(), ["14", "16", "18", "20"].map(str::to_owned).to_vec())
        );
    });
}

/// A note of an earlier change would be wrong after a new one.
#[test]
fn a_change_without_a_note_removes_the_previous_note() {
    block_on(async {
        let numbers = Numbers::new(&[(1, 14, false), (2, 15, false)]).await;
        numbers.pass(Effect::Execute, 1, None).await.0.unwrap();
        let mut connection = numbers.target.open().await.unwrap();
        let change = "UPDATE _rehearsal_undo_notes SET unit = '15'; UPDATE t SET doubled = NULL WHERE n = 15";
        connection.execute(change, &[]).await.unwrap();
        numbers.pass(Effect::Execute, 1, None).await.0.unwrap();
        let left = connection.query("SELECT count(*) FROM _rehearsal_undo_notes", &[], 1).await.unwrap();
        assert_eq!(left.scalar().and_then(rehearsal_db::Value::as_int), Some(0));
        connection.close().await.unwrap();
    });
}
