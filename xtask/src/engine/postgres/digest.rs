//! The digest of a PostgreSQL table, made by the server: sums of hashes of the values' text, which is exact for every type
//! and stable within one server, which is all that two scratch databases need.

use super::session::Session;
use crate::engine::{Engine, Error, TableDigest, TableShape, Value};
use std::collections::BTreeMap;

pub(crate) async fn digest(session: &mut Session, table: &TableShape) -> Result<TableDigest, Error> {
    let quote = |column: &String| Engine::Postgres.quote(column);
    // NULL is told from every text by a number of its own. The columns' own collations may contradict each other, or take
    // different texts for equal.
    let hash =
        |text: &str| format!("CASE WHEN {text} IS NULL THEN 1 ELSE hashtextextended({text} COLLATE \"C\", 7) END");
    let key = table.key.iter().map(|column| format!("{}::text", quote(column))).collect::<Vec<_>>().join(" || ',' || ");
    let sum = |column: &String| {
        let text = format!("{}::text", quote(column));
        let bound = if key.is_empty() { text.clone() } else { format!("({key} || '=' || {text})") };
        format!("coalesce(sum({}::numeric), 0)::text", hash(&bound))
    };
    let whole = format!("ROW({})::text", table.columns.iter().map(quote).collect::<Vec<_>>().join(", "));
    let mut parts =
        vec!["count(*)".to_owned(), format!("coalesce(sum(hashtextextended({whole}, 7)::numeric), 0)::text")];
    parts.extend(table.columns.iter().map(sum));
    let sql = format!("SELECT {} FROM {}", parts.join(", "), Engine::Postgres.quote_table(&table.name));
    let rows = session.rows(&sql, &[]).await?;
    let row = rows.into_iter().next().unwrap_or_default();
    // The sum of a few million numbers of 64 bits is far below 128 bits.
    let number = |value: Option<&Value>| {
        value.and_then(Value::as_text).and_then(|text| text.parse::<i128>().ok()).unwrap_or_default().cast_unsigned()
    };
    let count = row.first().and_then(Value::as_int).and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    let columns: BTreeMap<String, u128> =
        table.columns.iter().enumerate().map(|(i, column)| (column.clone(), number(row.get(i + 2)))).collect();
    Ok(TableDigest { rows: count, whole: number(row.get(1)), columns, key: table.key.clone() })
}
