//! An interruption in the middle of `CREATE INDEX CONCURRENTLY` ([`left_invalid`]): another session writes, so that the build
//! waits for it, and the server ends the session of the build. That leaves an invalid index, which the next run may take for
//! a finished one.

use crate::Error;
use crate::event::Direction;
use crate::migration::{self, Migration, Transaction};
use crate::proofs::ProofRun;
use crate::sandbox::Scratch;
use std::cell::Cell;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long a build may take to start.
const PATIENCE: Duration = Duration::from_secs(10);
/// Interval at which the server is asked whether the index exists.
const TICK: Duration = Duration::from_millis(5);

/// True if a migration builds an index without blocking writers, outside a transaction.
pub(super) fn is_built_concurrently(run: &ProofRun<'_>, migration: &Migration) -> bool {
    let script = &migration.up;
    script.transaction == Transaction::None && run.rehearsal.database.engine.builds_concurrently(&script.sql)
}

/// Interrupts a migration in the middle of its build, and applies it and the later migrations. Returns the indexes that are
/// invalid then; none if a migration fails instead, which does not stay hidden. `None` if the build was not interrupted: it
/// may end just before its session does.
///
/// # Errors
/// Fails if the database fails.
pub(super) async fn left_invalid(
    run: &ProofRun<'_>,
    migration: &Migration,
    scratch: &Scratch,
) -> Result<Option<Vec<String>>, Error> {
    let mut writer = scratch.open().await?;
    let engine = writer.engine();
    let tables = writer.tables().await?;
    writer.begin().await?;
    for table in &tables {
        // A statement takes the lock of a writer even if it changes no row.
        writer.execute(&format!("DELETE FROM {} WHERE false", engine.quote_table(&table.name)), &[]).await?;
    }
    let mut watch = scratch.open().await?;
    let known = watch.unusable().await?;
    let mut builder = scratch.open().await?;
    let is_over = Cell::new(false);
    let building = async {
        // An error is what is wanted; a build of something else does not wait for the writer.
        drop(migration::step(&mut builder, migration, Direction::Up).await);
        is_over.set(true);
    };
    let ending = async {
        let start = Instant::now();
        while !is_over.get() && start.elapsed() < PATIENCE {
            if watch.unusable().await?.len() > known.len() {
                // A session that is ending still has its locks.
                while scratch.target().address.end_sessions().await? > 0 {
                    sleep(TICK).await;
                }
                return Ok::<_, Error>(true);
            }
            sleep(TICK).await;
        }
        writer.rollback().await;
        Ok(false)
    };
    let ((), is_interrupted) = tokio::join!(building, ending);
    let is_interrupted = is_interrupted?;
    // Their sessions are gone.
    drop((writer, watch, builder));
    let mut connection = scratch.open().await?;
    if !is_interrupted || connection.unusable().await?.len() == known.len() {
        connection.close().await?;
        return Ok(None);
    }
    let mut fails = false;
    for next in run.rehearsal.history.migrations.iter().skip_while(|next| next.version < migration.version) {
        fails = migration::step(&mut connection, next, Direction::Up).await.is_err();
        if fails {
            break;
        }
    }
    let invalid = if fails { Vec::new() } else { connection.unusable().await? };
    connection.close().await?;
    Ok(Some(invalid.into_iter().filter(|index| !known.contains(index)).collect()))
}
