//! The loop: the next batch is read and transformed (`read.rs`) while the one before it is written. A batch's rows, cursor,
//! counts and findings are one transaction.

use super::batch_size::BatchSizer;
use super::findings::{Found, UnitReconciliations};
use super::parent_child::{ChildSource, Sizes};
use super::run::wrong_engine;
use super::spool::Spool;
use super::throttle::{self, Advice};
use super::worker_pool::WorkerPool;
use super::{About, Backfill, Effect, Error, Fault, Findings, Pass, Reject, Undone};
use crate::event::Event;
use crate::ledger::{self, Counts, Finding, FindingKind, Range, RunState};
use rehearsal_db::{self as db, Connection, Driver, Key, PageError};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, MutexGuard, mpsc};

/// Why the work on a range ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// No unit of it is left.
    Finished,
    /// It was interrupted behind a batch.
    Stopped,
    /// The run stands so that no further batch may be begun.
    StateChanged(RunState),
    /// Another worker has the range, for this one gave no sign of life.
    Lost,
}

/// What is done about rows that belong to no unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orphans {
    /// They are recorded.
    Record,
    /// They were, or are none of our business.
    Leave,
}

/// A part of a batch that is ready to be written: all of it where units are read as wholes, else some of its rows.
pub(super) struct Piece<B: Backfill> {
    pub(super) outputs: Vec<B::Output>,
    pub(super) counts: Counts,
    rejects: Vec<Finding>,
    findings: Spool,
    pub(super) lines: Vec<String>,
    /// What ends the batch; none where more of it comes.
    pub(super) end: Option<End<B>>,
}

/// The end of a batch.
pub(super) struct End<B: Backfill> {
    /// The last key; none where it was not about units.
    pub(super) last: Option<Key>,
    pub(super) units: Vec<B::Unit>,
    pub(super) sizes: Option<Sizes>,
}

impl<B: Backfill> Piece<B> {
    pub(super) fn empty() -> Self {
        Self {
            outputs: Vec::new(),
            counts: Counts::default(),
            rejects: Vec::new(),
            findings: Spool::default(),
            lines: Vec::new(),
            end: None,
        }
    }

    pub(super) fn reject(&mut self, unit: String, Reject { field, why }: Reject, findings: &mut Findings) {
        findings.record(FindingKind::Rejected, field.as_str(), why.as_str());
        self.rejects.push(Finding::rejected(unit, field, why));
    }

    /// Takes in what was found, and returns the reconciliations of each unit.
    pub(super) fn found(&mut self, Found { spool, tallies, values, reconciliations }: Found) -> UnitReconciliations {
        self.counts.findings.clone_from(spool.counts());
        (self.counts.tallies, self.counts.reconciliation, self.findings) = (tallies, values, spool);
        reconciliations
    }
}

/// A batch of which some is written, and nothing committed.
struct Open {
    next: Range,
    /// What it adds to the counts.
    counts: Counts,
    start: Instant,
    lines: Vec<String>,
    findings: Spool,
    /// How many pieces of it there were.
    pieces: u32,
}

/// What a worker works on a range with.
pub(super) struct Work<'a, B> {
    pub(super) backfill: &'a B,
    pool: &'a WorkerPool<'a, B>,
    pub(super) about: About,
    pub(super) pass: &'a Pass,
    /// Held while a page is read and while a batch is committed: without a write-ahead log the one makes the other wait,
    /// and SQLite waits by polling.
    turn: Mutex<()>,
    /// What was learned of the ranges before this one holds for it, too.
    sizer: &'a std::sync::Mutex<BatchSizer>,
    /// Whether the batch in hand is taken though somebody was faster with some of it.
    takes_overtaken: AtomicBool,
}

/// What is done with the first batch where somebody was faster with some of its rows, and reconciliations are kept that would be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overtaken {
    /// It is read anew, as each behind it is.
    Again,
    /// It was read anew, and that didn't help: it is taken as it is.
    Take,
}

impl<'a, B: Backfill> Work<'a, B> {
    pub(super) fn new(
        pool: &'a WorkerPool<'a, B>,
        sizer: &'a std::sync::Mutex<BatchSizer>,
        overtaken: Overtaken,
    ) -> Self {
        let takes_overtaken = AtomicBool::new(overtaken == Overtaken::Take);
        let (backfill, about, pass) = (pool.backfill, pool.about, pool.pass);
        Self { backfill, pool, about, pass, turn: Mutex::new(()), sizer, takes_overtaken }
    }

