//! *Live*: while a backfill runs, the app's own functions create, change and delete units on several connections, and older code
//! makes units that are still to be filled. In the end no write of the app is lost, no unit left out, every check is green, the
//! run has come to its end although rows kept coming, and nobody waited for longer than is allowed.
//!
//! The backfill runs in small batches with rests between them, so that much is written between the moment at which a unit is
//! read and the one at which it is written. A unit that was there before is the run's business; one that came behind its back is
//! the next run's.

mod figures;
mod judge;
mod phase;
pub(super) mod same_backfill;
mod traffic;
mod writer;

use figures::Figures;
pub use traffic::{Act, AnyTraffic, Failure, Held, Traffic, Written};
pub use writer::Kind;

use crate::Error;
use crate::backfill::{self, About, AnyBackfill, Effect, Pass};
use crate::event::{Event, silent};
use crate::failures;
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::outcome::Outcome;
use crate::proofs::{Applies, Data, Proof, ProofRun, Rehearsal};
use crate::report::{Code, Explanation, Failures, ProofStatus};
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

/// How long a run rests between two batches.
const REST: Duration = Duration::from_millis(50);
/// In how many batches it is done, where there are so many units, and how many units a batch has at least: a run has to be
/// faster than those who make units for it.
const BATCHES: u32 = 12;
const SMALLEST: u32 = 5;
/// With fewer writes beside a run, nothing was proved.
const FEWEST: u64 = 20;

/// How many connections write.
fn writers(engine: Engine) -> usize {
    if engine.has_one_writer() { 2 } else { 4 }
}

static FAILURES: Failures = failures!("concurrent");

static LOST_WRITE: Code = Code::error(
    "concurrent/lost-write",
    Explanation {
        meaning: "A value that the app wrote while a backfill ran is gone or overwritten.",
        example: "A backfill reads a row, the app changes it, and the backfill writes what it made of the old values.",
        fix: "Guard `write`: change only rows that are still as they were read, for example `… AND toy.label IS NULL`.",
        allow: "It cannot be allowed: users would lose what they entered.",
    },
);

static LEFT_OUT: Code = Code::error(
    "concurrent/left-out",
    Explanation {
        meaning: "A unit is still pending after the run that should have done it, or after the next one.",
        example: "`write` skips a row that the app has touched, and `pending` does not list it again.",
        fix: "Look at why `write` leaves the unit unchanged, and whether `pending` finds it again.",
        allow: "It cannot be allowed: the unit would never be filled.",
    },
);

static WAITED: Code = Code::error(
    "concurrent/waited",
    Explanation {
        meaning: "A write of the app waited for the backfill for longer than the configuration allows.",
        example: "One UPDATE of the backfill locks 50,000 rows for three seconds.",
        fix: "Write less in one statement, or use smaller batches.",
        allow: "Raise the longest wait in the configuration file beside the migrations.",
    },
);

static NEVER_ENDS: Code = Code::error(
    "concurrent/never-ends",
    Explanation {
        meaning: "A run does not end while the app keeps creating rows.",
        example: "`pending` is true for units that `write` has already done.",
        fix: "Let `pending` be false for a unit that is done.",
        allow: "It cannot be allowed: the run would never finish in production.",
    },
);

static APP_FAILED: Code = Code::error(
    "concurrent/app-failed",
    Explanation {
        meaning: "A function of the app failed while a backfill ran, for another reason than a lock or a deadlock.",
        example: "The backfill adds a row that makes the app's own INSERT violate a constraint.",
        fix: "Let the app's function succeed while the backfill runs, or report what it rightly refuses as no write in the traffic.",
        allow: "It cannot be allowed: the app would fail in production.",
    },
);

