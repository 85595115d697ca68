//! Runs checks: [`run`] runs those that apply to the version of a database and keeps the first offending rows of each.

use super::error::Error;
use super::file::{Check, Expect, Kind};
use super::row::AnyRowCheck;
use super::verdict::{CheckResult, MAX_OFFENDERS, MAX_REPORTED, Verdict};
use crate::migration;
use miette::NamedSource;
use rehearsal_db::lex::{statements, tokens};
use rehearsal_db::{self as db, Connection, Target};

/// The results of a database's checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The version of the database; 0 if no migration is applied.
    pub version: i64,
    /// One result per check: those in SQL first, then those in Rust.
    pub results: Vec<CheckResult>,
}

/// Runs the checks that apply to the version of a database, on a read-only connection.
///
/// # Errors
/// Fails if a check cannot run. A failed check is not an error.
pub async fn run(target: &Target, checks: &[Check], row_checks: &[&dyn AnyRowCheck]) -> Result<Checked, Error> {
    let mut connection = target.open_to_read().await?;
    let checked = run_on(&mut connection, checks, row_checks).await;
    connection.close_with(checked).await
}

async fn run_on(
    connection: &mut Connection,
    checks: &[Check],
    row_checks: &[&dyn AnyRowCheck],
) -> Result<Checked, Error> {
    let version = migration::applied(connection).await?.last().map_or(0, |done| done.version);
    let mut results = Vec::new();
    for check in checks {
        let verdict = match is_in_window(version, check.from, check.until) {
            true => run_one(connection, check).await?,
            false => Verdict::OutOfWindow,
        };
        results.push(CheckResult { name: check.name.clone(), verdict });
    }
    for check in row_checks {
        let about = check.about();
        let verdict = match is_in_window(version, Some(about.from), about.until) {
            true => check.run(connection, MAX_OFFENDERS).await?,
            false => Verdict::OutOfWindow,
        };
        results.push(CheckResult { name: about.name.to_owned(), verdict });
    }
    Ok(Checked { version, results })
}

/// True if a check with this window applies to a database at `version` (0 if no migration is applied).
pub(crate) fn is_in_window(version: i64, from: Option<i64>, until: Option<i64>) -> bool {
    from.is_none_or(|from| version >= from) && until.is_none_or(|until| version < until) && version > 0
}

/// Runs one check in SQL, regardless of its window.
///
/// # Errors
/// Fails if the check cannot run. A failed check is not an error.
pub(crate) async fn run_one(connection: &mut Connection, check: &Check) -> Result<Verdict, Error> {
    if check.kind == Kind::Preserved {
        return Ok(Verdict::RehearsalOnly);
    }
    let limit = 1 + if check.kind == Kind::Report { MAX_REPORTED } else { MAX_OFFENDERS };
    // Without the rest of the file, because the database reports error positions from the start of the query.
    let query = check.queries(connection.engine()).first().copied().unwrap_or_default();
    let sql = connection.strict(query);
    let mut rows = match connection.query(&sql, &[], limit).await {
        Ok(rows) => rows,
        Err(error @ db::Error::Statement { .. }) => return Err(explain(connection, check, error).await),
        // Checks run on a read-only connection.
        Err(db::Error::ReadOnly { .. }) => {
            return Err(Error::Writes { check: check.name.clone(), file: check.path.clone() });
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match check.kind {
        Kind::Report => {
            let more = rows.rows.len() > MAX_REPORTED;
            rows.rows.truncate(MAX_REPORTED);
            Verdict::Report { rows, more }
        }
        Kind::Assert(Expect::Rows) if rows.rows.is_empty() => Verdict::Red { offenders: rows, more: false },
        Kind::Assert(Expect::NoRows) if !rows.rows.is_empty() => {
            let more = rows.rows.len() > MAX_OFFENDERS;
            rows.rows.truncate(MAX_OFFENDERS);
            Verdict::Red { offenders: rows, more }
        }
        Kind::Assert(_) | Kind::Preserved => Verdict::Green,
    })
}

pub(super) async fn explain(connection: &mut Connection, check: &Check, error: db::Error) -> Error {
    let text = NamedSource::new(check.path.display().to_string(), check.sql.clone());
    let mut at = (0, 0);
    if let Some(statement) = statements(&check.sql, connection.engine()).first() {
        let offset = connection.locate(statement, &error).await.unwrap_or(0);
        let length = tokens(&statement.text[offset..], connection.engine()).first().map_or(0, |token| token.text.len());
        at = (statement.start + offset, length);
    }
    Error::Query { check: check.name.clone(), why: error.to_string(), text, at: at.into() }
}
