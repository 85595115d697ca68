//! The digest of SQLite tables: it hashes each value by its storage class and its bytes.

use super::connection::SqliteSession;
use crate::Session;
use crate::digest::Summing;
use crate::{Engine, Error, Value};
use crate::{TableDigest, TableShape};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row, TypeInfo, ValueRef};
use std::collections::BTreeSet;

pub(crate) async fn digests(session: &mut SqliteSession, tables: &[TableShape]) -> Result<Vec<TableDigest>, Error> {
    let filled = filled(session, tables).await?;
    let mut digests = Vec::with_capacity(tables.len());
    for table in tables {
        if !filled.contains(table.name.as_str()) {
            digests.push(Summing::new(table).finish());
            continue;
        }
        if table.columns.is_empty() {
            // Rows without columns differ in number only.
            let counted = session.rows(&format!("SELECT count(*) FROM {}", Engine::Sqlite.rows_of(table)), &[]).await?;
            let rows = counted.first().and_then(|row| row.first()?.as_int()).and_then(|n| u64::try_from(n).ok());
            digests.push(TableDigest { rows: rows.unwrap_or_default(), ..Summing::new(table).finish() });
            continue;
        }
        let columns = table.columns.iter().map(|column| Engine::Sqlite.quote(column)).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {columns} FROM {}", Engine::Sqlite.rows_of(table));
        match sum(session, sql, table).await {
            Ok(digest) => digests.push(digest),
            Err(error) => return Err(session.explain(error)),
        }
    }
    Ok(digests)
}

/// The tables that contain rows; most tables of a rehearsal contain none.
async fn filled<'t>(session: &mut SqliteSession, tables: &'t [TableShape]) -> Result<BTreeSet<&'t str>, Error> {
    let mut filled = BTreeSet::new();
    for tables in tables.chunks(SELECTS_PER_STATEMENT) {
        let has_rows = |(place, table): (usize, &TableShape)| {
            format!("SELECT {place} WHERE EXISTS (SELECT 1 FROM {})", Engine::Sqlite.rows_of(table))
        };
        let sql = tables.iter().enumerate().map(has_rows).collect::<Vec<_>>().join(" UNION ALL ");
        let places = session.rows(&sql, &[]).await?;
        let place = |row: &Vec<Value>| row.first()?.as_int().and_then(|place| usize::try_from(place).ok());
        filled.extend(
            places.iter().filter_map(place).filter_map(|place| tables.get(place)).map(|table| table.name.as_str()),
        );
    }
    Ok(filled)
}

/// The number of SELECTs in one statement; SQLite allows 500.
const SELECTS_PER_STATEMENT: usize = 400;

async fn sum(session: &mut SqliteSession, sql: String, table: &TableShape) -> Result<TableDigest, sqlx::Error> {
    let mut sum = Summing::new(table);
    let mut rows = sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch(&mut session.connection);
    while let Some(row) = rows.try_next().await? {
        for i in 0..row.len() {
            let raw = row.try_get_raw(i)?;
            if raw.is_null() {
                sum.cell(0, &[]);
                continue;
            }
            let class = raw.type_info().name().as_bytes().first().copied();
            match class {
                Some(b'I') => sum.cell(1, &row.try_get_unchecked::<i64, _>(i)?.to_le_bytes()),
                Some(b'R') => sum.cell(2, &row.try_get_unchecked::<f64, _>(i)?.to_le_bytes()),
                Some(b'B') => sum.cell(4, row.try_get_unchecked::<&[u8], _>(i)?),
                _ => sum.cell(3, row.try_get_unchecked::<&[u8], _>(i)?),
            }
        }
        sum.end_row();
    }
    Ok(sum.finish())
}
