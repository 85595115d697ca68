//! One writer of the proof *concurrent*: a connection, units that no other writer touches, and a log of its writes.
//! It writes until the run is over and times each write ([`Writer::write`]), then compares what the app reads with
//! its log ([`Writer::compare`]).

use super::phase::Phase;
use super::traffic::{Act, AnyTraffic, Failure, Held, Written};
use crate::generate::{Draw, Seed};
use rehearsal_db::{self as db, Connection};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Seed of all choices.
const SEED: Seed = Seed(1);
/// Pause between two writes. Without one, a writer would be a load test rather than an app.
const PAUSE: Duration = Duration::from_millis(25);
/// How long a blocked write is retried.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many writes all writers together aim at the current batch of the run. If the backfill keeps a reconciliation,
/// such a write makes the run read the batch again, which takes time.
const AIMED: usize = 24;

/// A kind of write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Today's app created a unit.
    Created,
    /// Older code created a unit that the backfill has to fill.
    CreatedOld,
    /// The app changed a unit.
    Changed,
    /// The app deleted a unit.
    Deleted,
}

impl Kind {
    /// How often each kind is drawn in [`Self::ALL_SHARES`] writes. Few units need filling, so that the backfill is
    /// faster than the writers.
    const SHARES: [(Self, u64); 4] =
        [(Self::Created, 4), (Self::CreatedOld, 2), (Self::Changed, 12), (Self::Deleted, 2)];
    const ALL_SHARES: u64 = 20;

    /// Name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::CreatedOld => "created by old code",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        }
    }

    fn drawn(draw: &mut Draw) -> Self {
        let mut at = draw.below(Self::ALL_SHARES);
        for (kind, share) in Self::SHARES {
            if at < share {
                return kind;
            }
            at -= share;
        }
        Self::Changed
    }
}

/// A writer and its log.
pub(super) struct Writer<'a> {
    traffic: &'a dyn AnyTraffic,
    connection: Connection,
    /// The backfill that runs.
    backfill: &'static str,
    number: usize,
    /// Existing units of this writer, as far as it knows.
    units: Vec<Written>,
    /// Position of each pending unit in the run.
    order: &'a HashMap<String, u64>,
    batch: NonZeroU32,
    deleted: Vec<String>,
    /// Units of failed writes: whether they exist is unknown.
    unknown: Vec<String>,
    /// Writes that this writer has aimed at the current batch of the run.
    aimed: usize,
    /// Number of writers.
    writers: usize,
    pub(super) diary: Diary,
}

/// The log of one writer, or of all writers together.
#[derive(Debug, Default)]
pub(super) struct Diary {
    /// Latency of each write, retries included.
    pub(super) waits: Vec<Duration>,
    /// Number of writes by kind.
    pub(super) writes: BTreeMap<Kind, u64>,
    /// Number of writes that started while the backfill ran.
    pub(super) during: u64,
    pub(super) retries: u64,
    /// One line for each failed write, with the reason.
    pub(super) failures: Vec<String>,
}

