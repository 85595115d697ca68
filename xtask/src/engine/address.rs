//! Where a database is: a URL, checked once against the engine that the database has, and shown without secrets.

use super::{Engine, Error};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const SQLITE_EXAMPLE: &str = "`sqlite:path/to/file.db`";
const POSTGRES_EXAMPLE: &str = "`postgres://user@host/database`";

/// What an address allows (`?mode=` of a SQLite URL).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
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

/// The address of a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteAddress {
    path: PathBuf,
    mode: Mode,
}

/// The address of a database on a PostgreSQL server.
#[derive(Debug, Clone)]
pub struct PostgresAddress {
    /// In a box: they are ten times as large as all else here.
    options: Box<PgConnectOptions>,
    database: String,
    mode: Mode,
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
        Self::Sqlite(SqliteAddress { path: path.to_owned(), mode: Mode::Write })
    }

    /// A SQLite file that is created, with its folder, where it is missing.
    #[must_use]
    pub fn file_or_new(path: &Path) -> Self {
        Self::Sqlite(SqliteAddress { path: path.to_owned(), mode: Mode::Create })
    }

    /// A database on a server, which is created where it is missing.
    #[must_use]
    pub fn on_server(options: PgConnectOptions, database: &str) -> Self {
        Self::Postgres(PostgresAddress {
            options: Box::new(options.database(database)),
            database: database.to_owned(),
            mode: Mode::Create,
        })
    }

    /// The same, to be refused where it is missing.
    #[must_use]
    pub fn existing(self) -> Self {
        match self {
            Self::Sqlite(address) => Self::Sqlite(SqliteAddress { mode: Mode::Write, ..address }),
            Self::Postgres(address) => Self::Postgres(PostgresAddress { mode: Mode::Write, ..address }),
        }
    }

    /// The same with another path: one that was meant relative to another folder.
    #[must_use]
    pub fn moved(self, to: impl FnOnce(&Path) -> PathBuf) -> Self {
        match self {
            Self::Sqlite(address) => Self::Sqlite(SqliteAddress { path: to(&address.path), ..address }),
            Self::Postgres(_) => self,
        }
    }

    /// True where a database that is missing is to be created by the first that writes to it.
    #[must_use]
    pub fn creates(&self) -> bool {
        match self {
            Self::Sqlite(SqliteAddress { mode, .. }) | Self::Postgres(PostgresAddress { mode, .. }) => {
                *mode == Mode::Create
            }
        }
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

impl SqliteAddress {
    fn parse(url: &str) -> Result<Self, Error> {
        if !url.starts_with("sqlite:") {
            return Err(Error::WrongEngine { url: masked(url), engine: Engine::Sqlite, example: SQLITE_EXAMPLE });
        }
        let bad = |why: String| Error::BadUrl { url: masked(url), why, example: SQLITE_EXAMPLE };
        let options = SqliteConnectOptions::from_str(url).map_err(|error| bad(error.to_string()))?;
        if url.starts_with("sqlite::memory:") || url.starts_with("sqlite://:memory:") || url.contains("mode=memory") {
            return Err(bad("a database in memory is gone before anybody could look at it".to_owned()));
        }
        let path = options.get_filename();
        if path.as_os_str().is_empty() {
            return Err(bad("it names no file".to_owned()));
        }
        let mut mode = Mode::Write;
        for parameter in
            url.split_once('?').map_or("", |(_, query)| query).split('&').filter(|parameter| !parameter.is_empty())
        {
            mode = match parameter {
                "mode=ro" | "immutable=1" | "immutable=true" => Mode::Read,
                "mode=rw" => Mode::Write,
                "mode=rwc" => Mode::Create,
                other => return Err(bad(format!("`{other}` has no meaning here"))),
            };
        }
        Ok(Self { path: path.to_owned(), mode })
    }

    /// The file of the database.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn creates(&self) -> bool {
        self.mode == Mode::Create
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.mode == Mode::Read
    }

    fn url(&self) -> String {
        let path = self.path.display().to_string();
        format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23"))
    }
}

