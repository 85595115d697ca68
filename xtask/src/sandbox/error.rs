//! What can go wrong when throwaway databases are made.

use crate::{engine, migration};
use miette::{Diagnostic, NamedSource, SourceSpan};
use std::path::PathBuf;

/// A failure of the sandbox.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The file system refused.
    #[error("can't {what} {}: {source}", path.display())]
    #[diagnostic(help("check the permissions and the space left there"))]
    Io {
        /// What was tried: `copy`, `create`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
    /// A fixture is at a version that is none.
    #[error("{} says that its data is at version {version}, and there is no such migration{}", path.display(), nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default())]
    #[diagnostic(help(
        "write the version of the last migration that the data has seen behind `-- at:`; the newest is {newest}"
    ))]
    FixtureVersion {
        /// The fixture's file.
        path: PathBuf,
        /// The version that it states.
        version: i64,
        /// The closest one that there is.
        nearest: Option<String>,
        /// The newest that there is.
        newest: String,
    },
    /// A statement of a fixture failed.
    #[error("fixture {fixture} can't be loaded at version {version}: {why}")]
    #[diagnostic(help("correct the fixture, or the version behind `-- at:`"))]
    FixtureSql {
        /// The fixture's name.
        fixture: String,
        /// The version that it states.
        version: i64,
        /// What the engine said.
        why: String,
        /// The file.
        #[source_code]
        text: NamedSource<String>,
        /// The token at fault, or the start of the statement.
        #[label]
        at: SourceSpan,
    },
    /// The rows of a fixture don't fit together.
    #[error("fixture {fixture} can't be loaded at version {version}: {why}")]
    #[diagnostic(help("a row refers to one that the fixture does not hold; `PRAGMA foreign_key_check` names it"))]
    FixtureReferences {
        /// The fixture's name.
        fixture: String,
        /// The version that it states.
        version: i64,
        /// What the engine said.
        why: String,
    },
    /// A migration failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] migration::Error),
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
}
