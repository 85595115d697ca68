//! The loop: reads and transforms the next batch while the one before it is written. A batch's rows, cursor, counts and
//! findings are one transaction.

use super::findings::Found;
use super::pace::Pace;
use super::spool::Spool;
use super::{About, Backfill, Effect, Ending, Error, Findings, Pass, Reject};
use crate::engine::{self, Connection, Driver, Fetched, Key, Page, PageError};
use crate::event::{Event, Events};
use crate::ledger::{self, Counts, Finding, FindingKind, Run};
use std::time::Instant;
use tokio::sync::{Mutex, MutexGuard, mpsc};

/// A stretch of units in key order: those after one key, up to and including another.
pub(super) type Stretch = (Option<Key>, Option<Key>);

/// A batch that is ready to be written.
struct Batch<B: Backfill> {
    last: Key,
    units: Vec<B::Unit>,
    outputs: Vec<B::Output>,
    counts: Counts,
    rejects: Vec<Finding>,
    findings: Spool,
    lines: Vec<String>,
}

/// What a pass works with.
pub(super) struct Work<'a, B> {
    backfill: &'a B,
    about: About,
    pass: &'a Pass,
    /// Held while a page is read and while a batch is committed: without a write-ahead log the one makes the other wait,
    /// and SQLite waits by polling.
    gate: Mutex<()>,
    events: Events<'a>,
}

impl<'a, B: Backfill> Work<'a, B> {
    pub(super) fn new(backfill: &'a B, pass: &'a Pass, events: Events<'a>) -> Self {
        Self { backfill, about: backfill.about(), pass, gate: Mutex::new(()), events }
    }

    /// Reads and transforms ahead, one batch, while the batch before it is written, or only counted where there is no
    /// writer.
    pub(super) async fn stretch(
        &self,
        reader: &mut Connection,
        mut writer: Option<&mut Connection>,
        stretch: Stretch,
        run: &mut Run,
    ) -> Result<Ending, Error> {
        let (sender, mut receiver) = mpsc::channel(1);
        // The sender goes with the reading: its end is the end of the batches.
        let read = async move {
            if let Err(error) = self.read(reader, stretch, &sender).await {
                // Behind the batches that are good: those are written before the error ends the run.
                drop(sender.send(Err(error)).await);
            }
        };
        let write = async {
            while let Some(batch) = receiver.recv().await {
                let done = match (batch, writer.as_deref_mut()) {
                    (Err(error), Some(_)) => Err(error.after(run.counts.units)),
                    (Err(error), None) => Err(error),
                    (Ok(batch), Some(writer)) => self.write(writer, run, batch).await,
                    (Ok(batch), None) => self.predict(run, batch),
                };
                if done.is_err() || self.pass.stop.is_requested() {
                    receiver.close();
                    return done.map(|()| Ending::Stopped);
                }
            }
            Ok(Ending::Finished)
        };
        let ((), ending) = tokio::join!(read, write);
        ending
    }

