//! What can go wrong when migrations are read, planned or run.

use super::fault::Fault;
use super::file::{Migration, Script};
use crate::directive::did_you_mean;
use crate::event::Direction;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::command::command;
use rehearsal_db::{self as db, Connection, Engine, Retries};
use sqlx::migrate::MigrateError;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What a failed file leaves in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftBehind {
    /// Nothing: its transaction was rolled back.
    Nothing,
    /// Its first statements, because it runs without a transaction, or ends it itself.
    Statements {
        /// How many took effect.
        done: usize,
        /// How many there are.
        of: usize,
        /// What the failed one left that can't be used, such as an invalid index.
        unusable: Vec<String>,
    },
    /// Nobody can say: the database could not be asked any more.
    Unknown {
        /// How many statements have taken effect at the least.
        done: usize,
        /// How many there are.
        of: usize,
    },
}

impl fmt::Display for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, of, unusable) = match self {
            Self::Nothing => return f.write_str("nothing of this file is left behind"),
            Self::Unknown { done, of } => {
                return write!(
                    f,
                    "at least {done} of its {of} statements took effect; what the one at hand left is not known, and it is \
                     not recorded"
                );
            }
            Self::Statements { done, of, unusable } => (done, of, unusable),
        };
        let stays = match done {
            0 => None,
            1 => Some(format!("1 of its {of} statements has taken effect and stays, and it is not recorded")),
            _ => Some(format!("{done} of its {of} statements have taken effect and stay, and it is not recorded")),
        };
        let unusable = (!unusable.is_empty()).then(|| format!("unusable is left: {}", unusable.join(", ")));
        f.write_str(&[stays, unusable].into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "failed",
        Direction::Down => "could not be reverted",
    }
}

/// What to type next.
fn what_next(cause: &db::Error, direction: Direction, left_behind: &LeftBehind) -> String {
    let tidy = match left_behind {
        LeftBehind::Nothing => None,
        LeftBehind::Statements { done: 0, .. } => Some("drop it"),
        LeftBehind::Statements { unusable, .. } if !unusable.is_empty() => {
            Some("drop what can't be used, undo or remove from the file what took effect")
        }
        LeftBehind::Statements { .. } => Some("undo by hand what took effect, or remove it from the file"),
        LeftBehind::Unknown { .. } => {
            Some("look at the database, and undo by hand or remove from the file what took effect")
        }
    };
    let mend = match (cause, direction) {
        (db::Error::Unreachable { .. }, _) => "wait until the server is there again",
        (db::Error::Locked { .. }, _) => "let the other program finish or end it",
        (db::Error::Full { .. }, _) => "free some space on that file system",
        (db::Error::ReadOnly { .. }, _) => "use a URL and a user that may write",
        (_, Direction::Up) => "fix the file",
        (_, Direction::Down) => "fix the down file",
    };
    let longer = match cause {
        db::Error::Locked { .. } => "; `--wait SECONDS` waits longer",
        _ => "",
    };
    let steps: Vec<&str> = tidy.into_iter().chain([mend, "then run the command again"]).collect();
    format!("{}{longer}", steps.join(", "))
}

