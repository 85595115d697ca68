//! What can go wrong when throwaway databases are made.

use crate::{engine, fixture};
use miette::Diagnostic;
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
    /// The fixture can't be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fixture(#[from] fixture::Error),
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
}
