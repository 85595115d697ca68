//! The proof *concurrent*: while a backfill runs, the app's own functions create, change and delete units on
//! several connections, and older code inserts units that need filling. Afterwards no write of the app may be lost,
//! no unit skipped and no check red; the run must finish although rows keep arriving, and no write may wait longer
//! than the configured limit. On an engine with several writers, three concurrent runs of each backfill must also
//! produce the result of a single run.
//!
//! The backfill runs in small batches with rests between them, so that many writes fall between reading a unit and
//! writing it. The run must process each unit that was pending before it; units that are inserted concurrently are
//! left to the next run. Several backfills run one after another, and a red check is attributed to one of them
//! (`blame`). [`Concurrent`] is the entry point.

mod blame;
mod figures;
mod judge;
mod phase;
pub(super) mod same_backfill;
mod traffic;
mod writer;

use blame::RedAfter;
use figures::Figures;
pub use traffic::{Act, AnyTraffic, Failure, Held, Traffic, Written};
pub use writer::Kind;

use crate::Error;
use crate::backfill::{self, About, AnyBackfill, Effect, Pass};
use crate::event::{Event, silent};
use crate::failures;
use crate::plural::counted;
use crate::proofs::outcome::Outcome;
use crate::proofs::{Applies, Data, Proof, ProofRun, Rehearsal};
use crate::report::{Code, Explanation, Failures};
use crate::source;
use futures_util::future::{LocalBoxFuture, join_all};
use judge::{DEADLINE, Ending, Pending, Seen};
use phase::Phase;
use rehearsal_db::{Engine, Target, Value};
use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use writer::{Diary, Writer};
use xxhash_rust::xxh3::xxh3_64;

/// Rest of the run between two batches.
const REST: Duration = Duration::from_millis(50);
/// Number of batches of a run, if there are enough units.
const BATCHES: u32 = 12;
/// Smallest batch, in units: a run must be faster than the writers that insert units for it.
const SMALLEST: u32 = 5;
/// With fewer writes during a run, the proof shows nothing.
const FEWEST: u64 = 20;

/// Number of writing connections.
fn writers(engine: Engine) -> usize {
    if engine.has_one_writer() { 2 } else { 4 }
}

static FAILURES: Failures = failures!("concurrent");

static LOST_WRITE: Code = Code::error(
    "concurrent/lost-write",
    Explanation {
        meaning: "A value that the app wrote while a backfill ran was deleted or overwritten.",
        example: "A backfill reads a row, the app changes it, and the backfill writes a result of the old values.",
        fix: "Guard `write`: change only rows that have not changed since they were read, for example `… AND toy.label IS NULL`.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: users would lose their input.",
    },
);

static LEFT_OUT: Code = Code::error(
    "concurrent/left-out",
    Explanation {
        meaning: "A unit is still pending after the run that should have processed it, or after the next run.",
        example: "A condition in `write` excludes rows for which `pending` is true.",
        fix: "Make `write` change each unit that is pending, or make `pending` false for a unit that needs no change.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: the unit would never be filled.",
    },
);

static WAITED: Code = Code::error(
    "concurrent/waited",
    Explanation {
        meaning: "A write of the app waited for the backfill longer than the configuration allows.",
        example: "One UPDATE of the backfill locks 50,000 rows for three seconds.",
        fix: "Write fewer rows per statement, or use smaller batches.",
        allow: "Raise `max_wait_ms` in `rehearsal.toml` next to the migrations.",
    },
);

static NEVER_ENDS: Code = Code::error(
    "concurrent/never-ends",
    Explanation {
        meaning: "A run does not finish while the app keeps inserting rows.",
        example: "`pending` is true for units that `write` has already processed.",
        fix: "Make `pending` false for a unit that is done.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: the run would never finish in production.",
    },
);

