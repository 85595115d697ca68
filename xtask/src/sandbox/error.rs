//! What can go wrong when throwaway databases are made.

use super::NoHost;
use crate::{engine, fixture};
use miette::Diagnostic;

/// A failure of the sandbox.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// There is no PostgreSQL to make throwaway databases on.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoHost(#[from] NoHost),
    /// The fixture can't be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fixture(#[from] fixture::Error),
    /// The database failed, or the file system below it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
}