    pub(super) fn sizer<T>(&self, learn: impl FnOnce(&mut BatchSizer) -> T) -> T {
        learn(&mut self.sizer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads and transforms ahead, one batch, while the batch before it is written, or only counted where there is no
    /// writer.
    pub(super) async fn stretch<S: ChildSource<B>>(
        &self,
        reader: &mut Connection,
        mut writer: Option<&mut Connection>,
        range: &mut Range,
        orphans: Orphans,
    ) -> Result<Halt, Error> {
        let (sender, mut receiver) = mpsc::channel(S::AHEAD);
        let (after, until) = (range.cursor.clone().or_else(|| range.after.clone()), range.until.clone());
        // The sender goes with the reading: its end is the end of the batches.
        let read = async move {
            if let Err(error) = self.read::<S>(&mut *reader, after, until, orphans, &sender).await {
                let error = error.name_holders(reader).await;
                // Behind the batches that are good: those are written before the error ends the run.
                drop(sender.send(Err(error)).await);
            }
        };
        let write = async {
            let halt = self.take_all(writer.as_deref_mut(), range, &mut receiver).await;
            // Whoever reads stops with that.
            receiver.close();
            halt
        };
        let ((), halt) = tokio::join!(read, write);
        halt
    }

    /// Takes the pieces as they come.
    async fn take_all(
        &self,
        mut writer: Option<&mut Connection>,
        range: &mut Range,
        receiver: &mut mpsc::Receiver<Result<Piece<B>, Error>>,
    ) -> Result<Halt, Error> {
        let mut open = None;
        let mut noticed = self.pool.throttle.waits();
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
        let Some(connection) = B::Db::typed(writer) else { return Err(wrong_engine(writer)) };
        let start = Instant::now();
        let written = match (self.pass.effect, &piece.end) {
            (Effect::Undo, Some(end)) => self.backfill.undo(connection, &end.units).await,
            (Effect::Undo, None) => Ok(Undone::default()),
            _ if piece.outputs.is_empty() => Ok(Undone::default()),
            _ => self.backfill.write(connection, &piece.outputs).await.map(Undone::from),
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
            let failed = |PageError { error, .. }| self.reading(writer, what(), error).waited_since(start);
            if !hold.map_err(failed)? {
                return Err(Self::was_overtaken(writer, "rows came or went while they were read".to_owned()));
            }
        }
        let counts = &mut batch.counts;
        counts.add(&piece.counts);
        counts.writes += rows;
        let unchanged = self.rows(&piece.outputs).saturating_sub(rows);
        let keeps_books = self.pass.effect == Effect::Execute && self.backfill.source_counts().is_some();
        if unchanged > 0 && keeps_books && !self.takes_overtaken.load(Ordering::Relaxed) {
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

    fn was_overtaken(writer: &Connection, why: String) -> Error {
        Error::Engine(db::Error::Conflict { place: writer.address(), why })
    }

    /// The same error with the one unit whose rows the database refuses, where it is one: halves of the batch are written and
    /// rolled back until it is found.
    async fn blame(&self, writer: &mut Connection, batch: &Piece<B>, error: Error) -> Error {
        let Error::Statement { backfill, unit, database, what, why, committed } = error else { return error };
        let (mut first, mut behind) = (0, batch.outputs.len());
        while behind - first > 1 {
            let middle = first.midpoint(behind);
            match self.refuses(writer, &batch.outputs[first..middle]).await {
                Some(true) => behind = middle,
                Some(false) => first = middle,
                None => return Error::Statement { backfill, unit, database, what, why, committed },
            }
        }
        let is_found = behind > first && self.refuses(writer, &batch.outputs[first..behind]).await == Some(true);
        let unit_at = |at: usize| batch.end.as_ref()?.units.get(at);
        let name = unit_at(first).filter(|_| is_found).map(|unit| self.backfill.id(unit));
        let what = name.map_or(what, |name| format!("writing the {unit} {name}"));
        Error::Statement { backfill, unit, database, what, why, committed }
    }

    /// Whether the database refuses these rows; none where it can't be asked.
    async fn refuses(&self, writer: &mut Connection, outputs: &[B::Output]) -> Option<bool> {
        if self.pass.effect == Effect::Undo {
            return None;
        }
        writer.begin_gently().await.ok()?;
        let written = self.backfill.write(B::Db::typed(writer)?, outputs).await;
        let refused = written.err().map(|error| writer.explain(error));
        writer.rollback().await;
        match refused {
            None => Some(false),
            Some(db::Error::Statement { .. }) => Some(true),
            Some(_) => None,
        }
    }

    /// Keeps a reader and a committing writer apart where they would wait for each other by polling.
    pub(super) async fn take_turn(&self) -> Option<MutexGuard<'_, ()>> {
        if B::Db::ENGINE.commits_wait_for_readers() { Some(self.turn.lock().await) } else { None }
    }

    /// How many rows these outputs should be.
    fn rows(&self, outputs: &[B::Output]) -> u64 {
        outputs.iter().map(|output| self.backfill.rows(output)).sum()
    }

    /// What went wrong when something was read.
    pub(super) fn reading(&self, reader: &Connection, what: String, error: sqlx::Error) -> Error {
        statement(&self.about, reader, what, reader.explain(error), 0)
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

pub(super) fn behind(key: Option<&Key>) -> String {
    key.map(|key| format!(" after {key}")).unwrap_or_default()
}

/// An error of the backfill's own SQL names the backfill; one of the database itself stays what it is.
pub(super) fn statement(
    about: &About,
    connection: &Connection,
    what: String,
    error: db::Error,
    committed: u64,
) -> Error {
    match error {
        db::Error::Statement { why, .. } => Error::Statement {
            backfill: about.name,
            unit: about.unit,
            database: connection.address(),
            what,
            why,
            committed,
        },
        other => Error::Engine(other),
    }
}