static APP_FAILED: Code = Code::error(
    "concurrent/app-failed",
    Explanation {
        meaning: "A function of the app failed while a backfill ran, and neither a lock nor a deadlock was the cause.",
        example: "The backfill inserts a row that makes the app's own INSERT violate a constraint.",
        fix: "Make the app's function succeed while the backfill runs. If it was right to refuse, return no values in the traffic.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: the app would fail in production.",
    },
);

static RUNS_INTERFERE: Code = Code::error(
    "concurrent/runs-interfere",
    Explanation {
        meaning: "Three concurrent runs of one backfill produce a different result than a single run.",
        example: "Two runs insert the same derived row, because `write` has no ON CONFLICT clause.",
        fix: "Make `write` skip rows that another run has written.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: two deployments may start the same backfill.",
    },
);

/// The proof.
pub(super) struct Concurrent;

impl Proof for Concurrent {
    fn name(&self) -> &'static str {
        "concurrent"
    }

    fn question(&self) -> &'static str {
        "Does the app keep working while a backfill runs?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&LOST_WRITE, &LEFT_OUT, &WAITED, &NEVER_ENDS, &APP_FAILED, &RUNS_INTERFERE]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, rehearsal: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.is_sound() && !rehearsal.backfills.is_empty())
    }

    fn after(&self) -> Option<&'static str> {
        Some("deterministic")
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            run_with_writers(run).await?;
            same_backfill::compare(run).await?;
            Ok(run.outcome())
        })
    }
}

/// Runs each backfill while the app writes, then the checks.
async fn run_with_writers(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let rehearsal = run.rehearsal;
    let Some(traffic) = rehearsal.traffic else {
        run.not_covered(format!(
            "the app did not write while the backfills ran, because its traffic is not defined: define it in {}",
            source::traffic(&rehearsal.database.name)
        ));
        run.outcome.is_incomplete = true;
        return Ok(());
    };
    let scratch = run.start("concurrent").await?;
    let (mut version, mut done, mut red) = (run.start_version(), Vec::new(), RedAfter::default());
    for next in rehearsal.history.after(version).iter().map(Some).chain([None]) {
        let names: Vec<&str> = done.iter().map(|backfill: &&dyn AnyBackfill| backfill.about().name).collect();
        for backfill in run.due(next, &names) {
            let about = backfill.about();
            if next.is_some() && about.until.is_some_and(|until| rehearsal.history.get(until).is_some()) {
                // Today's app does not match the schema before `until`.
                run.backfill(backfill, &scratch, Effect::Execute).await?;
                run.note(format!(
                    "{} ran without concurrent writes, because its window ends before the newest version",
                    about.name
                ));
            } else {
                let is_open = |it: &&&dyn AnyBackfill| it.about().until.is_none_or(|until| until > version);
                let earlier: Vec<_> = done.iter().filter(is_open).copied().collect();
                if run_while_app_writes(run, backfill, &earlier, traffic, &scratch.shared()).await? == Ran::WithWrites {
                    red.record(about.name, run, &scratch).await?;
                }
            }
            done.push(backfill);
        }
        if let Some(migration) = next {
            let mut connection = scratch.open().await?;
            run.up(migration, &scratch, &mut connection).await?;
            run.load_later(migration.version, &mut connection).await?;
            connection.close().await?;
            version = migration.version;
        }
    }
    blame::check(run, red, &scratch).await
}

/// Whether a backfill ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ran {
    /// While the app wrote.
    WithWrites,
    /// Not at all, because no unit was pending.
    Not,
}

