//! Data changes whose units consist of any number of rows: those are read, transformed and written piece by piece, and a unit
//! is one transaction all the same.

use super::findings::UnitReconciliations;
use super::run::wrong_engine;
use super::work::{Piece, Work};
use super::{Backfill, Error, Findings, Reject};
use futures_util::TryStreamExt;
use rehearsal_db::{Connection, Driver, Key, PageError};
use sqlx::{Database, FromRow};
use std::collections::HashMap;
use tokio::sync::mpsc;

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

/// A backfill as a registry keeps it: with where the rows of its units come from.
pub(super) trait Registered: Send + Sync {
    type Backfill: Backfill;
    type ChildSource: ChildSource<Self::Backfill>;

    fn backfill(&self) -> &Self::Backfill;
}

impl<B: Backfill> Registered for B {
    type Backfill = B;
    type ChildSource = NoChildren;

    fn backfill(&self) -> &B {
        self
    }
}

/// Where the rows of units come from.
pub(super) trait ChildSource<B: Backfill> {
    /// Whether there are any.
    const HAS_CHILDREN: bool;

    /// How many pieces wait to be written at the most.
    const AHEAD: usize;

    /// How many of these units, counted from the first, make a batch: one at least.
    fn fitting(
        work: &Work<'_, B>,
        reader: &mut Connection,
        units: &[(Key, B::Unit)],
    ) -> impl Future<Output = Result<usize, Error>> + Send;

    /// Reads and transforms the rows of these units, and hands them on. Nothing, where nobody takes them any more.
    fn stream(
        work: &Work<'_, B>,
        reader: &mut Connection,
        units: &[(Key, B::Unit)],
        sender: &mpsc::Sender<Result<Piece<B>, Error>>,
    ) -> impl Future<Output = Result<Option<ChildrenRead>, Error>> + Send;
}

/// What is known of rows that were handed on.
#[derive(Debug, Default)]
pub(super) struct ChildrenRead {
    /// How many bytes they held.
    pub(super) bytes: u64,
    /// What became of them, unit by unit.
    pub(super) reconciliations: UnitReconciliations,
    /// How many they were.
    pub(super) sizes: Option<Sizes>,
}

/// How many rows were read of each unit of a batch.
#[derive(Debug)]
pub(super) struct Sizes {
    query: &'static str,
    keys: Vec<Key>,
    rows: HashMap<String, u64>,
}

impl Sizes {
    /// Whether there are as many now, in the writer's transaction: a row that came behind the reader's back would be left
    /// out for good.
    pub(super) async fn still_hold<D: Driver>(&self, connection: &mut D::Connection) -> Result<bool, PageError> {
        Ok(counted::<D>(connection, self.query, &self.keys).await? == self.rows)
    }
}