/// Several runs of one backfill at once do not make what one run makes.
static RUNS_INTERFERE: Code = Code::error(
    "concurrent/runs-interfere",
    Explanation {
        meaning: "Three runs of one backfill at the same time leave another result than one run alone.",
        example: "Two runs insert the same derived row, for `write` has no ON CONFLICT clause.",
        fix: "Let `write` leave unchanged what another run has written.",
        allow: "It cannot be allowed: two deployments may start the same backfill.",
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

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            runs_at_once(run).await?;
            beside_the_app(run).await?;
            Ok(run.outcome())
        })
    }
}

/// Runs each backfill that is due at the end of the history three times at once.
async fn runs_at_once(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let several = run.due(None, &[]).into_iter().any(|backfill| !backfill.engine().has_one_writer());
    if !several {
        return Ok(());
    }
    if run.data.earlier("deterministic").is_some_and(|report| report.status == ProofStatus::Failed) {
        run.not_covered("several runs at once were not compared with one run, for the result is not deterministic");
        return Ok(());
    }
    let scratch = run.start("at_once").await?;
    let mut connection = scratch.open().await?;
    let mut done = Vec::new();
    for migration in run.rehearsal.history.after(run.start_version()) {
        run.run_due(&scratch, Some(migration), &mut done).await?;
        run.up(migration, &scratch, &mut connection).await?;
        run.load_later(migration.version, &mut connection).await?;
    }
    for backfill in run.due(None, &done) {
        let before = Snapshot::of(run, &mut connection).await?;
        run.backfill(backfill, &scratch, Effect::Execute).await?;
        let after = Snapshot::of(run, &mut connection).await?;
        same_backfill::prove(run, backfill, &before, &after).await?;
    }
    connection.close().await?;
    run.steps.clear();
    Ok(())
}

async fn beside_the_app(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let rehearsal = run.rehearsal;
    let Some(traffic) = rehearsal.traffic else {
        run.not_covered(format!(
            "nobody wrote while the backfills ran: write what the app does into {}",
            source::traffic(&rehearsal.database.name)
        ));
        run.outcome.is_incomplete = true;
        return Ok(());
    };
    let scratch = run.start("concurrent").await?;
    let mut done = Vec::new();
    for migration in rehearsal.history.after(run.start_version()) {
        for backfill in run.due(Some(migration), &done) {
            let about = backfill.about();
            done.push(about.name);
            if about.until.is_some_and(|until| rehearsal.history.get(until).is_some()) {
                // The app of today does not fit the schema of then.
                run.backfill(backfill, &scratch, Effect::Execute).await?;
                run.note(format!("the window of {} is closed, and nobody wrote while it ran", about.name));
            } else {
                write_beside(run, backfill, traffic, &scratch.shared()).await?;
            }
        }
        let mut connection = scratch.open().await?;
        run.up(migration, &scratch, &mut connection).await?;
        run.load_later(migration.version, &mut connection).await?;
        connection.close().await?;
    }
    for backfill in run.due(None, &done) {
        write_beside(run, backfill, traffic, &scratch.shared()).await?;
    }
    run.check(&scratch).await
}

/// Runs a backfill while the app writes.
async fn write_beside(
    run: &mut ProofRun<'_>,
    backfill: &dyn AnyBackfill,
    traffic: &dyn AnyTraffic,
    target: &Target,
) -> Result<(), Error> {
    let about = backfill.about();
    run.step(format!("run backfill {} while the app writes", about.name));
    let before = pending(backfill, target).await?;
    if before.is_empty() {
        run.not_covered(format!("{} had nothing to do, so that nobody could get into its way", about.name));
        return Ok(());
    }
    let units = u32::try_from(before.len()).unwrap_or(u32::MAX);
    let batch = NonZeroU32::new(units.div_ceil(BATCHES).max(SMALLEST)).unwrap_or(NonZeroU32::MIN);
    let order = before.iter().zip(0..).filter_map(|(unit, place)| Some((unit.id.clone()?, place))).collect();
    let mut writers = open(traffic, target, (&order, batch)).await?;
    let (ran, took, ending) = run_beside(backfill, target, batch, &mut writers).await;
    let left = pending(backfill, target).await;
    // What the writers did is told, and their connections are closed, whatever came of the run.
    let looked = match (ran, left) {
        (Ok(_), Ok(left)) => look(backfill, target, &before, left, ending, &mut writers).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let (number, mut diary) = (writers.len(), Diary::default());
    for writer in writers {
        diary.add(writer.close().await?);
    }
    let seen = looked?;
    let figures = Figures::new(about.name, number, &diary, took);
    tell(run, &about, &figures, &diary, &seen).await;
    run.outcome.figure(about.name, figures.to_json());
    Ok(())
}

async fn open<'a>(
    traffic: &'a dyn AnyTraffic,
    target: &Target,
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
        writers.push(Writer::new(traffic, target.open().await?, at, units, number, run));
    }
    Ok(writers)
}