/// Runs a backfill while the app writes, and reports the result. `earlier` are the backfills that ran before it.
async fn run_while_app_writes(
    run: &mut ProofRun<'_>,
    backfill: &dyn AnyBackfill,
    earlier: &[&dyn AnyBackfill],
    traffic: &dyn AnyTraffic,
    target: &Target,
) -> Result<Ran, Error> {
    let about = backfill.about();
    let step = format!("run backfill {} while the app writes", about.name);
    run.step(&step);
    let before = pending(backfill, target).await?;
    if before.is_empty() {
        run.not_covered(format!("{} had no pending units, so no write could conflict with it", about.name));
        return Ok(Ran::Not);
    }
    let units = u32::try_from(before.len()).unwrap_or(u32::MAX);
    let batch = NonZeroU32::new(units.div_ceil(BATCHES).max(SMALLEST)).unwrap_or(NonZeroU32::MIN);
    let order = before.iter().zip(0..).filter_map(|(unit, place)| Some((unit.id.clone()?, place))).collect();
    let mut writers = open(traffic, target, about.name, (&order, batch)).await?;
    let (ran, took, ending) = run_and_write(backfill, target, batch, &mut writers).await;
    let left = pending(backfill, target).await;
    // The writers' connections are closed even if the run failed.
    let inspected = match (ran, left) {
        (Ok(_), Ok(left)) => inspect(run, (backfill, earlier), target, (&before, left), ending, &mut writers).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let (number, mut diary) = (writers.len(), Diary::default());
    for writer in writers {
        diary.add(writer.close().await?);
    }
    let seen = inspected?;
    run.step(step);
    let figures = Figures::new(about.name, number, &diary, took);
    report(run, &about, &figures, &diary, &seen).await;
    run.outcome.figure(about.name, figures.to_json(run.rehearsal.database.max_wait));
    Ok(Ran::WithWrites)
}

/// Opens the writers, and divides the existing units between them by the hash of the id.
async fn open<'a>(
    traffic: &'a dyn AnyTraffic,
    target: &Target,
    backfill: &'static str,
    run: (&'a HashMap<String, u64>, NonZeroU32),
) -> Result<Vec<Writer<'a>>, Error> {
    let mut connection = target.open_to_read().await?;
    let read = connection.query(traffic.units(), &[], usize::MAX).await;
    let rows = connection.close_with(read).await?;
    let number = writers(traffic.engine());
    let mut dealt = vec![Vec::new(); number];
    for id in rows.rows.iter().filter_map(|row| row.first()?.as_text()) {
        dealt[(xxh3_64(id.as_bytes()) % number as u64) as usize].push(id.to_owned());
    }
    let mut writers = Vec::new();
    for (at, units) in dealt.into_iter().enumerate() {
        writers.push(Writer::new(traffic, target.open().await?, backfill, (at, number), units, run));
    }
    Ok(writers)
}