/// How many rows each of some units has, but for those that have none.
async fn counted<D: Driver>(
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

/// Units are read as wholes.
pub(super) struct NoChildren;

impl<B: Backfill> ChildSource<B> for NoChildren {
    const HAS_CHILDREN: bool = false;
    const AHEAD: usize = 1;

    async fn fitting(_: &Work<'_, B>, _: &mut Connection, units: &[(Key, B::Unit)]) -> Result<usize, Error> {
        Ok(units.len())
    }

    async fn stream(
        _: &Work<'_, B>,
        _: &mut Connection,
        _: &[(Key, B::Unit)],
        _: &mpsc::Sender<Result<Piece<B>, Error>>,
    ) -> Result<Option<ChildrenRead>, Error> {
        Ok(Some(ChildrenRead::default()))
    }
}

/// Units are read row by row.
pub(super) struct StreamedChildren;

/// How many rows a piece has at most, and at how many bytes it is enough.
const ROWS: usize = 2000;
const BYTES: u64 = 1024 * 1024;
/// How many rows the units of a batch have together, where it isn't a single one.
const ROWS_OF_A_BATCH: u64 = 20_000;

impl<B: ParentChildBackfill> ChildSource<B> for StreamedChildren {
    const HAS_CHILDREN: bool = true;
    // While the first rows of a batch are looked for, the last of the one before it are written.
    const AHEAD: usize = 8;

    async fn fitting(work: &Work<'_, B>, reader: &mut Connection, units: &[(Key, B::Unit)]) -> Result<usize, Error> {
        let keys: Vec<Key> = units.iter().map(|(key, _)| key.clone()).collect();
        let Some(connection) = B::Db::typed(reader) else { return Err(wrong_engine(reader)) };
        let sizes = counted::<B::Db>(connection, work.backfill.child_counts(), &keys).await;
        let sizes = sizes.map_err(|PageError { error, .. }| work.reading(reader, "counting rows".to_owned(), error))?;
        let mut rows = 0;
        let fits = |key: &&Key| {
            rows += sizes.get(&key.to_string()).copied().unwrap_or_default();
            rows <= ROWS_OF_A_BATCH
        };
        Ok(keys.iter().take_while(fits).count().max(1))
    }

    async fn stream(
        work: &Work<'_, B>,
        reader: &mut Connection,
        units: &[(Key, B::Unit)],
        sender: &mpsc::Sender<Result<Piece<B>, Error>>,
    ) -> Result<Option<ChildrenRead>, Error> {
        let names: HashMap<String, String> =
            units.iter().map(|(key, unit)| (key.to_string(), work.backfill.id(unit))).collect();
        let keys: Vec<Key> = units.iter().map(|(key, _)| key.clone()).collect();
        let (mut children, mut state) = (ChildrenRead::default(), B::State::default());
        let mut rows_of: HashMap<String, u64> = HashMap::new();
        for query in work.backfill.child_queries() {
            let failed = {
                let Some(connection) = B::Db::typed(reader) else { return Err(wrong_engine(reader)) };
                let mut rows = B::Db::rows::<B::Child>(connection, query, &keys);
                loop {
                    let Ok(place) = sender.reserve().await else { return Ok(None) };
                    let mut piece = Piece::empty();
                    let (mut findings, mut read, mut bytes) = (Findings::of_rows(), 0, 0);
                    let end = loop {
                        if read >= ROWS || bytes >= BYTES {
                            break None;
                        }
                        let (unit, row, size) = match rows.try_next().await {
                            Ok(Some(row)) => row,
                            Ok(None) => break Some(None),
                            Err(error) => break Some(Some(error)),
                        };
                        (read, bytes) = (read + 1, bytes + size);
                        let unit = unit.to_string();
                        let name = names.get(&unit).cloned().unwrap_or_default();
                        findings.unit(name.clone());
                        *rows_of.entry(unit).or_default() += 1;
                        match work.backfill.transform_child(&row, &mut state, &mut findings) {
                            Ok(output) => piece.outputs.extend(output),
                            Err(reject) => piece.reject(name, reject, &mut findings),
                        }
                    };
                    children.bytes += bytes;
                    for (unit, reconciliation) in piece.found(findings.take()) {
                        children.reconciliations.entry(unit).or_default().add(&reconciliation);
                    }
                    match end {
                        None => place.send(Ok(piece)),
                        Some(None) => {
                            place.send(Ok(piece));
                            break None;
                        }
                        Some(Some(error)) => break Some(error),
                    }
                }
            };
            if let Some(PageError { at, error }) = failed {
                let of = at.map(|key| format!(" of {key}")).unwrap_or_default();
                return Err(work.reading(reader, format!("reading the rows{of}"), error));
            }
        }
        children.sizes = Some(Sizes { query: work.backfill.child_counts(), keys, rows: rows_of });
        Ok(Some(children))
    }
}

/// A [`ParentChildBackfill`] backfill as a registry keeps it.
pub struct ParentChild<B>(pub B);

impl<B: ParentChildBackfill> Registered for ParentChild<B> {
    type Backfill = B;
    type ChildSource = StreamedChildren;

    fn backfill(&self) -> &B {
        &self.0
    }
}