/// The run, with the writers beside it from before it begins until it has ended.
async fn run_beside(
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

/// The units that are to be done, in the order in which a run comes to them.
async fn pending(backfill: &dyn AnyBackfill, target: &Target) -> Result<Vec<Pending>, Error> {
    let engine = backfill.engine();
    let mut columns = vec!["cursor"];
    columns.extend(backfill.about().scopes.first());
    let columns: Vec<String> =
        columns.iter().map(|column| engine.as_text(&format!("unit.{}", engine.quote(column)))).collect();
    let mut connection = target.open_to_read().await?;
    let relation = connection.strict(backfill.relation());
    let sql = format!(
        "SELECT {} FROM ({relation}\n) AS unit WHERE unit.\"pending\" ORDER BY unit.\"cursor\"",
        columns.join(", ")
    );
    let read = connection.query(&sql, &[], usize::MAX).await;
    let rows = connection.close_with(read).await?.rows;
    let unit = |row: Vec<Value>| {
        let id = row.get(1).map(|id| id.as_text().map_or_else(|| id.to_string(), ToOwned::to_owned));
        Some(Pending { cursor: row.first()?.to_string(), id })
    };
    Ok(rows.into_iter().filter_map(unit).collect())
}

/// Looks what is there behind the run, and runs the backfill once more for what came behind its back.
async fn look(
    backfill: &dyn AnyBackfill,
    target: &Target,
    before: &[Pending],
    left: Vec<Pending>,
    ending: Ending,
    writers: &mut [Writer<'_>],
) -> Result<Seen, Error> {
    let left_out = match ending {
        Ending::InTime => {
            let before: HashSet<&Pending> = before.iter().collect();
            left.into_iter().filter(|unit| before.contains(unit)).collect()
        }
        // It had no time for them.
        Ending::Late => Vec::new(),
    };
    let next = backfill::run(backfill, target, &Pass::new(Effect::Execute), &silent).await?.counts.units;
    let never = pending(backfill, target).await?;
    let unit = backfill.about().unit;
    let (mut compared, mut lost) = (0, Vec::new());
    for (values, lines) in join_all(writers.iter_mut().map(|writer| writer.compare(unit))).await {
        compared += values;
        lost.extend(lines);
    }
    Ok(Seen { ending, left_out, next, never, compared, lost })
}

/// Tells what was found.
async fn tell(run: &mut ProofRun<'_>, about: &About, figures: &Figures, diary: &Diary, seen: &Seen) {
    let name = about.name;
    for finding in judge::findings(run.rehearsal.database, about, figures, diary, seen) {
        run.find(finding).await;
    }
    if figures.during < FEWEST {
        run.not_covered(format!("only {} writes were made while {name} ran, which says little", figures.during));
    }
    if seen.compared == 0 {
        run.not_covered(format!("no write was made while {name} ran of which anything is known"));
    }
    run.note(figures.to_string());
    let late = match seen.next {
        0 => String::new(),
        1 => format!("; the next run did a {} that came behind this one's back", about.unit),
        n => format!("; the next run did {n} {}s that came behind this one's back", about.unit),
    };
    run.note(format!("{} values that the app wrote are what it wrote{late}", seen.compared));
}
