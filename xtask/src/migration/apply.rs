//! Runs migrations: the one code path for rehearsals and for the real thing. Each statement is sent on its own, so that a
//! failure names it; sqlx's own bookkeeping records the file.

use super::error::{Error, LeftBehind};
use super::file::{Migration, Script, Transaction};
use super::plan::Step;
use crate::engine::SQLX_TABLE;
use crate::engine::lex::statements;
use crate::engine::{self, Connection, ScriptError, run_script};
use crate::event::{Direction, Event, Events};
use crate::ledger;
use miette::NamedSource;
use std::time::{Duration, Instant};

/// Runs the steps in order and stops at the first that fails.
///
/// # Errors
/// [`Error::Sql`], and what the engine said.
pub async fn apply_all(connection: &mut Connection, steps: &[Step], events: Events<'_>) -> Result<(), Error> {
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
        let ensured = connection.migrations().ensure_migrations_table(SQLX_TABLE).await;
        ensured.map_err(|error| Error::bookkeeping(connection, error))?;
    }
    let start = Instant::now();
    match script.transaction {
        Transaction::Wrapped => {
            let mut pause = PAUSE;
            while let Err(error) = wrapped(connection, migration, direction, script, start).await {
                connection.rollback().await;
                match error {
                    // Those who waited behind us get their turn; then it is tried again.
                    Error::Engine(engine::Error::Locked { .. }) if start.elapsed() + pause < connection.patience() => {
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                    Error::Engine(error) => return Err(connection.name_holders(error).await.into()),
                    error => return Err(error),
                }
            }
        }
        Transaction::None => {
            if let Err(error) = run(connection, migration, direction, script).await {
                // The file may have opened a transaction of its own.
                connection.rollback().await;
                return Err(error);
            }
            record(connection, migration, direction, start).await?;
        }
    }
    Ok(start.elapsed())
}

/// The first pause before a migration that could not have its locks is tried again, and the longest.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

async fn wrapped(
    connection: &mut Connection,
    migration: &Migration,
    direction: Direction,
    script: &Script,
    start: Instant,
) -> Result<(), Error> {
    connection.begin_migration().await?;
    run(connection, migration, direction, script).await?;
    record(connection, migration, direction, start).await?;
    connection.commit().await.map_err(|error| match error {
        // A constraint that is checked at the end: no single statement is at fault.
        engine::Error::Statement { why, .. } => {
            let at = statements(&script.sql, connection.engine()).last().map_or(0, |last| last.start);
            let text = NamedSource::new(script.path.display().to_string(), script.sql.clone());
            let (migration, left_behind) = (migration.label(), LeftBehind::Nothing);
            let help = "fix the file, then run the command again";
            Error::Sql {
                migration,
                direction,
                why: format!("when it was committed: {why}"),
                left_behind,
                help,
                text,
                at: (at, 0).into(),
            }
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
    let (why, at, done, of) = match run_script(connection, &script.sql).await {
        Ok(()) => return Ok(()),
        Err(ScriptError::Engine { error: error @ engine::Error::Unreachable { .. }, done, of }) => {
            let left_behind = match script.transaction {
                Transaction::Wrapped => LeftBehind::Nothing,
                Transaction::None => LeftBehind::Statements { done, of, unusable: Vec::new() },
            };
            return Err(Error::Interrupted { migration: migration.label(), left_behind, error });
        }
        Err(ScriptError::Engine { error, .. }) => return Err(error.into()),
        Err(ScriptError::Refused { why, at, done, of }) => (why, at, done, of),
    };
    let left_behind = match script.transaction {
        Transaction::Wrapped => LeftBehind::Nothing,
        Transaction::None => {
            connection.rollback().await;
            LeftBehind::Statements { done, of, unusable: connection.unusable().await }
        }
    };
    let help = match (direction, &left_behind) {
        (_, LeftBehind::Statements { unusable, .. }) if !unusable.is_empty() => {
            "drop what can't be used, undo or remove from the file what took effect, then run the command again"
        }
        (_, LeftBehind::Statements { done: 1.., .. }) => {
            "undo them by hand or remove them from the file, then run the command again"
        }
        (Direction::Up, _) => "fix the file, then run the command again",
        (Direction::Down, _) => "fix the down file, then run the command again",
    };
    let text = NamedSource::new(script.path.display().to_string(), script.sql.clone());
    Err(Error::Sql { migration: migration.label(), direction, why, left_behind, help, text, at })
}

async fn record(
    connection: &mut Connection,
    migration: &Migration,
    direction: Direction,
    start: Instant,
) -> Result<(), Error> {
    let record = migration.record();
    let recorded = match direction {
        Direction::Up => connection.migrations().apply(SQLX_TABLE, &record).await,
        Direction::Down => connection.migrations().revert(SQLX_TABLE, &record).await,
    };
    recorded.map_err(|error| Error::bookkeeping(connection, error))?;
    if direction == Direction::Down {
        ledger::supersede_all(connection).await?;
    }
    if direction == Direction::Up {
        // sqlx timed its own, empty, part; what it keeps is meant to be the time of the statements, in nanoseconds.
        let took = i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX);
        let sql = format!("UPDATE {SQLX_TABLE} SET execution_time = $1 WHERE version = $2");
        connection.execute(&sql, &[took.into(), migration.version.into()]).await?;
    }
    Ok(())
}
