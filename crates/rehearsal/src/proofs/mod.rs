//! The rehearsal of a database: its proofs, one file each, in their order. A proof works on scratch databases only, tells
//! what it is doing before it does it, and goes on after a problem where it can.

mod concurrent;
mod crash;
mod deterministic;
mod fresh;
mod generated_rows;
mod idempotent;
pub mod kit;
mod mutation;
mod populated;
mod problem;
mod refusal;
mod reversible;
mod verify_backfill;

pub use concurrent::{Act, AnyTraffic, Failure, Figures, Held, Kind, Traffic, Written};
pub use crash::{Crashes, Done, Program, Said};
pub use kit::snapshot::{Compared, Snapshot};
pub use mutation::{Mutants, Survivor};
pub use problem::{Problem, Unlike, WayBack, What};
pub use refusal::Refusal;

use crate::Error;
use crate::backfill::AnyBackfill;
use crate::check::{AnyRowCheck, Check};
use crate::event::{Event, Events};
use crate::migration::{self, History};
use crate::sandbox::{Sandbox, Scratch};
use crate::workspace::{Database, Fixture};
use crate::{compare, fixture};
use kit::checkpoint::Checkpoints;
use kit::timeline::Step;
use mutation::Tried;
use populated::Unseen;
use rehearsal_db::{Connection, Schema};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// One question with a yes or no, answered by doing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// An empty database takes all migrations, passes the checks and leaves the backfills nothing to do.
    Fresh,
    /// An empty database takes the migrations one by one, each with made-up rows in the tables that no fixture has rows for.
    Rows,
    /// Each fixture takes the migrations behind its version one by one and loses nothing undeclared, is filled by the
    /// backfills, and passes the checks.
    Populated,
    /// Migrations and backfills, run again from the first unit, change nothing.
    Rerun,
    /// Another size of batches, another order of rows, another time zone and a later moment make the same rows.
    Deterministic,
    /// Each migration goes down and up again, each backfill is undone, and all the way down leaves nothing.
    Reversible,
    /// A process that is killed at a commit leaves what another one goes on with, and nothing is lost or done twice.
    Crash,
    /// The app's own functions write while each backfill runs, and neither loses anything.
    Live,
    /// What a backfill wrote is broken on purpose, and each time a check or a constraint notices.
    ChecksBite,
}

impl Proof {
    /// All proofs, in the order in which they are made.
    pub const ALL: [Self; 9] = [
        Self::Fresh,
        Self::Rows,
        Self::Populated,
        Self::Rerun,
        Self::Deterministic,
        Self::Reversible,
        Self::Crash,
        Self::Live,
        Self::ChecksBite,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Rows => "rows",
            Self::Populated => "populated",
            Self::Rerun => "rerun",
            Self::Deterministic => "deterministic",
            Self::Reversible => "reversible",
            Self::Crash => "crash",
            Self::Live => "live",
            Self::ChecksBite => "checks bite",
        }
    }

    /// Whether it is made with that data: a fixture, or none.
    #[must_use]
    pub fn applies_to(self, fixture: Option<&Fixture>) -> bool {
        match self {
            Self::Fresh | Self::Rows => fixture.is_none(),
            Self::Populated | Self::Deterministic | Self::Live | Self::ChecksBite => fixture.is_some(),
            Self::Rerun | Self::Reversible | Self::Crash => true,
        }
    }
}

/// The batch size of rehearsals: small, so that a small fixture has several batches, and what goes wrong between two of them
/// shows.
pub const REHEARSAL_BATCH: NonZeroU32 = match NonZeroU32::new(25) {
    Some(units) => units,
    None => NonZeroU32::MIN,
};

/// What a proof answered.
#[derive(Debug)]
pub struct Answer {
    /// The proof.
    pub proof: Proof,
    /// The fixture that it was made with; none for an empty database.
    pub fixture: Option<String>,
    /// What went wrong; a yes where this is empty.
    pub problems: Vec<Problem>,
    /// What a person should know of a yes.
    pub notes: Vec<String>,
    /// What a person should look at all the same.
    pub oddities: Vec<String>,
    /// The tables that rows were made up for.
    pub made_up: Vec<String>,
    /// What could not be tried, and why.
    pub untried: Vec<String>,
    /// How many ways to break each backfill were noticed, with all fixtures together: told with the last of them.
    pub mutants: Vec<Mutants>,
    /// How often a process was killed; none where that was not tried.
    pub crashes: Option<Crashes>,
    /// What the app did while each backfill ran, of the proof *live*.
    pub live: Vec<Figures>,
    /// How long it took.
    pub took: Duration,
}

/// How much is tried where there are very many things to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Some of them, the same each time.
    Sample,
    /// All.
    Exhaustive,
}

