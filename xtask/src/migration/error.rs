//! What can go wrong when migrations are read, planned or run.

use super::fault::Fault;
use crate::engine::{self, Connection};
use crate::event::Direction;
use crate::shell::quoted;
use miette::{Diagnostic, NamedSource, SourceSpan};
use sqlx::migrate::MigrateError;
use std::fmt;
use std::path::PathBuf;

/// What a failed file leaves in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftBehind {
    /// Nothing: its transaction was rolled back.
    Nothing,
    /// Its first statements, because it runs without a transaction.
    Statements {
        /// How many took effect.
        done: usize,
        /// How many there are.
        of: usize,
        /// What the failed one left that can't be used, such as an invalid index.
        unusable: Vec<String>,
    },
}

impl fmt::Display for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unusable = match self {
            Self::Statements { unusable, .. } if !unusable.is_empty() => {
                format!("; unusable is left: {}", unusable.join(", "))
            }
            _ => String::new(),
        };
        match self {
            Self::Nothing => f.write_str("nothing of this file is left behind"),
            Self::Statements { done: 0, .. } if unusable.is_empty() => {
                f.write_str("nothing of this file is left behind")
            }
            Self::Statements { done: 0, .. } => write!(f, "it runs without a transaction{unusable}"),
            Self::Statements { done: 1, of, .. } => write!(
                f,
                "it runs without a transaction: the first of its {of} statements has taken effect and stays, and it is not \
                 recorded{unusable}"
            ),
            Self::Statements { done, of, .. } => write!(
                f,
                "it runs without a transaction: the first {done} of its {of} statements have taken effect and stay, and it is not \
                 recorded{unusable}"
            ),
        }
    }
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "failed",
        Direction::Down => "could not be reverted",
    }
}

/// A failure of migrating.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The history can't be run as it is.
    #[error("the history has {}; nothing was run", if faults.len() == 1 { "a fault".to_owned() } else { format!("{} faults", faults.len()) })]
    Faults {
        /// Each of them.
        #[related]
        faults: Vec<Fault>,
    },
    /// A statement of a migration failed.
    #[error("migration {migration} {}: {why}", verb(*direction))]
    #[diagnostic(help("{left_behind}; {help}"))]
    Sql {
        /// `20250915090000_add_pet_visual_traits`.
        migration: String,
        /// Which way it went.
        direction: Direction,
        /// What the engine said.
        why: String,
        /// What is in the database now.
        left_behind: LeftBehind,
        /// What to do.
        help: &'static str,
        /// The file.
        #[source_code]
        text: NamedSource<String>,
        /// The token at fault, or the start of the statement.
        #[label]
        at: SourceSpan,
    },
    /// The server went away in the middle of a migration.
    #[error("migration {migration} was interrupted: {error}")]
    #[diagnostic(help("{left_behind}; once the server is there again, run the command again"))]
    Interrupted {
        /// The migration.
        migration: String,
        /// What is in the database now.
        left_behind: LeftBehind,
        /// What happened.
        error: engine::Error,
    },
    /// No migration has that version.
    #[error("there is no migration {version}{}", nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default())]
    #[diagnostic(help(
        "{}",
        if *version == 0 { "to revert everything: `cargo xtask migrate --revert --to 0`" } else { "`cargo xtask migrate --status` lists them" }
    ))]
    UnknownVersion {
        /// The version as given.
        version: i64,
        /// The closest one.
        nearest: Option<String>,
    },
    /// The goal lies behind.
    #[error("the database is at {newest} already, which is newer than {version}")]
    #[diagnostic(help("to go back: `cargo xtask migrate --revert --to {version}`"))]
    AlreadyBehind {
        /// The goal.
        version: i64,
        /// Where the database is.
        newest: i64,
    },
    /// There is no way back.
    #[error("{} has no down file", file.display())]
    #[diagnostic(help("write the down file, or revert less far with `--revert N`"))]
    NoDownFile {
        /// The up file.
        file: PathBuf,
    },
    /// A migration needs a backfill that is not finished on this database.
    #[error(
        "migration {migration} requires the backfill `{backfill}`, and {units} of its units are still to be done in {database}"
    )]
    #[diagnostic(help(
        "run `cargo xtask backfill {backfill} --execute --url {}`, then migrate again",
        quoted(database)
    ))]
    RequiresBackfill {
        /// The migration.
        migration: String,
        /// The backfill.
        backfill: String,
        /// How many units are to be done.
        units: u64,
        /// The address of the database.
        database: String,
    },
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
}

impl Error {
    /// An error of sqlx's own bookkeeping.
    pub(crate) fn bookkeeping(connection: &Connection, error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Self::Engine(connection.explain(error))
            }
            other => Self::Engine(engine::Error::Statement { why: other.to_string(), position: None }),
        }
    }

    /// True where the cause lies in what the person asked for.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::UnknownVersion { .. } | Self::AlreadyBehind { .. } => true,
            Self::Engine(error) => error.is_usage(),
            _ => false,
        }
    }
}
