//! The errors of reading, planning and running migrations. [`Error`] is the type; [`LeftBehind`] describes the
//! state of the database after a failure, from which the help text is composed.

use super::fault::Fault;
use super::file::{Migration, Script};
use crate::directive::did_you_mean;
use crate::event::Direction;
use crate::plural::counted;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::command::command;
use rehearsal_db::{self as db, Connection, Engine, Retries};
use sqlx::migrate::MigrateError;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// The changes that a failed file leaves in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftBehind {
    /// None: the transaction was rolled back.
    Nothing,
    /// The changes of its first statements: the file runs outside a transaction, or ends the transaction itself.
    Statements {
        /// Number of statements that took effect.
        done: usize,
        /// Number of statements in the file.
        of: usize,
        /// Unusable objects that the failed statement left, such as an invalid index.
        unusable: Vec<String>,
    },
    /// Unknown, because the database could no longer be queried.
    Unknown {
        /// Minimum number of statements that took effect.
        done: usize,
        /// Number of statements in the file.
        of: usize,
    },
}

impl fmt::Display for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, of, unusable) = match self {
            Self::Nothing => return f.write_str("everything that this file did was rolled back"),
            Self::Unknown { done, of } => {
                return write!(
                    f,
                    "at least {done} of {of} statements took effect, but sqlx's table of applied migrations does not record them; the \
                     effect of the next statement is unknown"
                );
            }
            Self::Statements { done, of, unusable } => (done, of, unusable),
        };
        let stays = match done {
            0 => None,
            _ => Some(format!(
                "{done} of {of} statements took effect, but sqlx's table of applied migrations does not record them"
            )),
        };
        let unusable = (!unusable.is_empty()).then(|| format!("left unusable: {}", unusable.join(", ")));
        f.write_str(&[stays, unusable].into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

/// The reason why sqlx cannot record a file that changes the search_path.
pub(super) const SEARCH_PATH_CHANGED: &str =
    "it leaves search_path changed, so sqlx cannot find its table of applied migrations";

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "failed",
        Direction::Down => "could not be reverted",
    }
}

/// Returns the instructions that follow the description of the remaining changes.
fn what_next(cause: &db::Error, direction: Direction, left_behind: &LeftBehind) -> String {
    let tidy = match left_behind {
        LeftBehind::Nothing => None,
        LeftBehind::Statements { done: 0, unusable, .. } if unusable.len() > 1 => Some("drop them"),
        LeftBehind::Statements { done: 0, .. } => Some("drop it"),
        LeftBehind::Statements { unusable, .. } if !unusable.is_empty() => {
            Some("drop the unusable objects, undo the statements that took effect by hand or remove them from the file")
        }
        LeftBehind::Statements { done: 1, .. } => Some("undo this statement by hand or remove it from the file"),
        LeftBehind::Statements { .. } => Some("undo these statements by hand or remove them from the file"),
        LeftBehind::Unknown { .. } => {
            Some("inspect the database, undo the statements that took effect by hand or remove them from the file")
        }
    };
    let mend = match (cause, direction) {
        (db::Error::Unreachable { .. }, _) => "wait until the server is available again",
        (db::Error::Locked { .. }, _) => "let the other session finish, or end it",
        (db::Error::Full { .. }, _) => "free some space on that file system",
        (db::Error::ReadOnly { .. }, _) => "use a URL and a user with write access",
        (db::Error::Statement { why, .. }, _) if why.starts_with(SEARCH_PATH_CHANGED) => {
            "end the file with `RESET search_path;`"
        }
        (db::Error::Statement { why, .. }, _) if why.contains("cannot run inside a transaction block") => {
            "make `-- no-transaction` the first line of a file that contains only this statement"
        }
        (_, Direction::Up) => "fix the file",
        (_, Direction::Down) => "fix the down file",
    };
    let longer = match cause {
        db::Error::Locked { .. } => "; use `--wait SECONDS` to wait longer",
        _ => "",
    };
    let steps: Vec<&str> = tidy.into_iter().chain([mend, "then run the command again"]).collect();
    format!("{}{longer}", steps.join(", "))
}

fn which_backfill(known: &[String]) -> String {
    if known.is_empty() {
        format!("rehearse the history in the workspace that has this backfill: `{}`", command("ci DATABASE"))
    } else {
        format!("correct `-- requires-backfill:` to one of: {}", known.join(", "))
    }
}

