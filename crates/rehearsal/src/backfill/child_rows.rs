//! Sources of child rows. [`NoChildren`] is for backfills whose units are single rows; [`StreamedChildren`] reads
//! the child rows of a [`ParentChildBackfill`] piece by piece.

use super::batch::Piece;
use super::child_counts::{Sizes, counted};
use super::definition::Backfill;
use super::error::{Error, reading, wrong_engine};
use super::findings::{Findings, UnitReconciliations};
use super::parent_child::ParentChildBackfill;
use super::work::Work;
use futures_util::TryStreamExt;
use rehearsal_db::{Connection, Driver, Found, Key, PageError};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// Where the child rows of units come from.
pub(super) trait ChildSource<B: Backfill> {
    /// Whether units have child rows.
    const HAS_CHILDREN: bool;

    /// Maximum number of pieces that wait for the writer.
    const AHEAD: usize;

    /// How many of these units, counted from the first, make a batch: at least one.
    fn fitting(
        work: &Work<'_, B>,
        reader: &mut Connection,
        units: &[Found<B::Unit>],
    ) -> impl Future<Output = Result<usize, Error>> + Send;

    /// Reads and transforms the child rows of these units and sends them to the writer. `None` if the writer has
    /// stopped.
    fn stream(
        work: &Work<'_, B>,
        reader: &mut Connection,
        units: &[Found<B::Unit>],
        sender: &mpsc::Sender<Result<Piece<B>, Error>>,
    ) -> impl Future<Output = Result<Option<ChildrenRead>, Error>> + Send;
}

/// Facts about the child rows that were sent to the writer.
#[derive(Debug, Default)]
pub(super) struct ChildrenRead {
    /// Their size in bytes.
    pub(super) bytes: u64,
    /// Their reconciliation, by unit.
    pub(super) reconciliations: UnitReconciliations,
    /// Their number, by unit; `None` if units have no child rows.
    pub(super) sizes: Option<Sizes>,
}

/// Units are single rows.
pub(super) struct NoChildren;

impl<B: Backfill> ChildSource<B> for NoChildren {
    const HAS_CHILDREN: bool = false;
    const AHEAD: usize = 1;

    async fn fitting(_: &Work<'_, B>, _: &mut Connection, units: &[Found<B::Unit>]) -> Result<usize, Error> {
        Ok(units.len())
    }

    async fn stream(
        _: &Work<'_, B>,
        _: &mut Connection,
        _: &[Found<B::Unit>],
        _: &mpsc::Sender<Result<Piece<B>, Error>>,
    ) -> Result<Option<ChildrenRead>, Error> {
        Ok(Some(ChildrenRead::default()))
    }
}

/// Units have child rows, which are read one by one.
pub(super) struct StreamedChildren;

/// Maximum rows of a piece.
const ROWS: usize = 2000;
/// Size in bytes at which a piece ends early.
const BYTES: u64 = 1024 * 1024;
/// Maximum child rows of a batch that has more than one unit.
const ROWS_OF_A_BATCH: u64 = 20_000;

impl<B: ParentChildBackfill> ChildSource<B> for StreamedChildren {
    const HAS_CHILDREN: bool = true;
    // The writer finishes a batch while the query of the next one finds its first rows.
    const AHEAD: usize = 8;

    async fn fitting(work: &Work<'_, B>, reader: &mut Connection, units: &[Found<B::Unit>]) -> Result<usize, Error> {
        let keys: Vec<Key> = units.iter().map(|found| found.key.clone()).collect();
        let Some(connection) = B::Db::typed(reader) else { return Err(wrong_engine(reader)) };
        let sizes = counted::<B::Db>(connection, work.backfill.child_counts(), &keys).await;
        let what = "counting child rows".to_owned();
        let sizes = sizes.map_err(|PageError { error, .. }| reading(&work.about, reader, what, error))?;
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
        units: &[Found<B::Unit>],
        sender: &mpsc::Sender<Result<Piece<B>, Error>>,
    ) -> Result<Option<ChildrenRead>, Error> {
        let names: HashMap<String, String> =
            units.iter().map(|found| (found.key.to_string(), work.backfill.id(&found.unit))).collect();
        let keys: Vec<Key> = units.iter().map(|found| found.key.clone()).collect();
        let (mut children, mut state) = (ChildrenRead::default(), B::State::default());
        let mut rows_of: HashMap<String, u64> = HashMap::new();
        for query in work.backfill.child_queries() {
            let mut attempts = 0;
            let failed = 'attempt: loop {
                attempts += 1;
                let Some(connection) = B::Db::typed(reader) else { return Err(wrong_engine(reader)) };
                let mut rows = B::Db::rows::<B::Child>(connection, query, &keys);
                loop {
                    let Ok(slot) = sender.reserve().await else { return Ok(None) };
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
                        None => slot.send(Ok(piece)),
                        Some(None) => {
                            slot.send(Ok(piece));
                            break 'attempt None;
                        }
                        Some(Some(error)) if attempts == 1 && error.was_forgotten() => continue 'attempt,
                        Some(Some(error)) => break 'attempt Some(error),
                    }
                }
            };
            if let Some(PageError { at, error }) = failed {
                let of = at.map(|key| format!(" of {key}")).unwrap_or_default();
                return Err(reading(&work.about, reader, format!("reading the child rows{of}"), error));
            }
        }
        children.sizes = Some(Sizes { query: work.backfill.child_counts(), keys, rows: rows_of });
        Ok(Some(children))
    }
}
