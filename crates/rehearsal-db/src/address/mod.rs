//! Where a database is: a URL, checked once against the engine that the database has, and shown without secrets.

mod masked;
mod postgres;
mod sqlite;

pub use masked::masked;
pub use postgres::PostgresAddress;
pub(crate) use sqlite::SqliteAddress;

use super::{Engine, Error};
use crate::command::{command, shell_word};
use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::path::{Path, PathBuf};

/// What an address allows (`?mode=` of a SQLite URL).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Reading a database that is there (`ro`).
    Read,
    /// Reading and writing a database that is there (`rw`, the default).
    Write,
    /// The same, and making it where it is missing (`rwc`).
    Create,
}

/// The address of one database.
#[derive(Debug, Clone)]
pub enum Address {
    /// A SQLite file.
    Sqlite(SqliteAddress),
    /// A database on a PostgreSQL server.
    Postgres(PostgresAddress),
}

impl Address {
    /// Reads a URL as one of `engine`.
    ///
    /// # Errors
    /// [`Error::WrongEngine`] for another engine's URL, [`Error::BadUrl`] for a malformed one or one in memory.
    pub fn parse(engine: Engine, url: &str) -> Result<Self, Error> {
        match engine {
            Engine::Sqlite => SqliteAddress::parse(url).map(Self::Sqlite),
            Engine::Postgres => PostgresAddress::parse(url).map(Self::Postgres),
        }
    }

    /// A SQLite file that must exist.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self::Sqlite(SqliteAddress::new(path, Mode::Write))
    }

    /// A SQLite file that is created, with its folder, where it is missing.
    #[must_use]
    pub fn file_or_new(path: &Path) -> Self {
        Self::Sqlite(SqliteAddress::new(path, Mode::Create))
    }

    /// A database on a server, which is created where it is missing.
    #[must_use]
    pub fn on_server(options: PgConnectOptions, database: &str) -> Self {
        Self::Postgres(PostgresAddress::on_server(options).sibling(database))
    }

    /// The same, to be refused where it is missing.
    #[must_use]
    pub fn existing(self) -> Self {
        match self {
            Self::Sqlite(address) => Self::Sqlite(address.existing()),
            Self::Postgres(address) => Self::Postgres(address.existing()),
        }
    }

    /// The same with another path: one that was meant relative to another folder.
    #[must_use]
    pub fn moved(self, to: impl FnOnce(&Path) -> PathBuf) -> Self {
        match self {
            Self::Sqlite(address) => Self::Sqlite(address.moved(to)),
            Self::Postgres(_) => self,
        }
    }

    /// True where a database that is missing is to be created by the first that writes to it.
    #[must_use]
    pub fn creates(&self) -> bool {
        match self {
            Self::Sqlite(address) => address.creates(),
            Self::Postgres(address) => address.creates(),
        }
    }

    /// What the engine's own shell is to find in its environment, so that it connects as we do.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(address) => address.environment(),
        }
    }

    /// The command that does this on the database, as a person types it. A password is not shown: it is asked for.
    #[must_use]
    pub fn command(&self, words: &str) -> String {
        let asked = match self {
            Self::Postgres(address) if address.has_password() => "PGPASSWORD=… ",
            Self::Postgres(_) | Self::Sqlite(_) => "",
        };
        format!("{asked}{} --url {}", command(words), shell_word(&self.url()))
    }

    /// The URL, ready to be typed again; no secrets in it.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(address) => address.url(),
            Self::Postgres(address) => address.url(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url())
    }
}
