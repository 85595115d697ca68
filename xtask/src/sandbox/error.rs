//! What can go wrong when throwaway databases are made.

use crate::{engine, fixture};
use miette::Diagnostic;

/// A failure of the sandbox.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// There is no PostgreSQL to make throwaway databases on.
    #[error("there is no PostgreSQL on this machine")]
    #[diagnostic(help("run `cargo xtask postgres install`, or name a server in XTASK_POSTGRES_URL"))]
    NoServer,
    /// The fixture can't be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fixture(#[from] fixture::Error),
    /// The database failed, or the file system below it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
}