impl PostgresAddress {
    fn parse(url: &str) -> Result<Self, Error> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Error::WrongEngine { url: masked(url), engine: Engine::Postgres, example: POSTGRES_EXAMPLE });
        }
        let bad = |why: String| Error::BadUrl { url: masked(url), why, example: POSTGRES_EXAMPLE };
        let options = PgConnectOptions::from_str(url).map_err(|error| bad(error.to_string()))?;
        let Some(database) = options.get_database().map(ToOwned::to_owned) else {
            return Err(bad("it names no database".to_owned()));
        };
        Ok(Self { options: Box::new(options), database, mode: Mode::Write })
    }

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Another database on the same server.
    pub(crate) fn sibling(&self, database: &str) -> Self {
        Self {
            options: Box::new(self.options().clone().database(database)),
            database: database.to_owned(),
            mode: Mode::Write,
        }
    }

    /// The database from which others are made and removed.
    pub(crate) fn maintenance(&self) -> Self {
        self.sibling("postgres")
    }

    pub(crate) fn creates(&self) -> bool {
        self.mode == Mode::Create
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.mode == Mode::Read
    }

    pub(crate) fn url(&self) -> String {
        let encoded = |text: &str| {
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
            text.bytes()
                .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
                .collect::<String>()
        };
        let (user, database) = (encoded(self.options.get_username()), encoded(&self.database));
        let port = self.options.get_port();
        match self.options.get_socket() {
            Some(socket) => {
                format!("postgres://{user}@localhost:{port}/{database}?host={}", encoded(&socket.display().to_string()))
            }
            None => format!("postgres://{user}@{}:{port}/{database}", self.options.get_host()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url())
    }
}

/// `url` without what may be a secret: the user's part of an authority, and, but for a file, everything behind a `?`. What is
/// no URL at all is shown up to its first word only, where it speaks of a password or may hold one.
fn masked(url: &str) -> String {
    if url.starts_with("sqlite:") {
        return url.to_owned();
    }
    let (url, query) = match url.split_once('?') {
        Some((url, _)) => (url, "?***"),
        None => (url, ""),
    };
    let Some((scheme, rest)) = url.split_once("://") else {
        let is_plain = !url.contains('@') && !url.to_lowercase().contains("password");
        let first = url.split([':', ' ']).next().unwrap_or_default();
        return if is_plain { format!("{url}{query}") } else { format!("{first} ***") };
    };
    // A password may hold an unescaped slash; the last `@` of the whole rest is the safe cut.
    match rest.rfind('@') {
        Some(at) => {
            let user = rest[..at].split(':').next().unwrap_or_default();
            let password = if rest[..at].contains(':') { ":***" } else { "" };
            format!("{scheme}://{user}{password}@{}{query}", &rest[at + 1..])
        }
        None => format!("{scheme}://{rest}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn urls() {
        let check = |url: &str, expect: &str| {
            let got = match Address::parse(Engine::Sqlite, url) {
                Ok(Address::Sqlite(address)) => {
                    let mode = match address.mode {
                        Mode::Read => "read",
                        Mode::Write => "write",
                        Mode::Create => "create",
                    };
                    format!("{} {mode}", address.path.display())
                }
                Ok(Address::Postgres(address)) => address.url(),
                Err(error) => error.to_string(),
            };
            assert_eq!(got, expect, "{url}");
        };
        check("sqlite:a.db", "a.db write");
        check("sqlite://a.db", "a.db write");
        check("sqlite:///tmp/a.db?mode=rwc", "/tmp/a.db create");
        check("sqlite:a.db?mode=ro", "a.db read");
        check("sqlite:mode=rwc.db", "mode=rwc.db write");
        check("sqlite:a.db?vfs=unix", "`sqlite:a.db?vfs=unix` can't be used: `vfs=unix` has no meaning here");
        check("sqlite:///tmp/a%20b.db", "/tmp/a b.db write");
        check("a.db", "`a.db` is not a URL of SQLite");
        check("postgres://u:secret@h/db", "`postgres://u:***@h/db` is not a URL of SQLite");
        check("postgres://u:se/cr@et@h/db", "`postgres://u:***@h/db` is not a URL of SQLite");
        check(
            "sqlite::memory:",
            "`sqlite::memory:` can't be used: a database in memory is gone before anybody could look at it",
        );
        check("sqlite:", "`sqlite:` can't be used: it names no file");
        check(
            "sqlite:a.db?mode=x",
            "`sqlite:a.db?mode=x` can't be used: error with configuration: unknown value \"x\" for `mode`",
        );
    }
}
