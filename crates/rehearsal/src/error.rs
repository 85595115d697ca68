//! [`Error`], which unites the errors of all modules, and [`Exit`], the exit code of a program that fails with
//! one.

use crate::report::{Code, Finding, history};
use crate::{backfill, check, fixture, migration, registry, sandbox, workspace};
use miette::Diagnostic;
use rehearsal_db as engine;

/// Any failure of the library.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// A fault of the workspace's folders, or of the flags that describe a database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Workspace(#[from] workspace::Error),
    /// A failure of a database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
    /// A failure of a migration.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] migration::Error),
    /// A failure of a backfill.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Backfill(#[from] backfill::Error),
    /// A failure of a check.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Check(#[from] check::Error),
    /// A failure of a fixture.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fixture(#[from] fixture::Error),
    /// A backfill, check, generator or traffic of the program that fits no database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] registry::Error),
    /// A failure of a throwaway database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sandbox(#[from] sandbox::Error),
}

impl Error {
    /// True if the database failed for a reason that may pass, such as a lock or a lost connection.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Migration(migration::Error::Sql { cause, .. } | migration::Error::Engine(cause))
            | Self::Engine(cause)
            | Self::Backfill(backfill::Error::Engine(cause)) => cause.is_transient(),
            _ => false,
        }
    }

    /// Returns the code of the finding for a database that cannot be used because of this error.
    #[must_use]
    pub fn finding_code(&self) -> &'static Code {
        let known = self.code().and_then(|code| history::named(&code.to_string()));
        known.unwrap_or(match self {
            Self::Sandbox(sandbox::Error::NoHost(_)) => &history::NO_SERVER,
            error if error.exit() == Exit::Usage => &history::BAD_CONFIGURATION,
            _ => &history::INTERNAL,
        })
    }

    /// Returns the findings for a database that cannot be rehearsed because of this error: one for each fault of its
    /// history, otherwise a single one.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        match self {
            Self::Migration(migration::Error::Faults { faults }) => faults.iter().map(history::of_fault).collect(),
            error => vec![Finding::of_error(error.finding_code(), error)],
        }
    }

    /// Returns the exit code of a program that fails with this error.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if let Self::Sandbox(sandbox::Error::NoHost(_)) = self {
            return Exit::Incomplete;
        }
        let usage = match self {
            Self::Workspace(_) | Self::Registry(_) => true,
            Self::Engine(error) => error.is_usage(),
            Self::Migration(error) => error.is_usage(),
            Self::Backfill(error) => error.is_usage(),
            Self::Check(check::Error::Query { .. } | check::Error::Writes { .. } | check::Error::RowQuery { .. }) => {
                false
            }
            Self::Check(check::Error::Engine(error)) => error.is_usage(),
            Self::Check(check::Error::Migration(error)) => error.is_usage(),
            Self::Check(_) => true,
            Self::Fixture(error) | Self::Sandbox(sandbox::Error::Fixture(error)) => error.is_usage(),
            Self::Sandbox(_) => false,
        };
        if usage { Exit::Usage } else { Exit::Failed }
    }
}

/// The exit codes of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Success.
    Ok = 0,
    /// A proof, a check, a migration or a backfill failed.
    Failed = 1,
    /// The usage or the configuration is wrong; nothing was done.
    Usage = 2,
    /// The rehearsal is incomplete, because something that it needs is missing.
    Incomplete = 3,
}

impl Exit {
    /// Combines the codes of two steps. A failure outranks an incomplete step.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Ok, other) => other,
            (one, Self::Ok) => one,
            (Self::Incomplete, other) => other,
            (one, Self::Incomplete) => one,
            (one, other) => one.max(other),
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
