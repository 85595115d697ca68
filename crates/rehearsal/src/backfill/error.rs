//! What can go wrong when a backfill runs.

use super::definition::About;
use crate::ledger::Finding;
use crate::source;
use miette::Diagnostic;
use rehearsal_db::command::command;
use rehearsal_db::{self as db, Connection, Key, Retries};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

fn several(rejects: &[Finding]) -> String {
    let more =
        if rejects.len() > 3 { format!("\n  … and {} more in this batch", rejects.len() - 3) } else { String::new() };
    rejects.iter().take(3).map(|reject| format!("\n  {reject}")).collect::<String>() + &more
}

/// What became of the units, for a person.
fn kept(committed: u64, unit: &str) -> String {
    match committed {
        0 => "nothing was written".to_owned(),
        1 => format!("nothing of this batch was written, the {unit} before it stays done"),
        n => format!("nothing of this batch was written, the {n} {unit}s before it stay done"),
    }
}

/// A failure of a backfill.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The database is not yet where the backfill can run.
    #[error("backfill `{backfill}` needs migration {from}, which is not applied to {database}")]
    #[diagnostic(help("run `{next}` first"))]
    TooEarly {
        /// The backfill.
        backfill: &'static str,
        /// The address of the database.
        database: String,
        /// The command that applies it.
        next: String,
        /// The version that is missing.
        from: i64,
    },
    /// The database is past where the backfill can run.
    #[error("backfill `{backfill}` can't run once migration {until} is applied, and it is on {database}")]
    #[diagnostic(help(
        "what it reads is gone; remove the backfill from `{}`, or revert that migration",
        source::path("backfills")
    ))]
    TooLate {
        /// The backfill.
        backfill: &'static str,
        /// The address of the database.
        database: String,
        /// The version that is applied.
        until: i64,
    },
    /// The units can't be narrowed like that.
    #[error("backfill `{backfill}` can't be narrowed by `{scope}`")]
    #[diagnostic(help("{}", if known.is_empty() { "it accepts no scope".to_owned() } else { format!("it accepts: {}", known.join(", ")) }))]
    UnknownScope {
        /// The backfill.
        backfill: &'static str,
        /// The scope as given.
        scope: String,
        /// What it accepts.
        known: Vec<String>,
    },
    /// The same column is to have two values.
    #[error("`--scope {column}=…` is given more than once")]
    #[diagnostic(help("give one value; run the command once for each unit"))]
    RepeatedScope {
        /// The column.
        column: String,
    },
    /// No unit is in the scope.
    #[error("there is no {unit} with {scope} in {database}")]
    #[diagnostic(help(
        "write the value as the database does: `{}` tells of every {unit}",
        command(&format!("backfill {backfill} --verbose"))
    ))]
    EmptyScope {
        /// The backfill.
        backfill: &'static str,
        /// What a unit is called.
        unit: &'static str,
        /// The scope as given.
        scope: String,
        /// The address of the database.
        database: String,
    },
    /// The engine lets only one at a time write.
    #[error("backfill `{backfill}` can't have {workers} workers: {engine} has one writer at a time")]
    #[diagnostic(help("run it without `--workers`; reading and writing overlap all the same"))]
    OneWriter {
        /// The backfill.
        backfill: &'static str,
        /// The engine.
        engine: db::Engine,
        /// How many were asked for.
        workers: NonZeroU32,
    },
    /// There is no way back.
    #[error("backfill `{backfill}` has no undo")]
    #[diagnostic(help(
        "write `undo` in `{}` and declare it in `about`, or restore a copy of the database",
        source::backfill(backfill)
    ))]
    NoUndo {
        /// The backfill.
        backfill: &'static str,
    },
    /// The transform refused units.
    #[error("backfill `{backfill}` on {database} rejects {} of a batch:{}", if rejects.len() == 1 { format!("a {unit}") } else { format!("{} {unit}s", rejects.len()) }, several(rejects))]
    #[diagnostic(help(
        "{}; correct the data or the transform, see all rejects with `{next}`, then run it again",
        kept(*committed, unit)
    ))]
    Rejected {
        /// The backfill.
        backfill: &'static str,
        /// What a unit is called.
        unit: &'static str,
        /// The address of the database.
        database: String,
        /// The command that tells of all of them.
        next: String,
        /// The rejects of the batch.
        rejects: Vec<Finding>,
        /// How many units of this run were committed before.
        committed: u64,
    },
    /// A statement of the backfill failed.
    #[error("backfill `{backfill}` on {database}: {what} failed: {why}")]
    #[diagnostic(help(
        "{}; correct the data or `{}`, prove it with `{}`, then run it again",
        kept(*committed, unit),
        source::backfill(backfill),
        command(&format!("backfill {backfill} --verify"))
    ))]
    Statement {
        /// The backfill.
        backfill: &'static str,
        /// What a unit is called.
        unit: &'static str,
        /// The address of the database.
        database: String,
        /// `reading units after 500`, `writing 500 units after 500`.
        what: String,
        /// What the engine said.
        why: String,
        /// How many units of this run were committed before.
        committed: u64,
    },
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] db::Error),
    /// What was applied can't be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] crate::migration::Error),
}

impl Error {
    /// How long it waited, where the same may well succeed a little later; none where it won't.
    pub(super) fn waited(&self) -> Option<Duration> {
        let (Self::Engine(error) | Self::Migration(crate::migration::Error::Engine(error))) = self else { return None };
        match error {
            db::Error::Locked { waited, .. } => Some(*waited),
            error => error.is_transient().then_some(Duration::ZERO),
        }
    }

    /// The same, with those who hold the locks that it waited for.
    pub(super) async fn name_holders(self, connection: &mut Connection) -> Self {
        match self {
            Self::Engine(error) => Self::Engine(connection.name_holders(error).await),
            other => other,
        }
    }

    /// The same, where it is about a lock that was waited for from then on.
    pub(super) fn waited_since(self, start: Instant) -> Self {
        match self {
            Self::Engine(db::Error::Locked { place, holders, .. }) => {
                Self::Engine(db::Error::Locked { place, holders, waited: start.elapsed() })
            }
            other => other,
        }
    }

    /// The same of the last attempt: one about a lock tells of the waiting of all.
    pub(super) fn after_all(self, retries: &Retries) -> Self {
        match (self.waited(), self) {
            (Some(last), Self::Engine(error)) => Self::Engine(retries.told(error, last)),
            (_, other) => other,
        }
    }

    /// The same, known to have come after so many units were committed.
    pub(super) fn after(mut self, units: u64) -> Self {
        if let Self::Statement { committed, .. } = &mut self {
            *committed = units;
        }
        self
    }

    /// True where the cause lies in what the person asked for.
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

/// The place of a key in a sentence: ` after 500`; nothing at the beginning.
pub(super) fn behind(key: Option<&Key>) -> String {
    key.map(|key| format!(" after {key}")).unwrap_or_default()
}

/// An error of the backfill's own SQL names the backfill; one of the database itself stays what it is.
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

/// What went wrong when something was read.
pub(super) fn reading(about: &About, reader: &Connection, what: String, error: sqlx::Error) -> Error {
    statement(about, reader, what, reader.explain(error), 0)
}

/// A connection of another engine than the one that the backfill is written for.
pub(super) fn wrong_engine(connection: &Connection) -> Error {
    let why = format!("the backfill is written for another engine than {}", connection.engine());
    Error::Engine(db::Error::Statement { why, position: None })
}
