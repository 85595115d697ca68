//! The digest of PostgreSQL tables, computed by the server: sums of hashes of the values' text. That is exact for
//! every type and stable within one server, which is enough for two scratch databases.

use super::connection::PostgresSession;
use super::schema::{OURS, table, text};
use crate::Session;
use crate::{Engine, Error, TableDigest, TableShape, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::iter;
use std::sync::LazyLock;

/// The seed of the hashes: any number works.
const SEED: &str = "7";

pub(crate) async fn digests(session: &mut PostgresSession, tables: &[TableShape]) -> Result<Vec<TableDigest>, Error> {
    let bare = bare(session).await?;
    let is_asked = |table: &&TableShape| !bare.contains(&table.name);
    let mut digests = BTreeMap::new();
    let asked: Vec<&TableShape> = tables.iter().filter(is_asked).collect();
    for tables in asked.chunks(TABLES_PER_QUERY) {
        // Several statements in one text run one after the other; joined by UNION they take the server longer to plan.
        let mut sql = String::new();
        tables.iter().for_each(|table| one(&mut sql, table));
        let rows = session.rows(&sql, &[]).await?;
        digests.extend(tables.iter().zip(&rows).map(|(table, row)| (table.name.as_str(), read(table, row))));
    }
    Ok(tables.iter().map(|table| digests.remove(table.name.as_str()).unwrap_or_else(|| read(table, &[]))).collect())
}

/// The number of tables in one query.
const TABLES_PER_QUERY: usize = 50;

/// The tables without a page, and so without a row: most tables of a rehearsal.
async fn bare(session: &mut PostgresSession) -> Result<BTreeSet<String>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE {OURS} AND CASE c.relkind WHEN 'r' THEN pg_relation_size(c.oid) = 0 END",
            table("n", "c")
        )
    });
    Ok(session.known(&QUERY).await?.iter().map(|row| text(&row[0])).collect())
}

/// Appends the query for a table's number of rows and its sums.
fn one(sql: &mut String, table: &TableShape) {
    let quote = |column: &String| Engine::Postgres.quote(column);
    // The collations of the columns may conflict, or treat different texts as equal.
    let hash = |text: &str, seed: &str| format!("hashtextextended({text} COLLATE \"C\", {seed})");
    // Without a key, the whole row identifies a row.
    let columns = if table.key.is_empty() { &table.columns } else { &table.key };
    let columns = columns.iter().map(|column| format!("t.{}", quote(column))).collect::<Vec<_>>();
    let key = match columns.as_slice() {
        [column] if !table.key.is_empty() => column.clone(),
        columns => format!("ROW({})", columns.join(", ")),
    };
    let key = hash(&format!("{key}::text"), SEED);
    let seed = if table.key.is_empty() { SEED } else { &key };
    let _ = write!(sql, "SELECT count(*), concat_ws(' ', coalesce(sum({key}), 0)");
    for column in &table.columns {
        // NULL counts as 1, to which hardly any text hashes.
        let cell = hash(&format!("t.{}::text", quote(column)), seed);
        let _ = write!(sql, ", coalesce(sum(coalesce({cell}, 1)), 0)");
    }
    let _ = write!(sql, ") FROM {} AS t;", Engine::Postgres.rows_of(table));
}

fn read(table: &TableShape, row: &[Value]) -> TableDigest {
    // The sum of a few million 64-bit numbers is far below 128 bits.
    let number = |text: &str| text.parse::<i128>().unwrap_or_default().cast_unsigned();
    let mut sums = row.get(1).and_then(Value::as_text).unwrap_or_default().split(' ').map(number);
    let rows = row.first().and_then(Value::as_int).and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    let whole = sums.next().unwrap_or_default();
    TableDigest {
        rows,
        whole,
        columns: table.columns.iter().cloned().zip(sums.chain(iter::repeat(0))).collect(),
        key: table.key.clone(),
    }
}
