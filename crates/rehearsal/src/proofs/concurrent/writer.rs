//! One writer: a connection, units of its own, and a log of what it wrote of them. It acts until it is told to stop, times each
//! thing that it does, and in the end holds what the app reads against its log.

use super::phase::Phase;
use super::traffic::{Act, AnyTraffic, Failure, Held, Written};
use crate::generate::{Draw, Seed};
use rehearsal_db::{self as db, Connection};
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What all choices are derived from.
const SEED: Seed = Seed(1);
/// How long a writer pauses between two writes: a writer that never does would be no app but a load test.
const PAUSE: Duration = Duration::from_millis(25);
/// How long it tries a write again that something is in the way of.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often all writers aim at what the run has in hand. Where books are kept, a run reads such a batch anew, which takes time.
const AIMED: usize = 24;

/// A kind of write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The app of today created a unit.
    Created,
    /// Older code created one, which was to be filled.
    CreatedOld,
    /// The app changed one.
    Changed,
    /// The app deleted one.
    Deleted,
}

impl Kind {
    /// How often each is chosen, of [`Self::ALL_SHARES`] times. Few are made to be filled, so that a backfill is faster.
    const SHARES: [(Self, u64); 4] =
        [(Self::Created, 4), (Self::CreatedOld, 2), (Self::Changed, 12), (Self::Deleted, 2)];
    const ALL_SHARES: u64 = 20;

    /// What a person calls it.
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

/// A writer.
pub(super) struct Writer<'a> {
    traffic: &'a dyn AnyTraffic,
    connection: Connection,
    number: usize,
    /// The units that are there, as far as this writer knows.
    units: Vec<Written>,
    /// In which order the run comes to units.
    order: &'a HashMap<String, u64>,
    batch: NonZeroU32,
    deleted: Vec<String>,
    /// How often it has aimed at a unit that the run had in hand.
    aimed: usize,
    /// How many writers there are.
    writers: usize,
    pub(super) diary: Diary,
}

/// What a writer, or all of them, did.
#[derive(Debug, Default)]
pub(super) struct Diary {
    /// How long each write took, with all tries.
    pub(super) waits: Vec<Duration>,
    pub(super) writes: BTreeMap<Kind, u64>,
    /// How many of them overlapped with the backfill's run.
    pub(super) during: u64,
    pub(super) retries: u64,
    /// Writes that failed, and why.
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
        number: usize,
        units: Vec<String>,
        writers: usize,
        (order, batch): (&'a HashMap<String, u64>, NonZeroU32),
    ) -> Self {
        let units = units.into_iter().map(|id| Written { id, holds: Held::new() }).collect();
        Self {
            traffic,
            connection,
            number,
            units,
            order,
            batch,
            deleted: Vec::new(),
            aimed: 0,
            writers,
            diary: Diary::default(),
        }
    }

    /// Writes until it is told to stop.
    pub(super) async fn write(&mut self, phase: &Phase) {
        let kind = format!("writer {}", self.number);
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

    /// Does one thing, again and again where it has to wait for somebody.
    async fn act(&mut self, name: &str, number: u64, phase: &Phase) -> Result<(Kind, Duration), String> {
        let (start, mut unit) = (Instant::now(), None);
        loop {
            // Another try makes the same choices.
            let mut draw = SEED.draw(name, number);
            let mut kind = Kind::drawn(&mut draw);
            if unit.is_none() && matches!(kind, Kind::Changed | Kind::Deleted) && !self.units.is_empty() {
                // Of a write that fails nothing is known, and the unit is not looked at any more.
                let place = self.choose(&mut draw, phase);
                unit = Some(self.units.swap_remove(place));
            }
            let act = match (kind, &unit) {
                (Kind::Changed, Some(unit)) => Act::Change(unit),
                (Kind::Deleted, Some(unit)) => Act::Delete(unit),
                (Kind::CreatedOld, _) => Act::CreateOld,
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
                Err(failure) if passes(&failure) && start.elapsed() < PATIENCE => {
                    self.diary.retries += 1;
                    sleep(PAUSE).await;
                }
                Err(failure) => {
                    let of = unit.map(|unit| format!(" {}", unit.id)).unwrap_or_default();
                    return Err(format!("not {}{of}: {}", kind.name(), why(&failure)));
                }
            }
        }
    }

    /// The place of a unit: at first each other time of one that the run has in hand, where something can be lost.
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

    /// Holds what the app reads against the log, and returns how many values were compared and a line for each that is
    /// another.
    pub(super) async fn compare(&mut self, unit_name: &str) -> (u64, Vec<String>) {
        let (mut compared, mut lines) = (0, Vec::new());
        for unit in self.units.iter().filter(|unit| !unit.holds.is_empty()) {
            compared += unit.holds.len() as u64;
            match self.traffic.read(&mut self.connection, &unit.id).await {
                Err(failure) => {
                    lines.push(format!("{unit_name} {}: the app can't read it: {}", unit.id, why(&failure)))
                }
                Ok(None) => lines.push(format!("{unit_name} {}: it is gone, and nobody deleted it", unit.id)),
                Ok(Some(read)) => {
                    let differs = |(name, written): (&String, &Option<String>)| {
                        let found = read.get(name).cloned().flatten();
                        (found != *written).then(|| {
                            let (written, found) = (shown(written.as_deref()), shown(found.as_deref()));
                            format!("{unit_name} {}: {name} was written as {written}, and is {found}", unit.id)
                        })
                    };
                    lines.extend(unit.holds.iter().filter_map(differs));
                }
            }
        }
        for id in &self.deleted {
            compared += 1;
            match self.traffic.read(&mut self.connection, id).await {
                Err(failure) => {
                    lines.push(format!("{unit_name} {id}: deleted, and the app can't read it: {}", why(&failure)))
                }
                Ok(None) => {}
                Ok(Some(_)) => lines.push(format!("{unit_name} {id}: it was deleted, and is there")),
            }
        }
        (compared, lines)
    }

    pub(super) async fn close(self) -> Result<Diary, db::Error> {
        self.connection.close().await?;
        Ok(self.diary)
    }
}

/// How much of a value is shown, in characters.
const SHOWN: usize = 100;

fn shown(value: Option<&str>) -> String {
    match value.map(|value| (value, value.char_indices().nth(SHOWN))) {
        None => "nothing".to_owned(),
        Some((value, None)) => format!("`{value}`"),
        Some((value, Some((end, _)))) => format!("`{}…`", &value[..end]),
    }
}

/// True where another transaction was in the way, which is rolled back or will be over soon. Of a connection that is lost nobody
/// knows what was committed.
fn passes(failure: &Failure<db::Error>) -> bool {
    matches!(failure, Failure::Database(db::Error::Locked { .. } | db::Error::Conflict { .. }))
}

fn why(failure: &Failure<db::Error>) -> String {
    match failure {
        Failure::Database(error) => error.to_string(),
        Failure::App(why) => why.clone(),
    }
}
