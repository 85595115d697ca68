//! Errors of backfills: [`Error`], and the functions that turn database errors into it. Messages name the backfill
//! and the database; their help says what is committed and what to do next.

use super::definition::About;
use crate::ledger::Finding;
use crate::plural::counted;
use crate::source;
use miette::Diagnostic;
use rehearsal_db::command::command;
use rehearsal_db::{self as db, Connection, Key, Retries};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

fn list_rejects(rejects: &[Finding], unit: &str) -> String {
    let line = |reject: &Finding| {
        let text = reject.to_string();
        match text.strip_prefix(reject.unit.as_str()) {
            Some(rest) if !reject.unit.is_empty() => format!("\n  {unit} `{}`{rest}", reject.unit),
            _ => format!("\n  {text}"),
        }
    };
    let more =
        if rejects.len() > 3 { format!("\n  … and {} more in this batch", rejects.len() - 3) } else { String::new() };
    rejects.iter().take(3).map(line).collect::<String>() + &more
}

/// Describes what is committed despite a failure, as the start of a help text.
fn describe_committed(committed: u64, unit: &str) -> String {
    match committed {
        0 => "nothing was written".to_owned(),
        1 => format!("the batch was rolled back, and the {unit} before it is committed"),
        n => format!("the batch was rolled back, and the {n} {unit}s before it are committed"),
    }
}

/// A failure of a backfill.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The first migration of the backfill's window is not applied.
    #[error("backfill `{backfill}` needs migration {from}, which is not applied to {database}")]
    #[diagnostic(help("run `{next}` first"))]
    TooEarly {
        /// The backfill.
        backfill: &'static str,
        /// The address of the database.
        database: String,
        /// The command that applies the migration.
        next: String,
        /// The version of the migration.
        from: i64,
    },
    /// The migration that ends the backfill's window is applied.
    #[error("backfill `{backfill}` cannot run on {database}, because migration {until} is applied")]
    #[diagnostic(help(
        "remove the backfill from `{}`, or revert migration {until}, which removes the data that the backfill reads",
        source::path("backfills")
    ))]
    TooLate {
        /// The backfill.
        backfill: &'static str,
        /// The address of the database.
        database: String,
        /// The version of the migration.
        until: i64,
    },
    /// The backfill has no such scope column.
    #[error("backfill `{backfill}` has no scope column `{scope}`")]
    #[diagnostic(help("{}", if known.is_empty() { "run it without `--scope`".to_owned() } else { format!("use one of: {}", known.join(", ")) }))]
    UnknownScope {
        /// The backfill.
        backfill: &'static str,
        /// The column as given.
        scope: String,
        /// The scope columns of the backfill.
        known: Vec<String>,
    },
    /// A scope column has two values.
    #[error("`--scope {column}=…` is given more than once")]
    #[diagnostic(help("give one value for {column}, and run the command once for each value"))]
    RepeatedScope {
        /// The column.
        column: String,
    },
    /// The scope contains no unit.
    #[error("no {unit} in {database} has {scope}")]
    #[diagnostic(help(
        "write the value exactly as the database stores it; `{}`, a dry run, lists every {unit}",
        command(&format!("backfill {backfill} --verbose"))
    ))]
    EmptyScope {
        /// The backfill.
        backfill: &'static str,
        /// The noun for one unit.
        unit: &'static str,
        /// The scope as given.
        scope: String,
        /// The address of the database.
        database: String,
    },
    /// Several workers on an engine that allows one writer at a time.
    #[error("backfill `{backfill}` cannot run with {workers} workers: {engine} allows one writer at a time")]
    #[diagnostic(help("run it without `--workers`; reading and writing overlap anyway"))]
    OneWriter {
        /// The backfill.
        backfill: &'static str,
        /// The engine.
        engine: db::Engine,
        /// The requested number of workers.
        workers: NonZeroU32,
    },
    /// The backfill has no undo.
    #[error("backfill `{backfill}` has no undo")]
    #[diagnostic(help(
        "write `undo` in `{}` and declare it in `about`, or restore a backup of the database",
        source::backfill(backfill)
    ))]
    NoUndo {
        /// The backfill.
        backfill: &'static str,
    },
    /// The transform rejected units.
    #[error("backfill `{backfill}` on {database} rejected {} in one batch:{}", counted(rejects.len() as u64, unit), list_rejects(rejects, unit))]
    #[diagnostic(help(
        "{}; correct these rows, or make `transform` in {} accept them; to list all rejects, run `{next}`",
        describe_committed(*committed, unit),
        source::backfill(backfill)
    ))]
    Rejected {
        /// The backfill.
        backfill: &'static str,
        /// The noun for one unit.
        unit: &'static str,
        /// The address of the database.
        database: String,
        /// The command that lists all rejects.
        next: String,
        /// The rejects of the batch.
        rejects: Vec<Finding>,
        /// How many units of this run were committed before.
        committed: u64,
    },
    /// A statement of the backfill failed.
    #[error("backfill `{backfill}` on {database}: {what} failed: {why}")]
    #[diagnostic(help(
        "{}; correct the data, the version of the database or `{}`, check the change with `{}`, then run the backfill again",
        describe_committed(*committed, unit),
        source::backfill(backfill),
        command(&format!("backfill {backfill} --verify"))
    ))]
    Statement {
        /// The backfill.
        backfill: &'static str,
        /// The noun for one unit.
        unit: &'static str,
        /// The address of the database.
        database: String,
        /// The failed operation: `reading units after 500`, `writing 500 units after 500`.
        what: String,
        /// The database's message.
        why: String,
        /// How many units of this run were committed before.
        committed: u64,
    },
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] db::Error),
    /// The applied migrations cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] crate::migration::Error),
}

