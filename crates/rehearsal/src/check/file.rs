//! Checks in SQL files: [`read`] parses their directives and counts their queries.

use super::error::Error;
use crate::directive::{Directive, Mistake, directives};
use crate::workspace;
use miette::NamedSource;
use rehearsal_db::Engine;
use rehearsal_db::lex::statements;
use std::path::{Path, PathBuf};

const KNOWN: &[&str] = &["expect", "kind", "from", "until"];

/// The kind of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Fails on an unexpected result.
    Assert(Expect),
    /// Shows its rows and never fails (`-- kind: report`).
    Report,
    /// Fails unless its two queries, one before and one after the migrations, return the same rows
    /// (`-- kind: preserved`, with a line `-- after` between the queries).
    Preserved,
}

/// The expected result of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expect {
    /// No rows: the query returns the offending rows. The default.
    NoRows,
    /// At least one row (`-- expect: rows`).
    Rows,
}

/// A check in SQL.
#[derive(Debug, Clone, Hash)]
pub struct Check {
    /// The file name without its extension.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its kind.
    pub kind: Kind,
    /// The first migration version that it applies to; `None` for every version.
    pub from: Option<i64>,
    /// The version from which it no longer applies; `None` if there is none.
    pub until: Option<i64>,
    /// The whole file.
    pub sql: String,
}

/// Reads the checks of a database, in order of their names.
///
/// # Errors
/// Fails on the first file that is not a valid check.
pub fn read(folder: &Path, engine: Engine) -> Result<Vec<Check>, Error> {
    let folder = folder.join("checks");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    workspace::entries(&folder)?.into_iter().map(|path| read_one(path, engine)).collect()
}

fn read_one(path: PathBuf, engine: Engine) -> Result<Check, Error> {
    if path.extension().is_none_or(|ending| ending != "sql") {
        return Err(Error::NotACheck { file: path });
    }
    let sql = std::fs::read_to_string(&path).map_err(|source| workspace::Error::Io { path: path.clone(), source })?;
    let file = path.display().to_string();
    let wrong = |directive: &Directive, why: String, help| Error::Directive {
        text: NamedSource::new(&file, sql.clone()),
        file: file.clone(),
        why,
        help,
        at: (directive.start, directive.length).into(),
    };
    let (found, mistaken) = directives(&sql, KNOWN);
    if let Some((directive, Mistake::Misspelt { nearest })) = mistaken.first() {
        let why = format!("there is no directive `{}`; did you mean `{nearest}`?", directive.key);
        return Err(wrong(directive, why, "use one of the directives `expect`, `kind`, `from` and `until`"));
    }
    let (mut kind, mut from, mut until) = (Kind::Assert(Expect::NoRows), None, None);
    for directive in &found {
        let version = || {
            let bad = |_| {
                wrong(
                    directive,
                    format!("`{}` is not a migration version", directive.value),
                    "write the version of a migration: the number at the start of its file name",
                )
            };
            directive.value.parse::<i64>().map_err(bad)
        };
        match (directive.key.as_str(), directive.value.as_str()) {
            ("expect", "no rows") => kind = Kind::Assert(Expect::NoRows),
            ("expect", "rows") => kind = Kind::Assert(Expect::Rows),
            ("kind", "report") => kind = Kind::Report,
            ("kind", "preserved") => kind = Kind::Preserved,
            ("from", _) => from = Some(version()?),
            ("until", _) => until = Some(version()?),
            (key, value) => {
                let why = format!("`{key}` cannot be `{value}`");
                return Err(wrong(
                    directive,
                    why,
                    "write `-- expect: no rows`, `-- expect: rows`, `-- kind: report` or `-- kind: preserved`",
                ));
            }
        }
    }
    let count = statements(&sql, engine).len();
    let wanted = if kind == Kind::Preserved { 2 } else { 1 };
    if count != wanted {
        return Err(Error::NotOneQuery { file: path, statements: count, wanted });
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Check { name, path, kind, from, until, sql })
}

impl Check {
    /// The queries of the file, in order: two for [`Kind::Preserved`], otherwise one.
    pub(crate) fn queries(&self, engine: Engine) -> Vec<&str> {
        statements(&self.sql, engine).iter().map(|statement| statement.text).collect()
    }
}

/// Refuses a check whose window names a version that does not exist, because it might silently never run.
///
/// # Errors
/// [`Error::Directive`].
pub fn check_windows(checks: &[Check], exists: impl Fn(i64) -> bool) -> Result<(), Error> {
    for check in checks {
        for directive in directives(&check.sql, KNOWN)
            .0
            .iter()
            .filter(|directive| matches!(directive.key.as_str(), "from" | "until"))
        {
            if directive.value.parse().is_ok_and(|version| !exists(version)) {
                let file = check.path.display().to_string();
                return Err(Error::Directive {
                    text: NamedSource::new(&file, check.sql.clone()),
                    why: format!("there is no migration {}", directive.value),
                    file,
                    help: "write the version of a migration: the number at the start of its file name",
                    at: (directive.start, directive.length).into(),
                });
            }
        }
    }
    Ok(())
}
