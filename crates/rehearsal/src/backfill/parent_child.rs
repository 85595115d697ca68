//! Data changes whose units have any number of child rows. The children are read, transformed and written piece by piece, and a
//! unit with all of its children is one transaction all the same.

use super::definition::Backfill;
use super::findings::{Findings, Reject};
use sqlx::{Database, FromRow};

/// A data change whose units consist of rows. A unit itself is transformed behind its rows, by [`Backfill::transform`].
pub trait ParentChildBackfill: Backfill {
    /// One row, as the columns of [`Self::child_queries`] give it.
    type Child: for<'r> FromRow<'r, <Self::Db as Database>::Row> + Send + Sync + Unpin + 'static;
    /// What transforming remembers from one row of a batch to the next.
    type State: Default + Send;

    /// How many rows each of some units has: a query whose parameter is the list of the units' cursors (on SQLite as JSON), of
    /// `"unit"`, a cursor, and `"n"`. There may be several lines for a unit; they are added up. A batch is cut by it.
    fn child_counts(&self) -> &'static str;

    /// The rows of the units of a batch: queries that are read one after the other, whose parameter is the list of the units'
    /// cursors (on SQLite as JSON), with a column `"unit"`, the cursor of the unit that a row belongs to. They come in the
    /// order that the query says, those of a unit together.
    fn child_queries(&self) -> &'static [&'static str];

    /// What a row becomes: pure, as [`Backfill::transform`] is. Nothing, where it is not carried over.
    ///
    /// # Errors
    /// A [`Reject`] where the row can't be transformed; that stops an execution.
    fn transform_child(
        &self,
        row: &Self::Child,
        state: &mut Self::State,
        findings: &mut Findings,
    ) -> Result<Option<Self::Output>, Reject>;
}

/// A [`ParentChildBackfill`] backfill as a registry keeps it.
pub struct ParentChild<B>(pub B);
