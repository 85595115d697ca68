//! The address of a database. [`Address::parse`] reads a URL and rejects one that the engine cannot use; messages show
//! the address without secrets.

use super::{Engine, Error, Store};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The most that an address allows to its connections. [`Access`](crate::Access) is what a single connection needs, and
/// opening fails if the address does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Read an existing database: `?mode=ro`, in a SQLite URL only.
    Read,
    /// Read and write an existing database: the default, and `?mode=rw` in a SQLite URL.
    Write,
    /// Read and write, and create the database if it is missing: `?mode=rwc` in a SQLite URL. No PostgreSQL URL has
    /// this mode, only addresses that the library makes itself.
    Create,
}

/// The address of one database. It dereferences to its [`Store`], whose methods are the operations on the database as a
/// whole.
#[derive(Debug, Clone)]
pub struct Address(Arc<dyn Store>);

impl Address {
    /// Wraps the address type of an engine.
    pub(crate) fn new(store: impl Store + 'static) -> Self {
        Self(Arc::new(store))
    }

    /// Parses a URL of `engine`.
    ///
    /// # Errors
    /// [`Error::WrongEngine`] for a URL of another engine; [`Error::BadUrl`] for a malformed URL or an in-memory
    /// database.
    pub fn parse(engine: Engine, url: &str) -> Result<Self, Error> {
        engine.address(url)
    }
}

impl Deref for Address {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

/// Shows [`Store::url`], which contains no password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url())
    }
}
