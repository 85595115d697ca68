//! Where the child rows of units come from: nowhere, or streamed piece by piece beside their units.

use super::batch::Piece;
use super::child_counts::{Sizes, counted};
use super::definition::Backfill;
use super::error::{Error, reading, wrong_engine};
use super::findings::{Findings, UnitReconciliations};
use super::parent_child::ParentChildBackfill;
use super::work::Work;
use futures_util::TryStreamExt;
use rehearsal_db::{Connection, Driver, Key, PageError};
use std::collections::HashMap;
use tokio::sync::mpsc;

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
        let sizes =
            sizes.map_err(|PageError { error, .. }| reading(&work.about, reader, "counting rows".to_owned(), error))?;
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
                return Err(reading(&work.about, reader, format!("reading the rows{of}"), error));
            }
        }
        children.sizes = Some(Sizes { query: work.backfill.child_counts(), keys, rows: rows_of });
        Ok(Some(children))
    }
}
