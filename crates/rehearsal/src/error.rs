//! All errors of the engine under one name, and the exit codes that they lead to.

use crate::report::{Code, Finding, history};
use crate::{backfill, check, fixture, migration, registry, sandbox, workspace};
use miette::Diagnostic;
use rehearsal_db as engine;

/// Any failure of the engine.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// Of the folders of a workspace.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Workspace(#[from] workspace::Error),
    /// Of a database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
    /// Of a migration.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] migration::Error),
    /// Of a backfill.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Backfill(#[from] backfill::Error),
    /// Of a check.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Check(#[from] check::Error),
    /// Of a fixture.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fixture(#[from] fixture::Error),
    /// Of a program's own code, and the databases that it is for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] registry::Error),
    /// Of a throwaway database.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sandbox(#[from] sandbox::Error),
}

impl Error {
    /// The code of what it means for a database that can't be worked with because of it.
    #[must_use]
    pub fn finding_code(&self) -> &'static Code {
        let known = self.code().and_then(|code| history::named(&code.to_string()));
        known.unwrap_or(match self {
            Self::Sandbox(sandbox::Error::NoHost(_)) => &history::NO_SERVER,
            error if error.exit() == Exit::Usage => &history::BAD_CONFIGURATION,
            _ => &history::INTERNAL,
        })
    }

    /// The findings of a database that can't be rehearsed because of it: one for each fault of its history, else one.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        match self {
            Self::Migration(migration::Error::Faults { faults }) => faults.iter().map(history::of_fault).collect(),
            error => vec![Finding::of_error(error.finding_code(), error)],
        }
    }

    /// The code with which a program that fails like this should exit.
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

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All well.
    Ok = 0,
    /// A proof, a check, a migration or a backfill failed.
    Failed = 1,
    /// Wrong usage or configuration; nothing was done.
    Usage = 2,
    /// Incomplete, because something that was needed was not there.
    Incomplete = 3,
}

impl Exit {
    /// The code of two things done one after the other: a failure tells more than that something was not done.
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
