//! The generated rows on which a migration works ([`with_passing_rows`]), after it failed on all of them: rows are added in
//! halves, each in a transaction that is rolled back.

use super::seeded_database::{EmptyTwin, SeededDatabase};
use crate::Error;
use crate::generate::rows::{Insert, RowProfile};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::proofs::kit::seeds::{Seeds, Tables, Wanted, Words};
use crate::proofs::kit::timeline::Step;
use rehearsal_db::Connection;
use std::collections::{BTreeSet, VecDeque};

/// The most attempts to apply a migration.
const TRIES: usize = 40;

/// Returns a database before a migration, with the generated rows on which it works. These are ordinary rows if it
/// cannot be tried in a transaction, or depends on a backfill.
///
/// # Errors
/// Fails if a database fails.
pub(super) async fn with_passing_rows(
    run: &mut ProofRun<'_>,
    twin: &EmptyTwin,
    migration: &Migration,
) -> Result<SeededDatabase, Error> {
    let mut seeded = SeededDatabase::fork(run, twin).await?;
    let engine = run.rehearsal.database.engine;
    if !migration.up.is_one_transaction(engine) || !run.due(Some(migration), twin.done()).is_empty() {
        let ordinary = Wanted { profile: RowProfile::Ordinary, words: Words::Everything(migration) };
        seeded.fill(run, ordinary, &mut Tables::default()).await?;
        match seeded.run_due(run, migration).await {
            Err(refused) if refused.error.is_transient() => return Err(refused.error),
            Err(_) => seeded.seeds = Seeds::default(),
            Ok(()) => {}
        }
        return Ok(seeded);
    }
    let everything = Wanted { profile: RowProfile::Everything, words: Words::Nothing };
    seeded.fill(run, everything, &mut Tables::default()).await?;
    seeded.seeds.fill_literals(run, &mut seeded.connection, migration).await?;
    let made = run.steps.split_off(twin.steps().len());
    seeded.connection.close().await?;

    let mut passing = SeededDatabase::fork(run, twin).await?;
    run.step(format!("apply {} to some of the generated rows", migration.label()));
    let kept = kept(&mut passing.connection, &made, &migration.up.sql).await?;
    passing.connection.begin().await?;
    let done = perform(&mut passing.connection, &made, &kept).await?;
    match passing.connection.commit().await {
        Ok(()) if !kept.is_empty() => {
            run.steps.extend(done);
            passing.seeds.made = seeded.seeds.made;
        }
        Err(error) if error.is_transient() => return Err(error.into()),
        // At the end of the transaction, a row is missing that was left out.
        _ => {}
    }
    Ok(passing)
}

/// Returns the positions of the inserts on which the script works, in order: halves are added, those with which it fails are
/// split.
async fn kept(connection: &mut Connection, made: &[Step], sql: &str) -> Result<BTreeSet<usize>, Error> {
    let inserts: Vec<usize> = (0..made.len()).filter(|at| matches!(made[*at], Step::Insert(_))).collect();
    let (one, other) = inserts.split_at(inserts.len() / 2);
    let mut left = VecDeque::from([one.to_vec(), other.to_vec()]);
    let mut kept = BTreeSet::new();
    // A rollback does not give back the numbers that triggers have drawn.
    let numbers = connection.sequences().await?;
    for _ in 0..TRIES {
        let Some(part) = left.pop_front() else { break };
        let all: BTreeSet<usize> = kept.iter().chain(&part).copied().collect();
        let works = works(connection, made, &all, sql).await?;
        connection.set_sequences(&numbers).await?;
        if works {
            kept = all;
        } else if part.len() > 1 {
            let (one, other) = part.split_at(part.len() / 2);
            left.extend([one.to_vec(), other.to_vec()]);
        }
    }
    Ok(kept)
}

/// True if a script works on the rows of these steps, in a transaction that is rolled back.
async fn works(connection: &mut Connection, made: &[Step], kept: &BTreeSet<usize>, sql: &str) -> Result<bool, Error> {
    connection.begin().await?;
    let ran = match perform(connection, made, kept).await {
        Ok(_) => connection.execute(sql, &[]).await.map_err(Error::from),
        Err(error) => Err(error),
    };
    connection.rollback().await;
    match ran {
        Ok(_) => Ok(true),
        Err(error) if error.is_transient() => Err(error),
        Err(_) => Ok(false),
    }
}

/// Performs the steps that generated rows, of the inserts only those that are kept. Returns the steps that were possible.
async fn perform(connection: &mut Connection, made: &[Step], kept: &BTreeSet<usize>) -> Result<Vec<Step>, Error> {
    let mut done = Vec::new();
    for (at, step) in made.iter().enumerate() {
        let is_done = match step {
            Step::Insert(row) => kept.contains(&at) && insert(connection, row).await?,
            Step::CatchUp(statement) => {
                connection.query(statement, &[], 1).await?;
                true
            }
            _ => false,
        };
        done.extend(is_done.then(|| step.clone()));
    }
    Ok(done)
}

/// Inserts a row unless the database refuses it: the row to which it refers may not be among those that are kept.
async fn insert(connection: &mut Connection, insert: &Insert) -> Result<bool, Error> {
    connection.execute("SAVEPOINT row", &[]).await?;
    match connection.execute(&insert.sql, &insert.values).await {
        Ok(_) => {
            connection.execute("RELEASE SAVEPOINT row", &[]).await?;
            Ok(true)
        }
        Err(error) if error.is_transient() => Err(error.into()),
        Err(_) => {
            connection.execute("ROLLBACK TO SAVEPOINT row", &[]).await?;
            connection.execute("RELEASE SAVEPOINT row", &[]).await?;
            Ok(false)
        }
    }
}