/// Everything that is rehearsed of one database.
pub struct Rehearsal<'a> {
    /// The database.
    pub database: &'a Database,
    /// Its migrations.
    pub history: &'a History,
    /// Its checks in SQL.
    pub checks: &'a [Check],
    /// Its checks in Rust.
    pub row_checks: Vec<&'a dyn AnyRowCheck>,
    /// Its backfills, in the order in which they run.
    pub backfills: Vec<&'a dyn AnyBackfill>,
    /// What the app does with its units, where somebody wrote that.
    pub traffic: Option<&'a dyn AnyTraffic>,
    /// How many ways to break a backfill, and how many commits to kill a process at, are tried.
    pub depth: Depth,
    /// This program, to be killed; where there is none, *crash* is not made.
    pub program: Option<Program>,
    /// Where throwaway databases come from.
    pub sandbox: &'a Sandbox,
    /// Whoever listens.
    pub events: Events<'a>,
}

/// What a fixture became, and the checks that saw no row of it, each with the empty tables that it names.
type End = (Snapshot, BTreeMap<String, Vec<String>>);

/// A proof under way: where it is, what it found so far.
pub(crate) struct ProofRun<'a> {
    rehearsal: &'a Rehearsal<'a>,
    fixture: Option<&'a Fixture>,
    began: Instant,
    step: String,
    /// What was done to the database that is worked on, since it was copied from its template.
    steps: Vec<Step>,
    checkpoints: Checkpoints,
    /// How many units a batch of a backfill.
    batch: NonZeroU32,
    /// The database that is worked on, to be kept when a problem shows on it.
    scratch: Option<Arc<Scratch>>,
    /// What the fixture became in the end, for the proofs behind, and the checks that saw no row of it.
    end: Option<End>,
    problems: Vec<Problem>,
    notes: Vec<String>,
    oddities: Vec<String>,
    made_up: Vec<String>,
    untried: Vec<String>,
    crashes: Option<Crashes>,
    figures: Vec<Figures>,
}

impl ProofRun<'_> {
    /// Tells what is done next.
    fn step(&mut self, step: impl Into<String>) {
        self.step = step.into();
        (self.rehearsal.events)(Event::Step {
            database: self.rehearsal.database.name.clone(),
            step: self.step.clone(),
        });
    }

    /// Records a problem of the step at hand, and keeps the database on which it shows.
    async fn problem(&mut self, what: What) {
        let kept = match &self.scratch {
            Some(scratch) => self.rehearsal.sandbox.keep(scratch).await.ok(),
            None => None,
        };
        let next = what.next(self.rehearsal.database, kept.as_ref());
        let kept = kept.map(|kept| kept.url());
        self.problems.push(Problem { step: self.step.clone(), what, kept, next });
    }

    /// A scratch database with the data of this proof.
    async fn start(&mut self, name: &str) -> Result<Arc<Scratch>, Error> {
        let scratch = self.copy(name).await?;
        Ok(self.work_on(scratch))
    }

    /// Goes on with another scratch database.
    fn work_on(&mut self, scratch: Scratch) -> Arc<Scratch> {
        let scratch = Arc::new(scratch);
        self.scratch = Some(Arc::clone(&scratch));
        scratch
    }

    /// The version at which the data starts.
    fn start_version(&self) -> i64 {
        self.fixture.map_or(migration::BEFORE_ALL, |fixture| fixture.version)
    }

    /// Inserts what the fixture has for the version that was just reached.
    async fn load_later(&mut self, version: i64, connection: &mut Connection) -> Result<(), Error> {
        let Some(fixture) = self.fixture else { return Ok(()) };
        if fixture.later.iter().any(|rows| rows.version == version) {
            self.step(format!("insert the rows of {} for version {version}", fixture.name));
            fixture::load_later(connection, fixture, version).await?;
            self.steps.push(Step::Rows(version));
        }
        Ok(())
    }

    /// The schema before the first migration: nothing, or what is run before the history.
    async fn ground(&self) -> Result<Arc<Schema>, Error> {
        let rehearsal = self.rehearsal;
        if rehearsal.database.setup.is_empty() {
            return Ok(Arc::default());
        }
        let template = rehearsal.sandbox.template(rehearsal.database, rehearsal.history, None).await?;
        let scratch = rehearsal.sandbox.scratch(&template, "ground").await?;
        let mut connection = scratch.open().await?;
        let schema = compare::schema(&mut connection).await;
        Ok(connection.close_with(schema).await?)
    }
}

