//! The digest of a SQLite table: its rows in rowid order, each value by its storage class and bytes.

use super::session::Session;
use crate::engine::digest::Summing;
use crate::engine::{Engine, Error};
use crate::engine::{TableDigest, TableShape};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row, TypeInfo, ValueRef};

pub(crate) async fn digest(session: &mut Session, table: &TableShape) -> Result<TableDigest, Error> {
    let columns = table.columns.iter().map(|column| Engine::Sqlite.quote(column)).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {columns} FROM {}", Engine::Sqlite.quote(&table.name));
    match sum(session, sql, table).await {
        Ok(digest) => Ok(digest),
        Err(error) => Err(session.explain(error)),
    }
}

async fn sum(session: &mut Session, sql: String, table: &TableShape) -> Result<TableDigest, sqlx::Error> {
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
