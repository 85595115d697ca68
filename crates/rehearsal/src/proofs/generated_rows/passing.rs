//! The generated rows on which a migration works ([`with_passing_rows`]), after it failed on all of them: rows are added in
//! halves, each in a transaction that is rolled back.

use super::seeded_database::{EmptyTwin, SeededDatabase};
use crate::Error;
use crate::generate::rows::{Insert, RowProfile};
use crate::migration::{Migration, Transaction};
use crate::proofs::ProofRun;
use crate::proofs::kit::seeds::{Seeds, Tables, Wanted};
use crate::proofs::kit::timeline::Step;
use rehearsal_db::Connection;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

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
    if migration.up.transaction == Transaction::None || !run.due(Some(migration), twin.done()).is_empty() {
        let ordinary = Wanted { profile: RowProfile::Ordinary, words_of: Some(migration) };
        seeded.fill(run, ordinary, &mut Tables::default()).await?;
        if seeded.run_due(run, migration).await.is_err() {
            seeded.seeds = Seeds::default();
        }
        return Ok(seeded);
    }
    let everything = Wanted { profile: RowProfile::Everything, words_of: None };
    seeded.fill(run, everything, &mut Tables::default()).await?;
    seeded.seeds.fill_literals(run, &mut seeded.connection, migration).await?;
    let inserts: Vec<Arc<Insert>> = run.steps.iter().skip(twin.steps().len()).filter_map(inserted).collect();
    seeded.connection.close().await?;

    let mut passing = SeededDatabase::fork(run, twin).await?;
    run.step(format!("apply {} to some of the generated rows", migration.label()));
    let kept = kept(&mut passing.connection, &inserts, &migration.up.sql).await?;
    passing.connection.begin().await?;
    for at in kept {
        if insert(&mut passing.connection, &inserts[at]).await? {
            run.steps.push(Step::Insert(Arc::clone(&inserts[at])));
        }
    }
    passing.connection.commit().await?;
    if run.steps.len() > twin.steps().len() {
        passing.seeds.made = seeded.seeds.made;
    }
    Ok(passing)
}

fn inserted(step: &Step) -> Option<Arc<Insert>> {
    match step {
        Step::Insert(insert) => Some(Arc::clone(insert)),
        _ => None,
    }
}

/// Returns the positions of the inserts on which the script works, in order: halves are added, those with which it fails are
/// split.
async fn kept(connection: &mut Connection, inserts: &[Arc<Insert>], sql: &str) -> Result<BTreeSet<usize>, Error> {
    let mut kept = BTreeSet::new();
    let (one, other) = (0..inserts.len()).partition::<Vec<usize>, _>(|at| at * 2 < inserts.len());
    let mut left = VecDeque::from([one, other]);
    for _ in 0..TRIES {
        let Some(part) = left.pop_front() else { break };
        let all: BTreeSet<usize> = kept.iter().chain(&part).copied().collect();
        if works(connection, all.iter().map(|at| &*inserts[*at]), sql).await? {
            kept = all;
        } else if part.len() > 1 {
            let (one, other) = part.split_at(part.len() / 2);
            left.extend([one.to_vec(), other.to_vec()]);
        }
    }
    Ok(kept)
}

/// True if a script works on these rows, in a transaction that is rolled back.
async fn works<'i>(
    connection: &mut Connection,
    inserts: impl Iterator<Item = &'i Insert>,
    sql: &str,
) -> Result<bool, Error> {
    connection.begin().await?;
    let mut done = Ok(true);
    for row in inserts {
        done = insert(connection, row).await;
        if done.is_err() {
            break;
        }
    }
    let ran = match done {
        Ok(_) => connection.execute(sql, &[]).await.map_err(Error::from),
        Err(error) => Err(error),
    };
    connection.rollback().await;
    match ran {
        Ok(_) => Ok(true),
        Err(Error::Engine(error)) if !error.is_transient() => Ok(false),
        Err(error) => Err(error),
    }
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