/// A failure of migrating.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The history has faults.
    #[error("the migrations have {}, so nothing was run", counted(faults.len() as u64, "fault"))]
    Faults {
        /// The faults.
        #[related]
        faults: Vec<Fault>,
    },
    /// The migrations are written for another engine.
    #[error("the migrations are not written for {engine}: `{words}` is {whose} syntax")]
    #[diagnostic(code("history/wrong-engine"), help("{help}"))]
    OtherEngine {
        /// The configured engine.
        engine: Engine,
        /// The foreign syntax.
        words: String,
        /// The engine that the syntax belongs to.
        whose: String,
        /// The instruction for the user.
        help: String,
        /// The text of the migration.
        #[source_code]
        text: NamedSource<String>,
        /// Where the foreign syntax is.
        #[label]
        at: SourceSpan,
    },
    /// Another tool has applied the migrations of the database.
    #[error("{database} has the table {table} of {tools}, and sqlx has applied no migration to it")]
    #[diagnostic(
        code("migration/refused"),
        help(
            "migrate it with that tool, because every migration would run again; if sqlx takes over, record the applied \
             migrations in sqlx's table first, or remove {table} if it is unused"
        )
    )]
    OfAnotherTool {
        /// The database.
        database: String,
        /// The table of the tool.
        table: &'static str,
        /// The tools that have such a table.
        tools: String,
    },
    /// A statement of a migration failed.
    #[error("migration {migration} {}: {cause}", verb(*direction))]
    #[diagnostic(code("migration/failed"), help("{left_behind}; {}", what_next(cause, *direction, left_behind)))]
    Sql {
        /// `20250915090000_add_pet_visual_traits`.
        migration: String,
        /// Up or down.
        direction: Direction,
        /// The database's error.
        cause: db::Error,
        /// The changes that remain in the database.
        left_behind: LeftBehind,
        /// The file.
        #[source_code]
        text: NamedSource<String>,
        /// The token that caused the error, or the start of the statement.
        #[label]
        at: SourceSpan,
    },
    /// No migration has that version.
    #[error("there is no migration {version}{}", nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default())]
    #[diagnostic(help(
        "{} with `{}`",
        if *version == 0 { "revert everything" } else { "list the migrations" },
        command(if *version == 0 { "migrate --revert --to 0" } else { "migrate --status" })
    ))]
    UnknownVersion {
        /// The version as given.
        version: i64,
        /// The most similar version.
        nearest: Option<String>,
    },
    /// The database is already past the goal.
    #[error("the database is already at {newest}, which is newer than {version}")]
    #[diagnostic(help("to revert to that version, run `{}`", command(&format!("migrate --revert --to {version}"))))]
    AlreadyBehind {
        /// The goal.
        version: i64,
        /// The newest applied version.
        newest: i64,
    },
    /// Fewer migrations are applied than are to be reverted.
    #[error("cannot revert {} in {}: {} applied", counted(count.get() as u64, "migration"), folder.display(), match applied {
        0 => "none is".to_owned(),
        1 => "only 1 is".to_owned(),
        applied => format!("only {applied} are"),
    })]
    #[diagnostic(help("see what is applied with `{}`", command("migrate --status")))]
    FewerApplied {
        /// The folder of the migrations.
        folder: PathBuf,
        /// The requested number.
        count: NonZeroUsize,
        /// The number of applied migrations.
        applied: usize,
    },
    /// A migration to revert has no down file.
    #[error("{} has no down file", file.display())]
    #[diagnostic(help("write the down file, or revert fewer migrations with `--revert N`"))]
    NoDownFile {
        /// The up file.
        file: PathBuf,
    },
    /// A migration needs a backfill that is not finished on this database.
    #[error(
        "migration {migration} requires the backfill `{backfill}`, which has {} left to process in {database}",
        counted(*units, "unit")
    )]
    #[diagnostic(code("migration/refused"), help("run `{next}`, then migrate again"))]
    RequiresBackfill {
        /// The migration.
        migration: String,
        /// The backfill.
        backfill: String,
        /// Number of units left to process.
        units: u64,
        /// The address of the database.
        database: String,
        /// The command that processes them.
        next: String,
    },
    /// A migration requires a backfill that does not exist.
    #[error("{} requires the backfill `{backfill}`, but no backfill has that name{}", file.display(), did_you_mean(nearest.as_ref()))]
    #[diagnostic(code("history/unknown-backfill"), help("{}", which_backfill(known)))]
    RequiresUnknown {
        /// The up file.
        file: PathBuf,
        /// The backfill.
        backfill: String,
        /// The most similar name.
        nearest: Option<String>,
        /// The names of all backfills.
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

    /// Returns how long a step waited for a lock, if it failed because of the lock and left no changes, so that it
    /// can be retried. `None` for any other failure.
    pub(super) fn waited(&self) -> Option<Duration> {
        match self {
            Self::Engine(db::Error::Locked { waited, .. })
            | Self::Sql { cause: db::Error::Locked { waited, .. }, left_behind: LeftBehind::Nothing, .. } => {
                Some(*waited)
            }
            _ => None,
        }
    }

    /// Adds the total waiting time of all retries to a lock error.
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

    /// Adds the sessions that hold locks to a lock error that does not name them yet.
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

    /// Converts an error of sqlx's access to `_sqlx_migrations`.
    pub(crate) fn bookkeeping(connection: &Connection, error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Self::Engine(connection.explain(error))
            }
            other => Self::Engine(db::Error::Statement { why: other.to_string(), position: None }),
        }
    }

    /// Returns true if the caller's request is at fault, not the migrations or the database.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::OtherEngine { .. }
            | Self::RequiresUnknown { .. }
            | Self::UnknownVersion { .. }
            | Self::AlreadyBehind { .. }
            | Self::FewerApplied { .. } => true,
            Self::Engine(error) => error.is_usage(),
            _ => false,
        }
    }
}
