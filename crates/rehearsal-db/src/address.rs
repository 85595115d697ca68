//! The address of a database. [`Address::parse`] reads a URL and checks it against the engine; messages show the
//! address without secrets.

use super::{Engine, Error, Store};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The access that an address allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Read an existing database (`?mode=ro` in a SQLite URL).
    Read,
    /// Read and write an existing database (`rw`, the default).
    Write,
    /// Read and write, and create the database if it is missing (`rwc`).
    Create,
}

/// The address of one database. Operations on the database as a whole are methods of its [`Store`].
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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url())
    }
}
