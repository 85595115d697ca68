//! Where a database is: a URL, checked once against the engine that the database has, and shown without secrets.

use super::{Engine, Error, Store};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// What an address allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reading a database that is there (`?mode=ro` of a SQLite URL).
    Read,
    /// Reading and writing a database that is there (`rw`, the default).
    Write,
    /// Reading and writing, and making the database where it is missing (`rwc`).
    Create,
}

/// The address of one database. What can be done with the database as a whole are the methods of its [`Store`].
#[derive(Debug, Clone)]
pub struct Address(Arc<dyn Store>);

impl Address {
    /// The address of a database of some engine.
    pub(crate) fn new(store: impl Store + 'static) -> Self {
        Self(Arc::new(store))
    }

    /// Reads a URL as one of `engine`.
    ///
    /// # Errors
    /// [`Error::WrongEngine`] for another engine's URL, [`Error::BadUrl`] for a malformed one or one in memory.
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
