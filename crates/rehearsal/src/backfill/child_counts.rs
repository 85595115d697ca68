//! Child row counts of the units of a batch. [`Sizes::still_hold`] detects rows that another session added or
//! removed while the batch was read.

use futures_util::TryStreamExt;
use rehearsal_db::{Driver, Key, PageError};
use std::collections::HashMap;

/// Child rows that were read of each unit of a batch.
#[derive(Debug)]
pub(super) struct Sizes {
    pub(super) query: &'static str,
    pub(super) keys: Vec<Key>,
    pub(super) rows: HashMap<String, u64>,
}

impl Sizes {
    /// Whether the counts still hold in the writer's transaction. A row that was inserted after the reader had
    /// passed would never be migrated.
    pub(super) async fn still_hold<D: Driver>(&self, connection: &mut D::Connection) -> Result<bool, PageError> {
        Ok(counted::<D>(connection, self.query, &self.keys).await? == self.rows)
    }
}

/// Counts the child rows of each unit. The result has no entry for a unit without rows.
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
