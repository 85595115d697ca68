//! The rows because of which a migration fails ([`offenders`]), such as the duplicates under a new unique index, and what to do
//! about them ([`remedy`]).

use crate::migration;
use crate::sandbox::Scratch;
use miette::SourceCode;
use rehearsal_db::lex::{Statement, statements};
use rehearsal_db::{Broken, Connection, Rows};

/// The most rows that are shown.
const ROWS: usize = 3;

/// Returns what to do about rows that break a rule.
#[must_use]
pub fn remedy(broken: Broken) -> &'static str {
    match broken {
        Broken::NotNull => {
            "replace the NULL values first: with UPDATE … SET … WHERE … IS NULL before this statement, or with a backfill that \
             the migration requires"
        }
        Broken::Unique => {
            "merge, rename or delete the duplicates first, in this file or in a backfill that the migration requires"
        }
        Broken::Check => {
            "correct the rows that violate the constraint first, in this file or in a backfill that the migration requires"
        }
        Broken::Reference => {
            "delete or correct the rows that violate the foreign key first, in this file or in a backfill that the migration \
             requires"
        }
        Broken::Size | Broken::Form => {
            "change the statement so that it converts the values that do not fit and declare the loss with `-- loses:`, or \
             reject such values with a constraint in an earlier migration"
        }
    }
}

/// Returns rows that break a rule which the failed statement adds. `None` if it adds none, or if the rows cannot be found.
/// `scratch` is the database on which the migration failed.
pub async fn offenders(error: &migration::Error, scratch: &Scratch) -> Option<Rows> {
    let migration::Error::Sql { text, at, .. } = error else { return None };
    let whole = text.read_span(&(0, 0).into(), 0, usize::MAX).ok()?;
    let sql = std::str::from_utf8(whole.data()).ok()?;
    let mut connection = scratch.open().await.ok()?;
    let found = find(sql, at.offset(), &mut connection).await;
    connection.rollback().await;
    connection.close().await.ok()?;
    found
}

async fn find(sql: &str, at: usize, connection: &mut Connection) -> Option<Rows> {
    let engine = connection.engine();
    let statements = statements(sql, engine);
    let number = statements.iter().rposition(|statement| statement.start <= at)?;
    let queries = engine.offenders(statements[number].text, ROWS);
    // A file that ends its own transactions would change the database that is kept for inspection.
    let ends_transactions = |statement: &Statement<'_>| engine.transaction_control(statement).is_some();
    if queries.is_empty() || statements[..number].iter().any(ends_transactions) {
        return None;
    }
    // The statements before it were rolled back with it, and may have made the table what it is.
    connection.begin().await.ok()?;
    for statement in &statements[..number] {
        if connection.execute(statement.text, &[]).await.is_err() {
            connection.rollback().await;
            connection.begin().await.ok()?;
            break;
        }
    }
    for query in queries {
        match connection.query(&query, &[], ROWS).await {
            Ok(rows) if !rows.rows.is_empty() => return Some(rows),
            Ok(_) => {}
            // A transaction is of no use after an error.
            Err(_) => return None,
        }
    }
    None
}
