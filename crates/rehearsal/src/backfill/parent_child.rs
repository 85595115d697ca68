//! Data changes whose units have any number of child rows. Implement [`ParentChildBackfill`] and register it as a
//! [`ParentChild`]. Child rows are read, transformed and written piece by piece; a unit and all of its child rows
//! are still one transaction.

use super::definition::Backfill;
use super::findings::{Findings, Reject};
use sqlx::{Database, FromRow};

/// A data change whose units have child rows. [`Backfill::transform`] transforms a unit after its child rows.
pub trait ParentChildBackfill: Backfill {
    /// One child row: a row of [`Self::child_queries`].
    type Child: for<'r> FromRow<'r, <Self::Db as Database>::Row> + Send + Sync + Unpin + 'static;
    /// State that [`Self::transform_child`] keeps from one row of a batch to the next.
    type State: Default + Send;

    /// A query that counts child rows, which limits the size of a batch. Its parameter is the list of the units'
    /// cursors (on SQLite as JSON); its columns are `"unit"`, a cursor, and `"n"`. Several rows for a unit are added
    /// up.
    fn child_counts(&self) -> &'static str;

    /// The queries for the child rows of a batch, read one after the other. The parameter is the list of the units'
    /// cursors (on SQLite as JSON); the column `"unit"` is the cursor of the row's unit. Each query must keep the
    /// rows of a unit together; its order is preserved.
    fn child_queries(&self) -> &'static [&'static str];

    /// Transforms a child row. Must be pure, like [`Backfill::transform`]. `None` if the row is not migrated.
    ///
    /// # Errors
    /// A [`Reject`] if the row cannot be transformed. It stops an execution.
    fn transform_child(
        &self,
        row: &Self::Child,
        state: &mut Self::State,
        findings: &mut Findings,
    ) -> Result<Option<Self::Output>, Reject>;
}

/// Wraps a [`ParentChildBackfill`] for the registry.
pub struct ParentChild<B>(pub B);
