//! Applies and reverts migrations: the single code path for rehearsals and real databases. [`step`] sends each
//! statement separately, so that an error names the statement, and records the file as applied as sqlx does.

use super::error::{Error, LeftBehind, SEARCH_PATH_CHANGED};
use super::file::{Migration, Script, Transaction};
use super::plan::Step;
use crate::event::{Direction, Event, Events};
use crate::ledger::{self, By};
use rehearsal_db::lex::statements;
use rehearsal_db::{self as db, Around, Commit, CommitPhase, Connection, Remains, Retries, run_script};
use std::time::{Duration, Instant};

/// Runs the steps in order and stops at the first failure.
///
/// # Errors
/// [`Error::Sql`] if a statement fails; otherwise any error of the connection.
pub async fn apply_all(connection: &mut Connection, steps: &[Step], events: Events<'_>) -> Result<(), Error> {
    if !steps.is_empty() {
        events(Event::Migrating { steps: steps.len() });
    }
    for Step { migration, direction } in steps {
        let took = step(connection, migration, *direction).await?;
        events(Event::Migrated { migration: migration.label(), direction: *direction, took });
    }
    Ok(())
}

/// Runs one migration in one direction and records it.
///
/// # Errors
/// As [`apply_all`].
pub async fn step(connection: &mut Connection, migration: &Migration, direction: Direction) -> Result<Duration, Error> {
    let script = match direction {
        Direction::Up => &migration.up,
        Direction::Down => {
            migration.down.as_ref().ok_or_else(|| Error::NoDownFile { file: migration.up.path.clone() })?
        }
    };
    if direction == Direction::Up {
        ensure_migrations_table(connection).await?;
    }
    let start = Instant::now();
    let run = match script.transaction {
        Transaction::Wrapped => {
            let mut retries = Retries::new(connection.patience());
            loop {
                let run = wrapped(connection, migration, direction, script, start).await;
                let Some(waited) = run.as_ref().err().and_then(Error::waited) else { break run };
                // The rollback lets the sessions that wait for this one proceed before the retry.
                connection.rollback().await;
                if !retries.again(waited).await {
                    break run.map_err(|error| error.after(&retries));
                }
            }
        }
        Transaction::None => match run(connection, migration, direction, script).await {
            Ok(()) => record(connection, migration, direction, script, start).await,
            failed => failed,
        },
    };
    if let Err(error) = run {
        // The file itself may have begun a transaction.
        connection.rollback().await;
        return Err(error.name_holders(connection).await);
    }
    Ok(start.elapsed())
}

/// Creates the schemas that the project's `sqlx.toml` names and sqlx's table, if they do not exist.
async fn ensure_migrations_table(connection: &mut Connection) -> Result<(), Error> {
    // An existing table means that nothing is committed, so there is no commit point to report.
    let is_new = connection.has_commit_hook() && !connection.has_migration_table().await?;
    let passes = |connection: &Connection, side| {
        if is_new {
            connection.call_commit_hook(side, || Commit::MigrationRecord);
        }
    };
    passes(connection, CommitPhase::Before);
    let table = connection.migration_table();
    let ensured = async {
        for schema in table.schemas() {
            connection.migrations().create_schema_if_not_exists(schema).await?;
        }
        connection.migrations().ensure_migrations_table(table.sql()).await
    };
    ensured.await.map_err(|error| Error::bookkeeping(connection, error))?;
    passes(connection, CommitPhase::After);
    Ok(())
}

async fn wrapped(
    connection: &mut Connection,
    migration: &Migration,
    direction: Direction,
    script: &Script,
    start: Instant,
) -> Result<(), Error> {
    connection.begin_with_short_lock_timeout().await?;
    run(connection, migration, direction, script).await?;
    record(connection, migration, direction, script, start).await?;
    connection.note_locks().await?;
    connection.commit().await.map_err(|cause| match cause {
        // A deferred constraint is checked at COMMIT, so no single statement is at fault.
        db::Error::Statement { why, .. } => {
            let at = statements(&script.sql, connection.engine()).last().map_or(0, |last| last.start);
            let cause = db::Error::Statement { why: format!("at COMMIT: {why}"), position: None };
            Error::sql(migration, direction, script, cause, LeftBehind::Nothing, (at, 0).into())
        }
        other => other.into(),
    })
}