impl Error {
    /// How long a transient error waited before it failed; `None` if the error is not transient.
    pub(super) fn waited(&self) -> Option<Duration> {
        let (Self::Engine(error) | Self::Migration(crate::migration::Error::Engine(error))) = self else { return None };
        match error {
            db::Error::Locked { waited, .. } => Some(*waited),
            error => error.is_transient().then_some(Duration::ZERO),
        }
    }

    /// Adds the sessions that hold the locks to an error about a lock.
    pub(super) async fn name_holders(self, connection: &mut Connection) -> Self {
        match self {
            Self::Engine(error) => Self::Engine(connection.name_holders(error).await),
            other => other,
        }
    }

    /// Sets the time waited of an error about a lock, counted from `start`.
    pub(super) fn waited_since(self, start: Instant) -> Self {
        match self {
            Self::Engine(db::Error::Locked { place, holders, .. }) => {
                Self::Engine(db::Error::Locked { place, holders, waited: start.elapsed() })
            }
            other => other,
        }
    }

    /// Turns the error of the last attempt into that of all attempts: an error about a lock reports the total time
    /// waited.
    pub(super) fn after_all(self, retries: &Retries) -> Self {
        match (self.waited(), self) {
            (Some(last), Self::Engine(error)) => Self::Engine(retries.told(error, last)),
            (_, other) => other,
        }
    }

    /// Sets how many units were committed before the error.
    pub(super) fn after(mut self, units: u64) -> Self {
        if let Self::Statement { committed, .. } = &mut self {
            *committed = units;
        }
        self
    }

    /// True if the user's command is at fault.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::UnknownScope { .. }
            | Self::RepeatedScope { .. }
            | Self::EmptyScope { .. }
            | Self::OneWriter { .. }
            | Self::NoUndo { .. } => true,
            Self::Engine(error) => error.is_usage(),
            _ => false,
        }
    }
}

/// A position in a message: ` after 500`; empty if `key` is `None`.
pub(super) fn behind(key: Option<&Key>) -> String {
    key.map(|key| format!(" after {key}")).unwrap_or_default()
}

/// Adds the backfill and the operation to an error of its SQL. Other database errors stay unchanged.
pub(super) fn statement(
    about: &About,
    connection: &Connection,
    what: String,
    error: db::Error,
    committed: u64,
) -> Error {
    match error {
        db::Error::Statement { why, .. } => Error::Statement {
            backfill: about.name,
            unit: about.unit,
            database: connection.address(),
            what,
            why,
            committed,
        },
        other => Error::Engine(other),
    }
}

/// The error of a failed read.
pub(super) fn reading(about: &About, reader: &Connection, what: String, error: sqlx::Error) -> Error {
    statement(about, reader, what, reader.explain(error), 0)
}

/// The error for a connection to an engine other than the backfill's.
pub(super) fn wrong_engine(connection: &Connection) -> Error {
    let why = format!("the backfill is not written for {}", connection.engine());
    Error::Engine(db::Error::Statement { why, position: None })
}
