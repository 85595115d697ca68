//! Writing: takes pieces as they are read. A batch's rows, its range's cursor, counts and findings are one transaction.

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
use rehearsal_db::{self as db, Connection, Driver, PageError};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// A batch of which some is written, and nothing committed.
struct Open {
    next: Range,
    /// What it adds to the counts.
    counts: Counts,
    start: Instant,
    lines: Vec<String>,
    findings: Spool,
    /// What an undo needs to know, by unit: no more than there are units in the batch.
    notes: BTreeMap<String, Option<Json>>,
    /// How many pieces of it there were.
    pieces: u32,
}

impl<B: Backfill> Work<'_, B> {
    /// Takes the pieces as they come.
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
                // A unit is not left in its middle.
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

    /// Writes a piece, or only counts it where there is no writer; commits at the end of a batch.
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

    /// Begins a batch's transaction; not where there is a reason to halt.
    async fn begin(&self, writer: &mut Connection, range: &Range) -> Result<Option<Halt>, Error> {
        writer.begin_gently().await?;
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

    /// Writes the rows and the ledger, and commits at the end of a batch.
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
                return Self::was_overtaken(writer, format!("what was read is no more as it was ({error})"));
            }
            let what = match &piece.end {
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
            let what = || "counting rows once more".to_owned();
            let failed = |PageError { error, .. }| reading(&self.about, writer, what(), error).waited_since(start);
            if !hold.map_err(failed)? {
                return Err(Self::was_overtaken(writer, "rows came or went while they were read".to_owned()));
            }
        }
        let counts = &mut batch.counts;
        counts.add(&piece.counts);
        counts.writes += rows;
        let unchanged = self.rows(&piece.outputs).saturating_sub(rows);
        let reconciles = self.pass.effect == Effect::Execute && self.backfill.source_counts().is_some();
        if unchanged > 0 && reconciles && !self.takes_overtaken.load(Ordering::Relaxed) {
            let them = if unchanged == 1 { "row" } else { "rows" };
            return Err(Self::was_overtaken(writer, format!("somebody else was faster with {unchanged} {them}")));
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

    /// Stores what an undo needs. A pass that the ledger does not keep changes nothing that an undo would have to know.
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
            let why = format!("`write` left a note for `{stranger}`, which is no {} of the batch", self.about.unit);
            let error = db::Error::Statement { why, position: None };
            return Err(statement(&self.about, writer, "leaving undo notes".to_owned(), error, self.pool.units()));
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
                        // The ledger keeps them until the end.
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

/// What became of a piece.
enum Taken {
    /// It is a part of a batch that more belongs to.
    Part,
    /// It ended a batch of so many units, which took so long.
    Batch { units: u64, took: Duration },
    /// It was not begun with, for that reason.
    Nothing(Halt),
}

/// What came of the file in which findings wait.
fn spooling(source: std::io::Error) -> Error {
    Error::Engine(db::Error::Io { what: "keep findings in", path: "a temporary file".into(), source })
}