fn which_backfill(known: &[String]) -> String {
    if known.is_empty() {
        format!("rehearse it in the workspace that has that backfill: `{}`", command("ci DATABASE"))
    } else {
        format!("correct `-- requires-backfill:`; there is: {}", known.join(", "))
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
    /// The migrations are for another engine.
    #[error("the migrations are not for {engine}: `{words}` is {whose}'s")]
    #[diagnostic(code("history/wrong-engine"), help("{help}"))]
    OtherEngine {
        /// The engine that was named.
        engine: Engine,
        /// The words at fault.
        words: String,
        /// The engine that knows them.
        whose: String,
        /// What to do.
        help: String,
        /// The migration's text.
        #[source_code]
        text: NamedSource<String>,
        /// Where they stand.
        #[label]
        at: SourceSpan,
    },
    /// A statement of a migration failed.
    #[error("migration {migration} {}: {cause}", verb(*direction))]
    #[diagnostic(code("migration/failed"), help("{left_behind}; {}", what_next(cause, *direction, left_behind)))]
    Sql {
        /// `20250915090000_add_pet_visual_traits`.
        migration: String,
        /// Which way it went.
        direction: Direction,
        /// What the engine said.
        cause: db::Error,
        /// What is in the database now.
        left_behind: LeftBehind,
        /// The file.
        #[source_code]
        text: NamedSource<String>,
        /// The token at fault, or the start of the statement.
        #[label]
        at: SourceSpan,
    },
    /// No migration has that version.
    #[error("there is no migration {version}{}", nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default())]
    #[diagnostic(help(
        "{}",
        if *version == 0 { format!("to revert everything: `{}`", command("migrate --revert --to 0")) } else { format!("`{}` lists them", command("migrate --status")) }
    ))]
    UnknownVersion {
        /// The version as given.
        version: i64,
        /// The closest one.
        nearest: Option<String>,
    },
    /// The goal lies behind.
    #[error("the database is at {newest} already, which is newer than {version}")]
    #[diagnostic(help("to go back: `{}`", command(&format!("migrate --revert --to {version}"))))]
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
    #[diagnostic(code("migration/refused"), help("run `{next}`, then migrate again"))]
    RequiresBackfill {
        /// The migration.
        migration: String,
        /// The backfill.
        backfill: String,
        /// How many units are to be done.
        units: u64,
        /// The address of the database.
        database: String,
        /// The command that does them.
        next: String,
    },
    /// A migration requires a backfill that is none.
    #[error("{} requires the backfill `{backfill}`, and there is none of that name{}", file.display(), did_you_mean(nearest.as_ref()))]
    #[diagnostic(code("history/unknown-backfill"), help("{}", which_backfill(known)))]
    RequiresUnknown {
        /// The up file.
        file: PathBuf,
        /// The backfill.
        backfill: String,
        /// The closest one.
        nearest: Option<String>,
        /// All that there are.
        known: Vec<String>,
    },
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] db::Error),
}

impl Error {
    pub(super) fn sql(
        migration: &Migration,
        direction: Direction,
        script: &Script,
        cause: db::Error,
        left_behind: LeftBehind,
        at: SourceSpan,
    ) -> Self {
        let text = NamedSource::new(script.path.display().to_string(), script.sql.clone());
        Self::Sql { migration: migration.label(), direction, cause, left_behind, text, at }
    }

    /// How long it waited, where it could not have a lock and left nothing behind, so that it may be tried again.
    pub(super) fn waited(&self) -> Option<Duration> {
        match self {
            Self::Engine(db::Error::Locked { waited, .. })
            | Self::Sql { cause: db::Error::Locked { waited, .. }, left_behind: LeftBehind::Nothing, .. } => {
                Some(*waited)
            }
            _ => None,
        }
    }

    /// The same after all attempts.
    pub(super) fn after(self, retries: &Retries) -> Self {
        let told = |error: db::Error| match error {
            db::Error::Locked { waited, .. } => retries.told(error, waited),
            other => other,
        };
        match self {
            Self::Engine(error) => Self::Engine(told(error)),
            Self::Sql { migration, direction, cause, left_behind, text, at } => {
                Self::Sql { migration, direction, cause: told(cause), left_behind, text, at }
            }
            other => other,
        }
    }

    /// The same with those who hold locks on the database, if it is about a lock and nobody was named yet.
    pub(super) async fn name_holders(self, connection: &mut Connection) -> Self {
        match self {
            Self::Engine(error) => Self::Engine(connection.name_holders(error).await),
            Self::Sql { migration, direction, cause, left_behind, text, at } => {
                let cause = connection.name_holders(cause).await;
                Self::Sql { migration, direction, cause, left_behind, text, at }
            }
            other => other,
        }
    }

    /// An error of sqlx's own bookkeeping.
    pub(crate) fn bookkeeping(connection: &Connection, error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Self::Engine(connection.explain(error))
            }
            other => Self::Engine(db::Error::Statement { why: other.to_string(), position: None }),
        }
    }

    /// True where the cause lies in what the person asked for.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::OtherEngine { .. }
            | Self::RequiresUnknown { .. }
            | Self::UnknownVersion { .. }
            | Self::AlreadyBehind { .. } => true,
            Self::Engine(error) => error.is_usage(),
            _ => false,
        }
    }
}
