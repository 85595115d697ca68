//! The writer of a range: `Work::take_all` writes pieces as they arrive. The rows of a batch and its range's cursor,
//! counts and findings are committed in one transaction.

use super::batch::Piece;
use super::batch_size::BatchSizer;
use super::definition::{Backfill, Undone, Written};
use super::error::{Error, behind, reading, statement, wrong_engine};
use super::pass::{Effect, Fault};
use super::spool::Spool;
use super::throttle::{self, Advice};
use super::work::{Halt, Work};
use crate::event::Event;
use crate::ledger::{self, Counts, Json, Range, RunState, UndoNotes};
use crate::plural::counted;
use rehearsal_db::{self as db, Connection, Driver, PageError};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// A batch that is partly written and not committed.
struct Open {
    /// The range as it will be after the batch.
    next: Range,
    /// The counts of the batch.
    counts: Counts,
    start: Instant,
    lines: Vec<String>,
    findings: Spool,
    /// The data that undo needs, by unit: at most one note per unit of the batch.
    notes: BTreeMap<String, Option<Json>>,
    /// Pieces written so far.
    pieces: u32,
}

impl<B: Backfill> Work<'_, B> {
    /// Writes pieces until the range ends or the worker halts.
    pub(super) async fn take_all(
        &self,
        mut writer: Option<&mut Connection>,
        range: &mut Range,
        receiver: &mut mpsc::Receiver<Result<Piece<B>, Error>>,
    ) -> Result<Halt, Error> {
        let mut open = None;
        let mut noticed = self.pool.pressure.waits();
        while let Some(piece) = receiver.recv().await {
            let done = match piece {
                Err(error) => Err(error.after(self.pool.units())),
                Ok(piece) => self.take(writer.as_deref_mut(), range, &mut open, piece).await,
            };
            match done {
                Ok(Taken::Part) => {}
                // Never stops in the middle of a unit.
                Ok(Taken::Batch { .. }) if self.pool.is_to_stop() => return Ok(Halt::Stopped),
                Ok(Taken::Batch { units, took }) => {
                    if self.pass.effect.work().is_some() {
                        self.sizer(|sizer| sizer.wrote(units, took));
                    }
                    if throttle::rest(self.pool, took, &mut noticed).await == Advice::Shorter {
                        self.sizer(BatchSizer::shorten);
                    }
                    if self.pool.is_to_stop() {
                        return Ok(Halt::Stopped);
                    }
                }
                Ok(Taken::Nothing(halt)) => return Ok(halt),
                Err(error) => {
                    if let (Some(_), Some(writer)) = (open, writer) {
                        writer.rollback().await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(Halt::Finished)
    }

    /// Writes a piece, or only counts it if `writer` is `None`. Commits at the end of a batch.
    async fn take(
        &self,
        mut writer: Option<&mut Connection>,
        range: &mut Range,
        open: &mut Option<Open>,
        mut piece: Piece<B>,
    ) -> Result<Taken, Error> {
        if let (Some(writer), false) = (&writer, piece.rejects.is_empty()) {
            let rejects = piece.rejects;
            for reject in &rejects {
                self.pool.tell(Event::FindingCommitted(reject.clone()));
                self.pool.tell(Event::FindingReported(reject.clone()));
            }
            let (backfill, unit, committed) = (self.about.name, self.about.unit, self.pool.units());
            let (database, next) = (writer.address(), writer.command(&format!("backfill {backfill}")));
            return Err(Error::Rejected { backfill, unit, database, next, rejects, committed });
        }
        let start = Instant::now();
        if let (Some(writer), None) = (writer.as_deref_mut(), &open)
            && let Some(halt) = self.begin(writer, range).await?
        {
            return Ok(Taken::Nothing(halt));
        }
        let batch = open.get_or_insert_with(|| Open {
            next: range.clone(),
            counts: Counts::default(),
            start,
            lines: Vec::new(),
            findings: Spool::default(),
            notes: BTreeMap::new(),
            pieces: 0,
        });
        batch.pieces += 1;
        match writer {
            Some(writer) => {
                if let Err(error) = self.write(writer, range, batch, &mut piece).await {
                    let is_whole = batch.pieces == 1 && piece.end.is_some();
                    *open = None;
                    writer.rollback().await;
                    let error = error.name_holders(writer).await;
                    return Err(if is_whole { self.blame(writer, &piece, error).await } else { error });
                }
            }
            None => {
                batch.counts.add(&piece.counts);
                batch.counts.writes += self.rows(&piece.outputs);
                if let Some(end) = &piece.end {
                    batch.next.cursor = end.last.clone().or(batch.next.cursor.take());
                }
            }
        }
        batch.lines.append(&mut piece.lines);
        batch.findings.append(piece.findings).map_err(spooling)?;
        if piece.end.is_some()
            && let Some(batch) = open.take()
        {
            *range = batch.next;
            let (units, took) = (batch.counts.units, batch.start.elapsed());
            self.tell(&batch.counts, batch.lines, batch.findings)?;
            return Ok(Taken::Batch { units, took });
        }
        Ok(Taken::Part)
    }

    /// Begins the transaction of a batch, or returns the reason to halt.
    async fn begin(&self, writer: &mut Connection, range: &Range) -> Result<Option<Halt>, Error> {
        writer.begin_with_short_lock_timeout().await?;
        let Some(lease) = range.lease else { return Ok(None) };
        match ledger::hold(writer, lease).await {
            Ok(Some(RunState::Running)) => Ok(None),
            Ok(state) => {
                writer.rollback().await;
                Ok(Some(state.map_or(Halt::Lost, Halt::StateChanged)))
            }
            Err(error) => {
                writer.rollback().await;
                Err(error.into())
            }
        }
    }

    /// Writes the rows and the findings. At the end of a batch, stores its progress and commits.
    async fn write(
        &self,
        writer: &mut Connection,
        range: &Range,
        batch: &mut Open,
        piece: &mut Piece<B>,
    ) -> Result<(), Error> {
        let taken = match (self.pass.effect, &piece.end) {
            (Effect::Undo, Some(end)) => ledger::take_notes(writer, self.about.name, &self.ids(&end.units)).await?,
            _ => UndoNotes::new(),
        };
        let Some(connection) = B::Db::typed(writer) else { return Err(wrong_engine(writer)) };
        let start = Instant::now();
        let written = match (self.pass.effect, &piece.end) {
            (Effect::Undo, Some(end)) => self.backfill.undo(connection, &end.units, &taken).await,
            (Effect::Undo, None) => Ok(Undone::default()),
            _ if piece.outputs.is_empty() => Ok(Undone::default()),
            _ => self.backfill.write(connection, &piece.outputs).await.map(|Written { rows, notes }| {
                batch.notes.extend(notes);
                Undone::from(rows)
            }),
        };
        let Undone { rows, unchanged: referred_to } = written.map_err(|error| {
            if self.backfill.is_overtaken(&error) {
                let why = format!("another session changed rows after they were read ({error})");
                return Self::was_overtaken(writer, why);
            }
            let what = match &piece.end {
                Some(end) if end.units.len() == 1 => format!("writing 1 {}", self.about.unit),
                Some(end) => format!("writing {} {}s", end.units.len(), self.about.unit),
                None => format!("writing {} rows", piece.outputs.len()),
            };
            let what = format!("{what}{}", behind(range.cursor.as_ref()));
            statement(&self.about, writer, what, writer.explain(error), self.pool.units()).waited_since(start)
        })?;
        if self.pass.effect == Effect::Execute
            && let Some(sizes) = piece.end.as_ref().and_then(|end| end.sizes.as_ref())
        {
            let Some(connection) = B::Db::typed(writer) else { return Err(wrong_engine(writer)) };
            let (start, hold) = (Instant::now(), sizes.still_hold::<B::Db>(connection).await);
            let what = || "counting child rows again".to_owned();
            let failed = |PageError { error, .. }| reading(&self.about, writer, what(), error).waited_since(start);
            if !hold.map_err(failed)? {
                let why = "another session added or removed child rows while they were read".to_owned();
                return Err(Self::was_overtaken(writer, why));
            }
        }
        let counts = &mut batch.counts;
        counts.add(&piece.counts);
        counts.writes += rows;
        let unchanged = self.rows(&piece.outputs).saturating_sub(rows);
        let reconciles = self.pass.effect == Effect::Execute && self.backfill.source_counts().is_some();
        if unchanged > 0 && reconciles && !self.takes_overtaken.load(Ordering::Relaxed) {
            let why = format!("another session filled {} first", counted(unchanged, "row"));
            return Err(Self::was_overtaken(writer, why));
        }
        counts.unchanged += unchanged + referred_to;
        if let Some(lease) = range.lease {
            let mut pieces = piece.findings.pieces().map_err(spooling)?;
            loop {
                match pieces.next().map_err(spooling)? {
                    [] => break,
                    piece => ledger::keep(writer, lease.run, piece).await?,
                }
            }
        }
        if let Some(end) = &piece.end {
            self.leave_notes(writer, range, &batch.notes, &end.units).await?;
            let next = &mut batch.next;
            next.cursor = end.last.clone().or(next.cursor.take());
            next.counts.add(&batch.counts);
            if self.pass.fault == Fault::CursorApart {
                writer.commit().await?;
                writer.begin().await?;
            }
            ledger::save(writer, next).await?;
            let _committing = self.take_turn().await;
            writer.commit().await?;
            self.takes_overtaken.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Stores the data that undo needs. A pass without a ledger makes no change that undo would have to know.
    async fn leave_notes(
        &self,
        writer: &mut Connection,
        range: &Range,
        notes: &BTreeMap<String, Option<Json>>,
        units: &[B::Unit],
    ) -> Result<(), Error> {
        let Some(lease) = range.lease.filter(|_| !notes.is_empty()) else { return Ok(()) };
        let ids: HashSet<String> = self.ids(units).into_iter().collect();
        if let Some(stranger) = notes.keys().find(|unit| !ids.contains(*unit)) {
            let why =
                format!("`write` returned a note for `{stranger}`, which is not a {} of the batch", self.about.unit);
            let error = db::Error::Statement { why, position: None };
            return Err(statement(&self.about, writer, "storing undo notes".to_owned(), error, self.pool.units()));
        }
        Ok(ledger::leave_notes(writer, lease.run, self.about.name, notes).await?)
    }

    fn ids(&self, units: &[B::Unit]) -> Vec<String> {
        units.iter().map(|unit| self.backfill.id(unit)).collect()
    }

    fn was_overtaken(writer: &Connection, why: String) -> Error {
        Error::Engine(db::Error::Conflict { place: writer.address(), why })
    }

    fn tell(&self, counts: &Counts, lines: Vec<String>, mut findings: Spool) -> Result<(), Error> {
        lines.into_iter().for_each(|line| self.pool.tell_line(line));
        let mut pieces = findings.pieces().map_err(spooling)?;
        loop {
            match pieces.next().map_err(spooling)? {
                [] => break,
                piece => {
                    for finding in piece {
                        self.pool.tell(Event::FindingCommitted(finding.clone()));
                        // With a ledger, findings are reported when the run ends.
                        if self.pass.effect.work().is_none() {
                            self.pool.tell(Event::FindingReported(finding.clone()));
                        }
                    }
                }
            }
        }
        self.pool.add(counts);
        Ok(())
    }
}

/// The result of taking a piece.
enum Taken {
    /// The batch has more pieces.
    Part,
    /// The piece completed a batch.
    Batch { units: u64, took: Duration },
    /// The batch did not start, because the worker has to halt.
    Nothing(Halt),
}

/// The error of the temporary file for findings.
fn spooling(source: std::io::Error) -> Error {
    Error::Engine(db::Error::Io { what: "store findings in", path: "a temporary file".into(), source })
}