    async fn read(
        &self,
        reader: &mut Connection,
        (mut after, until): Stretch,
        sender: &mpsc::Sender<Result<Batch<B>, Error>>,
    ) -> Result<(), Error> {
        let mut told = 0;
        let mut pace = Pace::new(self.pass.batch.get());
        loop {
            // Not before there is a place for it: two batches exist at a time, this one and the one that is written.
            let Ok(place) = sender.reserve().await else { return Ok(()) };
            let (limit, bytes) = pace.next();
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
                let _reading = self.pass_gate().await;
                let Some(connection) = B::Db::typed(reader) else { return Err(wrong_engine(reader)) };
                B::Db::page::<B::Unit>(connection, &page).await
            };
            let Fetched { units, bytes } = read.map_err(|PageError { at, error }| {
                let what = match at {
                    Some(key) => format!("reading the {} at {key}", self.about.unit),
                    None => format!("reading {}s{}", self.about.unit, behind(after.as_ref())),
                };
                statement(&self.about, reader, what, reader.explain(error), 0)
            })?;
            let Some(last) = units.last().map(|(key, _)| key.clone()) else { return Ok(()) };
            after = Some(last.clone());
            pace.learn(units.len() as u64, bytes);
            let batch = self.transform(units.into_iter().map(|(_, unit)| unit).collect(), last, &mut told);
            place.send(Ok(batch));
        }
    }

    fn transform(&self, units: Vec<B::Unit>, last: Key, told: &mut u64) -> Batch<B> {
        let mut findings = Findings::default();
        let mut outputs = Vec::with_capacity(units.len());
        let mut lines = Vec::new();
        let mut rejects = Vec::new();
        if self.pass.effect != Effect::Undo {
            for unit in &units {
                findings.unit(self.backfill.id(unit));
                match self.backfill.transform(unit, &mut findings) {
                    Ok(output) => {
                        if self.pass.lines.wants(*told) {
                            lines.push(self.backfill.describe(unit, &output));
                            *told += 1;
                        }
                        outputs.push(output);
                    }
                    Err(Reject { field, why }) => {
                        findings.record(FindingKind::Rejected, field.as_str(), why.as_str());
                        rejects.push(Finding::rejected(self.backfill.id(unit), field, why));
                    }
                }
            }
        }
        let Found { spool: findings, tallies, values } = findings.take();
        let (units_read, found) = (units.len() as u64, findings.counts().clone());
        let counts = Counts { units: units_read, batches: 1, findings: found, tallies, values, ..Counts::default() };
        Batch { last, units, outputs, counts, rejects, findings, lines }
    }

    fn predict(&self, run: &mut Run, mut batch: Batch<B>) -> Result<(), Error> {
        batch.counts.writes = self.rows(&batch);
        run.cursor = Some(batch.last);
        run.counts.add(&batch.counts);
        self.tell(&run.counts, batch.lines, batch.findings)
    }

    async fn write(&self, writer: &mut Connection, run: &mut Run, mut batch: Batch<B>) -> Result<(), Error> {
        if !batch.rejects.is_empty() {
            let rejects = batch.rejects;
            rejects.iter().for_each(|reject| (self.events)(Event::Found(reject.clone())));
            let (backfill, unit, committed) = (self.about.name, self.about.unit, run.counts.units);
            return Err(Error::Rejected { backfill, unit, database: writer.address(), rejects, committed });
        }
        writer.begin_gently().await?;
        match self.write_in_transaction(writer, run, &mut batch).await {
            Ok(next) => *run = next,
            Err(error) => {
                writer.rollback().await;
                return Err(self.blame(writer, &batch, error).await);
            }
        }
        self.tell(&run.counts, batch.lines, batch.findings)
    }

    /// The same error with the one unit whose rows the database refuses, where it is one: halves of the batch are written and
    /// rolled back until it is found.
    async fn blame(&self, writer: &mut Connection, batch: &Batch<B>, error: Error) -> Error {
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
        let name = batch.units.get(first).filter(|_| is_found).map(|unit| self.backfill.id(unit));
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
            Some(engine::Error::Statement { .. }) => Some(true),
            Some(_) => None,
        }
    }

    /// Writes the rows and the ledger, commits, and returns the run as it is then.
    async fn write_in_transaction(
        &self,
        writer: &mut Connection,
        run: &Run,
        batch: &mut Batch<B>,
    ) -> Result<Run, Error> {
        let Some(connection) = B::Db::typed(writer) else { return Err(wrong_engine(writer)) };
        let start = Instant::now();
        let written = match self.pass.effect {
            Effect::Undo => self.backfill.undo(connection, &batch.units).await,
            _ => self.backfill.write(connection, &batch.outputs).await,
        };
        let rows = written.map_err(|error| {
            let what = format!("writing {} {}s{}", batch.units.len(), self.about.unit, behind(run.cursor.as_ref()));
            let error = match writer.explain(error) {
                engine::Error::Locked { place, holders, .. } => {
                    engine::Error::Locked { place, holders, waited: start.elapsed() }
                }
                other => other,
            };
            statement(&self.about, writer, what, error, run.counts.units)
        })?;
        let mut next = run.clone();
        next.cursor = Some(batch.last.clone());
        next.counts.add(&batch.counts);
        next.counts.writes += rows;
        next.counts.left_alone += self.rows(batch).saturating_sub(rows);
        if self.pass.effect.work().is_some() {
            ledger::save(writer, &next).await?;
            let mut pieces = batch.findings.pieces().map_err(spooling)?;
            loop {
                match pieces.next().map_err(spooling)? {
                    [] => break,
                    piece => ledger::keep(writer, &next, piece).await?,
                }
            }
        }
        let _committing = self.pass_gate().await;
        writer.commit().await?;
        Ok(next)
    }

    /// Keeps a reader and a committing writer apart where they would wait for each other by polling.
    async fn pass_gate(&self) -> Option<MutexGuard<'_, ()>> {
        if B::Db::ENGINE.commits_wait_for_readers() { Some(self.gate.lock().await) } else { None }
    }

    /// How many rows a batch should write.
    fn rows(&self, batch: &Batch<B>) -> u64 {
        batch.outputs.iter().map(|output| self.backfill.rows(output)).sum()
    }

    fn tell(&self, counts: &Counts, lines: Vec<String>, mut findings: Spool) -> Result<(), Error> {
        for line in lines {
            (self.events)(Event::Unit { line });
        }
        let mut pieces = findings.pieces().map_err(spooling)?;
        loop {
            match pieces.next().map_err(spooling)? {
                [] => break,
                piece => piece.iter().for_each(|finding| (self.events)(Event::Found(finding.clone()))),
            }
        }
        (self.events)(Event::Batch { counts: counts.clone() });
        Ok(())
    }
}

/// What came of the file in which findings wait.
fn spooling(source: std::io::Error) -> Error {
    Error::Engine(engine::Error::Io { what: "keep findings in", path: "a temporary file".into(), source })
}

fn behind(key: Option<&Key>) -> String {
    key.map(|key| format!(" after {key}")).unwrap_or_default()
}

/// An error of the backfill's own SQL names the backfill; one of the database itself stays what it is.
pub(super) fn statement(
    about: &About,
    connection: &Connection,
    what: String,
    error: engine::Error,
    committed: u64,
) -> Error {
    match error {
        engine::Error::Statement { why, .. } => Error::Statement {
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

fn wrong_engine(connection: &Connection) -> Error {
    let why = format!("the backfill is written for another engine than {}", connection.engine());
    Error::Engine(engine::Error::Statement { why, position: None })
}
