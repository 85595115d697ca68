//! The address of a SQLite file: [`SqliteAddress`] is parsed from a URL.

use crate::masked::masked;
use crate::{Engine, Error, Mode};
use sqlx::sqlite::SqliteConnectOptions;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const EXAMPLE: &str = "`sqlite:path/to/file.db`";

/// The address of a SQLite file.
#[derive(Debug, Clone)]
pub(super) struct SqliteAddress {
    path: PathBuf,
    mode: Mode,
}

impl SqliteAddress {
    pub(super) fn new(path: impl Into<PathBuf>, mode: Mode) -> Self {
        Self { path: path.into(), mode }
    }

    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        if !url.starts_with("sqlite:") {
            return Err(Error::WrongEngine { url: masked(url), engine: Engine::Sqlite, example: EXAMPLE });
        }
        let bad = |why: String| Error::bad_url(masked(url), &why, EXAMPLE);
        let options = SqliteConnectOptions::from_str(url).map_err(|error| bad(error.to_string()))?;
        if url.starts_with("sqlite::memory:") || url.starts_with("sqlite://:memory:") || url.contains("mode=memory") {
            return Err(bad("a database in memory does not outlive its connection".to_owned()));
        }
        let path = options.get_filename();
        if path.as_os_str().is_empty() {
            return Err(bad("it does not name a file".to_owned()));
        }
        let mut mode = Mode::Write;
        for parameter in
            url.split_once('?').map_or("", |(_, query)| query).split('&').filter(|parameter| !parameter.is_empty())
        {
            mode = match parameter {
                "mode=ro" | "immutable=1" | "immutable=true" => Mode::Read,
                "mode=rw" => Mode::Write,
                "mode=rwc" => Mode::Create,
                other => {
                    let key = other.split('=').next().unwrap_or_default();
                    return Err(bad(format!("the parameter `{key}` is not supported")));
                }
            };
        }
        Ok(Self { path: path.to_owned(), mode })
    }

    /// The file of the database.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn urls() {
        let check = |url: &str, expect: &str| {
            let got = match SqliteAddress::parse(url) {
                Ok(address) => {
                    let mode = match address.mode {
                        Mode::Read => "read",
                        Mode::Write => "write",
                        Mode::Create => "create",
                    };
                    format!("{} {mode}", address.path.display())
                }
                Err(error) => error.to_string(),
            };
            assert_eq!(got, expect, "{url}");
        };
        check("sqlite:a.db", "a.db write");
        check("sqlite://a.db", "a.db write");
        check("sqlite:///tmp/a.db?mode=rwc", "/tmp/a.db create");
        check("sqlite:a.db?mode=ro", "a.db read");
        check("sqlite:mode=rwc.db", "mode=rwc.db write");
        check("sqlite:a.db?vfs=unix", "`sqlite:a.db?vfs=unix` cannot be used: the parameter `vfs` is not supported");
        check("sqlite:///tmp/a%20b.db", "/tmp/a b.db write");
        check("a.db", "`a.db` is not a URL of SQLite");
        check("postgres://u:secret@h/db", "`postgres://u:***@h/db` is not a URL of SQLite");
        check("postgres://u:se/cr@et@h/db", "`postgres://u:***@h/db` is not a URL of SQLite");
        check(
            "sqlite::memory:",
            "`sqlite::memory:` cannot be used: a database in memory does not outlive its connection",
        );
        check("sqlite:", "`sqlite:` cannot be used: it does not name a file");
        check("sqlite:a.db?mode=x", "`sqlite:a.db?mode=x` cannot be used: unknown value \"x\" for `mode`");
    }
}