impl Diary {
    pub(super) fn add(&mut self, other: Self) {
        self.waits.extend(other.waits);
        other.writes.into_iter().for_each(|(kind, n)| *self.writes.entry(kind).or_default() += n);
        self.during += other.during;
        self.retries += other.retries;
        self.failures.extend(other.failures);
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        traffic: &'a dyn AnyTraffic,
        connection: Connection,
        backfill: &'static str,
        (number, writers): (usize, usize),
        units: Vec<String>,
        (order, batch): (&'a HashMap<String, u64>, NonZeroU32),
    ) -> Self {
        let units = units.into_iter().map(|id| Written { id, holds: Held::new() }).collect();
        Self {
            traffic,
            connection,
            backfill,
            number,
            units,
            order,
            batch,
            deleted: Vec::new(),
            unknown: Vec::new(),
            aimed: 0,
            writers,
            diary: Diary::default(),
        }
    }

    /// Writes until the run is over.
    pub(super) async fn write(&mut self, phase: &Phase) {
        // The writers of another backfill draw other keys, because the units of all of them are in one database.
        let kind = format!("{}, writer {}", self.backfill, self.number);
        let mut number = 0;
        while !phase.is_over() {
            let is_during = phase.is_running();
            let done = self.act(&kind, number, phase).await;
            number += 1;
            match done {
                Ok((kind, took)) => {
                    *self.diary.writes.entry(kind).or_default() += 1;
                    self.diary.waits.push(took);
                    self.diary.during += u64::from(is_during);
                }
                Err(failure) => self.diary.failures.push(failure),
            }
            phase.acted();
            sleep(PAUSE).await;
        }
    }

    /// Performs one write, and retries it while another transaction blocks it.
    async fn act(&mut self, name: &str, number: u64, phase: &Phase) -> Result<(Kind, Duration), String> {
        let (start, mut unit) = (Instant::now(), None);
        loop {
            // A retry draws the same choices.
            let mut draw = SEED.draw(name, number);
            let mut kind = Kind::drawn(&mut draw);
            if unit.is_none() && matches!(kind, Kind::Changed | Kind::Deleted) && !self.units.is_empty() {
                // The result of a failed write is unknown, so its unit leaves the list and is not compared.
                let place = self.choose(&mut draw, phase);
                unit = Some(self.units.swap_remove(place));
            }
            let act = match (kind, &unit) {
                (Kind::Changed, Some(unit)) => Act::Change(unit),
                (Kind::Deleted, Some(unit)) => Act::Delete(unit),
                (Kind::CreatedOld, _) => Act::CreateOld(self.backfill),
                (Kind::Created | Kind::Changed | Kind::Deleted, _) => {
                    kind = Kind::Created;
                    Act::Create
                }
            };
            match self.traffic.act(&mut self.connection, act, &mut draw).await {
                Ok(done) => {
                    self.note(kind, unit, done);
                    return Ok((kind, start.elapsed()));
                }
                Err(failure) if is_transient(&failure) && start.elapsed() < PATIENCE => {
                    self.diary.retries += 1;
                    sleep(PAUSE).await;
                }
                Err(failure) => {
                    self.unknown.extend(unit.iter().map(|unit| unit.id.clone()));
                    let unit = unit.map_or_else(|| "a unit".to_owned(), |unit| unit.id);
                    return Err(format!("{unit} was not {}: {}", kind.name(), why(&failure)));
                }
            }
        }
    }

    /// Chooses a unit by its index. About every other of the first choices is a unit of the current batch, where a
    /// write can be lost.
    fn choose(&mut self, draw: &mut Draw, phase: &Phase) -> usize {
        let in_hand = phase.in_hand(self.batch);
        let is_in_hand = |unit: &Written| self.order.get(&unit.id).is_some_and(|place| in_hand.contains(place));
        let places: Vec<usize> = (0..self.units.len()).filter(|place| is_in_hand(&self.units[*place])).collect();
        if self.aimed < AIMED / self.writers && draw.once_in(2) && !places.is_empty() {
            self.aimed += usize::from(phase.is_running());
            return draw.one_of(&places);
        }
        draw.below(self.units.len() as u64) as usize
    }

    fn note(&mut self, kind: Kind, unit: Option<Written>, done: Written) {
        match (kind, unit) {
            (Kind::Deleted, _) => self.deleted.push(done.id),
            (_, Some(mut unit)) => {
                unit.holds.extend(done.holds);
                self.units.push(unit);
            }
            (_, None) => self.units.push(done),
        }
    }

    /// The ids of the units that may exist as far as this writer knows.
    pub(super) fn alive(&self) -> impl Iterator<Item = &str> {
        self.units.iter().map(|unit| &unit.id).chain(&self.unknown).map(String::as_str)
    }

    /// The ids of the units that this writer has deleted.
    pub(super) fn deleted(&self) -> impl Iterator<Item = &str> {
        self.deleted.iter().map(String::as_str)
    }

    /// Compares what the app reads with the log. Returns the number of values compared and a line for each
    /// difference. `alive` are the ids that may exist as far as any writer knows: a database may give the id of a deleted
    /// unit to a new one, as SQLite does with the greatest rowid.
    pub(super) async fn compare(&mut self, unit_name: &str, alive: &HashSet<String>) -> (u64, Vec<String>) {
        let (mut compared, mut lines) = (0, Vec::new());
        for unit in self.units.iter().filter(|unit| !unit.holds.is_empty()) {
            compared += unit.holds.len() as u64;
            match self.traffic.read(&mut self.connection, &unit.id).await {
                Err(failure) => {
                    lines.push(format!("{unit_name} {}: the app cannot read it: {}", unit.id, why(&failure)))
                }
                Ok(None) => {
                    lines.push(format!("{unit_name} {} no longer exists, but the app did not delete it", unit.id))
                }
                Ok(Some(read)) => {
                    let differs = |(name, written): (&String, &Option<String>)| {
                        let found = read.get(name).cloned().flatten();
                        (found != *written).then(|| {
                            let (written, found) = (shown(written.as_deref()), shown(found.as_deref()));
                            format!("{unit_name} {}: {name} was written as {written}, but is {found}", unit.id)
                        })
                    };
                    lines.extend(unit.holds.iter().filter_map(differs));
                }
            }
        }
        for id in self.deleted.iter().filter(|id| !alive.contains(*id)) {
            compared += 1;
            match self.traffic.read(&mut self.connection, id).await {
                Err(failure) => {
                    lines.push(format!("{unit_name} {id}: the app cannot read it after deleting it: {}", why(&failure)))
                }
                Ok(None) => {}
                Ok(Some(_)) => lines.push(format!("{unit_name} {id} was deleted, but exists")),
            }
        }
        (compared, lines)
    }

    pub(super) async fn close(self) -> Result<Diary, db::Error> {
        self.connection.close().await?;
        Ok(self.diary)
    }
}

/// How much of a value a message shows, in characters.
const SHOWN: usize = 100;

fn shown(value: Option<&str>) -> String {
    match value.map(|value| (value, value.char_indices().nth(SHOWN))) {
        None => "nothing".to_owned(),
        Some((value, None)) => format!("`{value}`"),
        Some((value, Some((end, _)))) => format!("`{}…`", &value[..end]),
    }
}

/// True if another transaction blocked the write. A lost connection is not transient: whether the write was
/// committed is unknown.
fn is_transient(failure: &Failure<db::Error>) -> bool {
    matches!(failure, Failure::Database(db::Error::Locked { .. } | db::Error::Conflict { .. }))
}

fn why(failure: &Failure<db::Error>) -> String {
    match failure {
        Failure::Database(error) => error.to_string(),
        Failure::App(why) => why.clone(),
    }
}
