//! The columns of a unit that the library reads itself: its key and its place, also as parameters of a query.

use crate::Key;
use sqlx::postgres::{PgArguments, PgRow, PgValueFormat, Postgres};
use sqlx::query::Query;
use sqlx::{Column, Row, TypeInfo};

/// Adds a key as a parameter; a place as text.
pub(super) fn bind<'q>(query: Query<'q, Postgres, PgArguments>, key: &Key) -> Query<'q, Postgres, PgArguments> {
    match key {
        Key::Int(n) => query.bind(*n),
        Key::Uuid { uuid } => query.bind(*uuid),
        Key::Text { text } => query.bind(text.clone()),
        Key::Place { block, row } => query.bind(format!("({block},{row})")),
    }
}

/// The size of a row, in bytes.
pub(super) fn size(row: &PgRow) -> u64 {
    let bytes = |column: usize| row.try_get_raw(column).ok()?.as_bytes().ok().map(<[u8]>::len);
    (0..row.len()).map(|column| bytes(column).unwrap_or_default() as u64).sum()
}

/// The key of a unit.
pub(super) fn key(row: &PgRow, name: &str) -> Result<Key, sqlx::Error> {
    let column = row.try_column(name)?;
    Ok(match column.type_info().name() {
        "UUID" => Key::Uuid { uuid: row.try_get(name)? },
        "INT2" | "INT4" | "INT8" => {
            Key::Int(row.try_get_unchecked::<i64, _>(name).or_else(|_| row.try_get::<i32, _>(name).map(i64::from))?)
        }
        _ => Key::Text { text: row.try_get(name)? },
    })
}

/// The place of a unit.
pub(super) fn place(row: &PgRow) -> Result<Key, sqlx::Error> {
    let value = row.try_get_raw("place")?;
    let bytes = match value.format() {
        PgValueFormat::Binary => value.as_bytes().ok(),
        PgValueFormat::Text => None,
    };
    match bytes {
        Some(&[a, b, c, d, e, f]) => {
            Ok(Key::Place { block: u32::from_be_bytes([a, b, c, d]), row: u16::from_be_bytes([e, f]) })
        }
        _ => Err(no_place()),
    }
}

/// The place of a unit that was read as text: `(12,3)`.
pub(super) fn place_in_text(row: &PgRow) -> Result<Key, sqlx::Error> {
    let text: Option<&str> = row.try_get("place")?;
    let parsed = || {
        let (block, row) = text?.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
        Some(Key::Place { block: block.parse().ok()?, row: row.parse().ok()? })
    };
    parsed().ok_or_else(no_place)
}

fn no_place() -> sqlx::Error {
    sqlx::Error::Protocol("\"place\" must be the ctid of a table: `SELECT ctid AS \"place\", …`".to_owned())
}
