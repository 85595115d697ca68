//! How many child rows the units of a batch have.

use futures_util::TryStreamExt;
use rehearsal_db::{Driver, Key, PageError};
use std::collections::HashMap;

/// How many rows were read of each unit of a batch.
#[derive(Debug)]
pub(super) struct Sizes {
    pub(super) query: &'static str,
    pub(super) keys: Vec<Key>,
    pub(super) rows: HashMap<String, u64>,
}

impl Sizes {
    /// Whether there are as many now, in the writer's transaction: a row that came behind the reader's back would be left
    /// out for good.
    pub(super) async fn still_hold<D: Driver>(&self, connection: &mut D::Connection) -> Result<bool, PageError> {
        Ok(counted::<D>(connection, self.query, &self.keys).await? == self.rows)
    }
}

/// How many rows each of some units has, but for those that have none.
pub(super) async fn counted<D: Driver>(
    connection: &mut D::Connection,
    query: &'static str,
    keys: &[Key],
) -> Result<HashMap<String, u64>, PageError> {
    let mut counted = HashMap::new();
    let mut sizes = D::sizes(connection, query, keys);
    while let Some((unit, n)) = sizes.try_next().await? {
        *counted.entry(unit.to_string()).or_default() += n;
    }
    Ok(counted)
}
