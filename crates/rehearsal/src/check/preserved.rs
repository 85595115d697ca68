//! Checks of preserved rows: a query at the version of a fixture and a query after all migrations and backfills must
//! return the same rows. [`remember`] stores the rows of a query as hashes with a name, and [`Preserved::compare`]
//! reports differences.

use super::error::Error;
use super::file::Check;
use super::run::explain;
use futures_util::TryStreamExt;
use rehearsal_db::{self as db, Connection, Value};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::Xxh3Default;

/// How many missing or new rows a difference names.
const NAMED: usize = 3;

/// How many columns of such a row it shows.
const SHOWN_COLUMNS: usize = 4;

/// The rows of a query, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preserved {
    rows: BTreeMap<u128, (u64, String)>,
}

/// Runs one of the two queries of a check and stores its rows.
///
/// # Errors
/// [`Error::Query`] if the query fails.
pub async fn remember(connection: &mut Connection, check: &Check, sql: &str) -> Result<Preserved, Error> {
    let strict = connection.strict(sql);
    let mut preserved = Preserved::default();
    let read = async {
        let mut rows = connection.stream(&strict, &[]);
        while let Some(row) = rows.try_next().await? {
            let hash = digest(&row.values);
            let name = || {
                let shown = row.columns.iter().zip(&row.values).take(SHOWN_COLUMNS);
                let mut name = shown.map(|(column, value)| format!("{column} {value}")).collect::<Vec<_>>().join(", ");
                if row.values.len() > SHOWN_COLUMNS {
                    name.push_str(", …");
                }
                format!("({name})")
            };
            preserved.rows.entry(hash).or_insert_with(|| (0, name())).0 += 1;
        }
        Ok(())
    };
    let read: Result<(), db::Error> = read.await;
    match read {
        Ok(()) => Ok(preserved),
        Err(error @ db::Error::Statement { .. }) => Err(explain(connection, check, error).await),
        Err(error) => Err(error.into()),
    }
}

/// Returns the hash of a row. The type of each value and its length are part of it, so different rows differ.
fn digest(values: &[Value]) -> u128 {
    let mut hash = Xxh3Default::new();
    let mut add = |kind: u8, bytes: &[u8]| {
        hash.update(&[kind]);
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for value in values {
        match value {
            Value::Null => add(0, &[]),
            Value::Int(n) => add(1, &n.to_le_bytes()),
            Value::Real(n) => add(2, &n.to_bits().to_le_bytes()),
            Value::Text(text) => add(3, text.as_bytes()),
            Value::Blob(bytes) => add(4, bytes),
        }
    }
    hash.digest128()
}

impl Preserved {
    /// Describes the differences to the rows of the second query; empty if there are none.
    #[must_use]
    pub fn compare(&self, after: &Self) -> Vec<String> {
        let only = |these: &Self, those: &Self, what: &str| {
            let missing = |(hash, (n, name)): (&u128, &(u64, String))| {
                let more = n.saturating_sub(those.rows.get(hash).map_or(0, |(n, _)| *n));
                (more > 0).then(|| (more, name.clone()))
            };
            let rows: Vec<(u64, String)> = these.rows.iter().filter_map(missing).collect();
            let count: u64 = rows.iter().map(|(n, _)| n).sum();
            let names: Vec<&str> = rows.iter().take(NAMED).map(|(_, name)| name.as_str()).collect();
            (count > 0).then(|| {
                format!(
                    "{count} {} {what}, such as {}",
                    if count == 1 { "row exists" } else { "rows exist" },
                    names.join(", ")
                )
            })
        };
        let missing = only(self, after, "only before the migrations");
        let new = only(after, self, "only after the migrations");
        missing.into_iter().chain(new).collect()
    }
}