/// Runs the backfill. Each writer starts before the run does and stops when it is over.
async fn run_and_write(
    backfill: &dyn AnyBackfill,
    target: &Target,
    batch: NonZeroU32,
    writers: &mut [Writer<'_>],
) -> (Result<backfill::Outcome, Error>, Duration, Ending) {
    let pass = Pass { batch, rest: REST, ..Pass::new(Effect::Execute) };
    let (phase, first) = (Phase::default(), writers.len() as u64);
    let run = async {
        phase.run_behind(first).await;
        let start = Instant::now();
        let follow = |event: Event| {
            if let Event::Batch { counts } = event {
                phase.done(counts.units);
            }
        };
        let ran = backfill::run(backfill, target, &pass, &follow).await;
        phase.end();
        (ran.map_err(Error::from), start.elapsed())
    };
    let in_time = async {
        let mut run = pin!(run);
        match timeout(DEADLINE, &mut run).await {
            Ok((ran, took)) => (ran, took, Ending::InTime),
            Err(_) => {
                pass.stop.request();
                phase.end();
                let (ran, took) = run.await;
                (ran, took, Ending::Late)
            }
        }
    };
    let (ran, _) = tokio::join!(in_time, join_all(writers.iter_mut().map(|writer| writer.write(&phase))));
    ran
}

/// The pending units, in the order in which a run processes them.
async fn pending(backfill: &dyn AnyBackfill, target: &Target) -> Result<Vec<Pending>, Error> {
    let engine = backfill.engine();
    let mut columns = vec!["cursor"];
    columns.extend(backfill.about().scopes.first());
    let columns: Vec<String> =
        columns.iter().map(|column| engine.as_text(&format!("unit.{}", engine.quote(column)))).collect();
    let mut connection = target.open_to_read().await?;
    let relation = connection.strict(backfill.relation());
    let order = connection.unit_order(backfill.order());
    let sql = format!(
        "SELECT {} FROM ({relation}\n) AS unit WHERE unit.\"pending\" ORDER BY unit.{}",
        columns.join(", "),
        engine.quote(order.column())
    );
    let read = connection.query(&sql, &[], usize::MAX).await;
    let rows = connection.close_with(read).await?.rows;
    let unit = |row: Vec<Value>| {
        let id = row.get(1).map(|id| id.as_text().map_or_else(|| id.to_string(), ToOwned::to_owned));
        Some(Pending { cursor: row.first()?.to_string(), id })
    };
    Ok(rows.into_iter().filter_map(unit).collect())
}

/// Collects the observations after a run. Runs the earlier backfills and this one again for the units that were inserted
/// concurrently, then compares the database with the logs of the writers.
async fn inspect(
    run: &mut ProofRun<'_>,
    (backfill, earlier): (&dyn AnyBackfill, &[&dyn AnyBackfill]),
    target: &Target,
    (before, left): (&[Pending], Vec<Pending>),
    ending: Ending,
    writers: &mut [Writer<'_>],
) -> Result<Seen, Error> {
    let left_out = match ending {
        Ending::InTime => {
            let before: HashSet<&Pending> = before.iter().collect();
            // A new unit may have the id of one that the app has deleted.
            let deleted: HashSet<&str> = writers.iter().flat_map(Writer::deleted).collect();
            let is_same = |unit: &Pending| !deleted.contains(unit.id.as_deref().unwrap_or(&unit.cursor));
            left.into_iter().filter(|unit| before.contains(unit) && is_same(unit)).collect()
        }
        // The run was stopped before it could process all of them.
        Ending::Late => Vec::new(),
    };
    for earlier in earlier {
        run.step(format!("run backfill {} again", earlier.about().name));
        backfill::run(*earlier, target, &Pass::new(Effect::Execute), &silent).await?;
    }
    run.step(format!("run backfill {} again", backfill.about().name));
    let next = backfill::run(backfill, target, &Pass::new(Effect::Execute), &silent).await?.counts.units;
    let never = pending(backfill, target).await?;
    let unit = backfill.about().unit;
    let (mut compared, mut lost) = (0, Vec::new());
    let alive: HashSet<String> = writers.iter().flat_map(Writer::alive).map(ToOwned::to_owned).collect();
    for (values, lines) in join_all(writers.iter_mut().map(|writer| writer.compare(unit, &alive))).await {
        compared += values;
        lost.extend(lines);
    }
    Ok(Seen { ending, left_out, next, never, compared, lost })
}

/// Adds findings and notes about one backfill to the proof.
async fn report(run: &mut ProofRun<'_>, about: &About, figures: &Figures, diary: &Diary, seen: &Seen) {
    let name = about.name;
    for finding in judge::findings(run.rehearsal.database, about, figures, diary, seen) {
        run.find(finding).await;
    }
    if figures.during < FEWEST {
        run.not_covered(format!("too few writes while {name} ran: {} of at least {FEWEST}", figures.during));
    }
    if seen.compared == 0 {
        run.not_covered(format!("no value that the app wrote while {name} ran could be compared"));
    }
    run.note(figures.to_string());
    let late = match seen.next {
        0 => String::new(),
        1 => format!("; the next run processed 1 concurrently inserted {}", about.unit),
        n => format!("; the next run processed {n} concurrently inserted {}s", about.unit),
    };
    let writes = if seen.lost.is_empty() { "no write of the app was lost" } else { "writes of the app were lost" };
    run.note(format!("{writes} ({} compared){late}", counted(seen.compared, "value")));
}
