//! The reader of a range: `Work::read` reads units page by page, transforms them, and sends them to the
//! writer as batches.

use super::batch::{End, Piece};
use super::child_rows::{ChildSource, ChildrenRead};
use super::definition::Backfill;
use super::error::{Error, behind, reading, statement, wrong_engine};
use super::findings::{Findings, UnitReconciliations};
use super::pass::Effect;
use super::work::{Orphans, Work};
use crate::ledger::{FindingKind, ValueOutcome};
use futures_util::TryStreamExt;
use rehearsal_db::{Connection, Driver, Fetched, Key, Page, PageError, Value};
use std::collections::{HashSet, VecDeque};
use tokio::sync::mpsc;

impl<B: Backfill> Work<'_, B> {
    /// Reads and transforms the units after `after` up to `until`, and sends them to the writer.
    pub(super) async fn read<S: ChildSource<B>>(
        &self,
        reader: &mut Connection,
        mut after: Option<Key>,
        until: Option<Key>,
        orphans: Orphans,
        sender: &mpsc::Sender<Result<Piece<B>, Error>>,
    ) -> Result<(), Error> {
        let (mut reported, mut number) = (0, 0);
        let mut unwritten: VecDeque<HashSet<Key>> = VecDeque::new();
        if orphans == Orphans::Record
            && let Some(piece) = self.orphans(reader).await?
            && sender.send(Ok(piece)).await.is_err()
        {
            return Ok(());
        }
        if until.is_none() {
            // The range has no units.
            return Ok(());
        }
        loop {
            // Wait for a slot before reading: only two batches exist at a time, this one and the one that is written.
            let Ok(slot) = sender.reserve().await else { return Ok(()) };
            let (limit, bytes) = self.sizer(|sizer| sizer.next());
            let page = Page {
                units: self.backfill.units(),
                which: self.pass.effect.which(),
                scope: &self.pass.scope.0,
                after: after.clone(),
                until: until.clone(),
                limit,
                bytes,
            };
            let read = {
                let _reading = self.take_turn().await;
                let Some(connection) = B::Db::typed(reader) else { return Err(wrong_engine(reader)) };
                B::Db::page::<B::Unit>(connection, &page).await
            };
            let Fetched { mut units, bytes } = match read {
                Ok(fetched) => fetched,
                Err(PageError { at, error }) => {
                    let what = match at {
                        Some(key) => format!("reading the {} at {key}", self.about.unit),
                        None => format!("reading {}s{}", self.about.unit, behind(after.as_ref())),
                    };
                    return Err(reading(&self.about, reader, what, error));
                }
            };
            if units.is_empty() {
                return Ok(());
            }
            let read = units.len();
            units.truncate(S::fitting(self, reader, &units).await?);
            let Some(last) = units.last().map(|found| found.position.clone()) else { return Ok(()) };
            after = Some(last.clone());
            if let Key::Place { .. } = last {
                // Another session can move a unit of a batch that is not written yet into this page.
                units.retain(|found| !unwritten.iter().any(|batch| batch.contains(&found.key)));
                unwritten.push_back(units.iter().map(|found| found.key.clone()).collect());
                if unwritten.len() > S::AHEAD {
                    unwritten.pop_front();
                }
            }
            units.retain(|_| {
                number += 1;
                self.pass.units.includes(number - 1)
            });
            let mut slot = Some(slot);
            let mut children = ChildrenRead::default();
            if self.pass.effect != Effect::Undo && !units.is_empty() {
                // The pieces of child rows need the slot.
                if S::HAS_CHILDREN {
                    slot = None;
                }
                match S::stream(self, reader, &units, sender).await? {
                    Some(all) => children = all,
                    None => return Ok(()),
                }
            }
            self.sizer(|sizer| sizer.read(read as u64, units.len() as u64, bytes + children.bytes));
            let units = units.into_iter().map(|found| found.unit).collect();
            let mut piece = self.transform(units, last, &children.reconciliations, &mut reported);
            if let Some(end) = &mut piece.end {
                end.sizes = children.sizes;
            }
            match slot {
                Some(slot) => slot.send(Ok(piece)),
                None => drop(sender.send(Ok(piece)).await),
            }
        }
    }

    fn transform(
        &self,
        units: Vec<B::Unit>,
        last: Key,
        reconciliations: &UnitReconciliations,
        reported: &mut u64,
    ) -> Piece<B> {
        let mut findings = Findings::default();
        let mut piece = Piece::empty();
        if self.pass.effect != Effect::Undo {
            for unit in &units {
                let id = self.backfill.id(unit);
                if let Some(reconciliation) = reconciliations.get(&id) {
                    findings.reconciled(id.clone(), reconciliation);
                }
                findings.unit(id);
                match self.backfill.transform(unit, &mut findings) {
                    Ok(output) => {
                        if self.pass.lines.wants(*reported) {
                            piece.lines.push(self.backfill.describe(unit, &output));
                            *reported += 1;
                        }
                        piece.outputs.push(output);
                    }
                    Err(reject) => piece.reject(self.backfill.id(unit), reject, &mut findings),
                }
            }
        }
        piece.found(findings.take());
        (piece.counts.units, piece.counts.batches) = (units.len() as u64, 1);
        piece.end = Some(End { last: Some(last), units, sizes: None });
        piece
    }

    /// Returns the rows that belong to no unit as a separate batch; `None` if there are none.
    async fn orphans(&self, reader: &mut Connection) -> Result<Option<Piece<B>>, Error> {
        let Some(query) = self.backfill.orphans() else { return Ok(None) };
        let mut findings = Findings::default();
        let mut rows = reader.stream(query, &[]);
        let read = loop {
            match rows.try_next().await {
                Ok(Some(row)) => {
                    let text = |at: usize| row.values.get(at).and_then(Value::as_text).unwrap_or_default();
                    findings.reconciliation().field(text(0), ValueOutcome::Skipped, 1);
                    findings.record(FindingKind::Skipped, text(0), text(1));
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(rows);
        let what = || format!("reading the rows that belong to no {}", self.about.unit);
        read.map_err(|error| statement(&self.about, reader, what(), error, 0))?;
        let mut piece = Piece::empty();
        piece.found(findings.take());
        piece.end = Some(End { last: None, units: Vec::new(), sizes: None });
        Ok(Some(piece).filter(|piece| !piece.counts.findings.is_empty()))
    }
}