async fn run(
    connection: &mut Connection,
    migration: &Migration,
    direction: Direction,
    script: &Script,
) -> Result<(), Error> {
    let (around, unusable) = match script.transaction {
        Transaction::Wrapped => (Around::Transaction, Vec::new()),
        Transaction::None => (Around::Nothing, connection.unusable().await?),
    };
    let Err(failed) = run_script(connection, &script.sql, around).await else { return Ok(()) };
    connection.rollback().await;
    let (done, of) = (failed.done, failed.of);
    let left_behind = match script.transaction {
        Transaction::Wrapped if done == 0 => LeftBehind::Nothing,
        Transaction::Wrapped => LeftBehind::Statements { done, of, unusable },
        Transaction::None if failed.remains == Remains::Unseen => LeftBehind::Unknown { done, of },
        Transaction::None => match connection.unusable().await {
            Ok(now) => {
                let unusable: Vec<String> = now.into_iter().filter(|index| !unusable.contains(index)).collect();
                if done == 0 && unusable.is_empty() {
                    LeftBehind::Nothing
                } else {
                    LeftBehind::Statements { done, of, unusable }
                }
            }
            Err(_) => LeftBehind::Unknown { done, of },
        },
    };
    Err(Error::sql(migration, direction, script, failed.error, left_behind, failed.at))
}

async fn record(
    connection: &mut Connection,
    migration: &Migration,
    direction: Direction,
    script: &Script,
    start: Instant,
) -> Result<(), Error> {
    let passes = |connection: &Connection, side| {
        if script.transaction == Transaction::None {
            connection.call_commit_hook(side, || Commit::MigrationRecord);
        }
    };
    let (table, record) = (connection.migration_table(), migration.record());
    passes(connection, CommitPhase::Before);
    let recorded = match direction {
        Direction::Up => connection.migrations().apply(table.sql(), &record).await,
        Direction::Down => connection.migrations().revert(table.sql(), &record).await,
    };
    recorded.map_err(|error| match Error::bookkeeping(connection, error) {
        // The file changed the search_path, so sqlx's table is not found.
        Error::Engine(db::Error::Statement { why, .. }) if why.contains(table.name()) => {
            let all = statements(&script.sql, connection.engine());
            let at = all.iter().find(|statement| statement.text.contains("search_path")).or(all.last());
            let at = at.map_or(0, |statement| statement.start);
            let cause = db::Error::Statement { why: format!("{SEARCH_PATH_CHANGED} ({why})"), position: None };
            let left_behind = match script.transaction {
                Transaction::Wrapped => LeftBehind::Nothing,
                Transaction::None => LeftBehind::Statements { done: all.len(), of: all.len(), unusable: Vec::new() },
            };
            Error::sql(migration, direction, script, cause, left_behind, (at, 0).into())
        }
        error => error,
    })?;
    passes(connection, CommitPhase::After);
    if direction == Direction::Down {
        let by =
            By { who: format!("{} was reverted", migration.label()), version: env!("CARGO_PKG_VERSION").to_owned() };
        ledger::supersede_all(connection, &by).await?;
    }
    if direction == Direction::Up {
        // sqlx timed its record, which has no statements. The column stores the time of the statements, in nanoseconds.
        let took = i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX);
        let sql = format!("UPDATE {} SET execution_time = $1 WHERE version = $2", table.sql());
        passes(connection, CommitPhase::Before);
        connection.execute(&sql, &[took.into(), migration.version.into()]).await?;
        passes(connection, CommitPhase::After);
    }
    Ok(())
}