impl Rehearsal<'_> {
    /// Makes every proof: with an empty database, then with each fixture. A history that an empty database does not take is one
    /// problem of *fresh*, a fixture that can't be loaded one of *populated*, and the other proofs are not tried with that data.
    ///
    /// # Errors
    /// Why no proof could be made.
    pub async fn prove_all(&self) -> Result<Vec<Answer>, Refusal> {
        self.sandbox.takes(self.database, self.history)?;
        if !self.database.setup.is_empty() {
            let tried = self.sandbox.try_out(self.database, self.history, None).await;
            tried.map_err(|error| Refusal::Setup(Box::new(error)))?;
        }
        let mut answers = Vec::new();
        let (tried, mut unseen) = (Mutex::new(Tried::default()), Unseen::default());
        for fixture in std::iter::once(None).chain(self.database.fixtures.iter().map(Some)) {
            if fixture.is_some() {
                let load = async |run: &mut ProofRun<'_>| {
                    run.step("load the fixture");
                    let rehearsal = run.rehearsal;
                    Ok(rehearsal.sandbox.try_out(rehearsal.database, rehearsal.history, run.fixture).await?)
                };
                let (loaded, _) = self.run(Proof::Populated, fixture, REHEARSAL_BATCH, load).await;
                if !loaded.problems.is_empty() {
                    answers.push(loaded);
                    continue;
                }
            }
            let (mut end, mut is_green) = (None, true);
            for proof in Proof::ALL.into_iter().filter(|proof| proof.applies_to(fixture)) {
                let prove = async |run: &mut ProofRun<'_>| match (proof, &end) {
                    (Proof::Fresh, _) => fresh::prove(run).await,
                    (Proof::Rows, _) => generated_rows::prove(run).await,
                    (Proof::Populated, _) => populated::prove(run).await,
                    (Proof::Rerun, _) => idempotent::prove(run).await,
                    (Proof::Deterministic, Some(usual)) => deterministic::prove(run, usual).await,
                    (Proof::Reversible, _) => reversible::prove(run).await,
                    (Proof::Crash, _) => {
                        if let Some(program) = &self.program {
                            run.crashes = Some(crash::prove(run, program).await?);
                        }
                        Ok(())
                    }
                    (Proof::Live, _) => concurrent::prove(run).await,
                    (Proof::ChecksBite, Some(usual)) => mutation::prove(run, usual, &mut *tried.lock().await).await,
                    (Proof::Deterministic | Proof::ChecksBite, None) => Ok(()),
                };
                let is_made = match proof {
                    // *Populated* says why the fixture did not get to the end.
                    Proof::Deterministic => end.is_some(),
                    Proof::Reversible => reversible::has_a_way_back(self, fixture),
                    Proof::Crash => self.program.is_some() && (fixture.is_none() || end.is_some()),
                    // What is red already can't tell anything.
                    Proof::Live | Proof::ChecksBite => end.is_some() && is_green && !self.backfills.is_empty(),
                    _ => true,
                };
                if !is_made {
                    if proof == Proof::Reversible
                        && fixture.is_none()
                        && let Some(fresh) = answers.iter_mut().find(|answer| answer.proof == Proof::Fresh)
                    {
                        fresh.notes.extend(reversible::one_way(&self.history.migrations));
                    }
                    continue;
                }
                let (answer, left) = self.run(proof, fixture, REHEARSAL_BATCH, prove).await;
                if proof == Proof::Fresh
                    && let Some(refusal) = Refusal::of(self, &answer)
                {
                    return Err(refusal);
                }
                if let Some((_, blind)) = &left {
                    unseen.and(blind.clone());
                }
                end = end.or(left.map(|(snapshot, _)| snapshot));
                is_green &= proof != Proof::Populated || answer.problems.is_empty();
                // Other proofs with the same data would only tell the same.
                let is_the_end = answer.problems.iter().any(|problem| problem.ends(proof));
                answers.push(answer);
                if is_the_end {
                    break;
                }
            }
        }
        if let Some(answer) = answers.iter_mut().rfind(|answer| answer.proof == Proof::Populated) {
            answer.notes.extend(unseen.notes());
        }
        if let Some(answer) = answers.iter_mut().rfind(|answer| answer.proof == Proof::ChecksBite) {
            mutation::tell(tried.into_inner().figures(), self.database, answer);
        }
        Ok(answers)
    }

    /// Proves one backfill with one fixture: run, run again from the first unit, checks, undo.
    pub async fn verify_backfill(&self, backfill: &dyn AnyBackfill, fixture: &Fixture, batch: NonZeroU32) -> Answer {
        let prove = async |run: &mut ProofRun<'_>| verify_backfill::prove(run, backfill).await;
        self.run(Proof::Rerun, Some(fixture), batch, prove).await.0
    }

    async fn run(
        &self,
        proof: Proof,
        fixture: Option<&Fixture>,
        batch: NonZeroU32,
        prove: impl AsyncFnOnce(&mut ProofRun<'_>) -> Result<(), Error>,
    ) -> (Answer, Option<End>) {
        let began = Instant::now();
        let mut run = ProofRun {
            rehearsal: self,
            fixture,
            began,
            step: "make a scratch database".to_owned(),
            steps: Vec::new(),
            checkpoints: Checkpoints::default(),
            batch,
            scratch: None,
            end: None,
            problems: Vec::new(),
            notes: Vec::new(),
            oddities: Vec::new(),
            made_up: Vec::new(),
            untried: Vec::new(),
            crashes: None,
            figures: Vec::new(),
        };
        if let Err(error) = prove(&mut run).await {
            run.problem(What::Error(Box::new(error))).await;
        }
        let ProofRun { problems, notes, oddities, made_up, untried, figures: live, crashes, end, .. } = run;
        let fixture = fixture.map(|fixture| fixture.name.clone());
        let (mutants, took) = (Vec::new(), began.elapsed());
        (Answer { proof, fixture, problems, notes, oddities, made_up, untried, mutants, live, crashes, took }, end)
    }
}
