//! A check as a file: its directives and its query.

use super::error::Error;
use crate::directive::{Directive, Mistake, directives};
use crate::workspace;
use miette::NamedSource;
use rehearsal_db::Engine;
use rehearsal_db::lex::statements;
use std::path::{Path, PathBuf};

const KNOWN: &[&str] = &["expect", "kind", "from", "until"];

/// What a check is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It can fail.
    Assert(Expect),
    /// It is shown and never fails (`-- kind: report`).
    Report,
    /// Its query before and its query after have the same rows (`-- kind: preserved`, the two apart by a line `-- after`).
    Preserved,
}

/// Which result of a query is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// None: the query returns the offenders. The default.
    NoRows,
    /// At least one (`-- expect: rows`).
    Rows,
}

/// A check in SQL.
#[derive(Debug, Clone)]
pub struct Check {
    /// The file's name without its ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What it is for.
    pub kind: Kind,
    /// The first migration version at which it makes sense.
    pub from: Option<i64>,
    /// The version from which on it makes no sense.
    pub until: Option<i64>,
    /// The whole file.
    pub sql: String,
}

/// Reads the checks of a database, in the order of their names.
///
/// # Errors
/// The first file that is no check.
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
        return Err(wrong(directive, why, "the directives of a check are `expect`, `kind`, `from` and `until`"));
    }
    let (mut kind, mut from, mut until) = (Kind::Assert(Expect::NoRows), None, None);
    for directive in &found {
        let version = || {
            let bad = |_| {
                wrong(
                    directive,
                    format!("`{}` is no migration version", directive.value),
                    "write the number in front of a migration's name",
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
                let why = format!("`{key}` can't be `{value}`");
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
    /// The queries of the file, in order: one, or two where it is about what is preserved.
    pub(crate) fn queries(&self, engine: Engine) -> Vec<&str> {
        statements(&self.sql, engine).iter().map(|statement| statement.text).collect()
    }
}

/// Refuses a check whose window names a version that does not exist: it would never be run, in silence.
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
                    help: "write the number in front of a migration's name",
                    at: (directive.start, directive.length).into(),
                });
            }
        }
    }
    Ok(())
}
