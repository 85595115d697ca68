//! The rehearsal of a database: its proofs, one file each, in their order. A proof works on scratch databases only, tells
//! what it is doing before it does it, and goes on after a problem where it can.

mod accounts;
mod at_once;
mod fresh;
mod populated;
mod problem;
mod refusal;
mod rerun;
mod reversible;
mod rows;
mod state;
mod verify_backfill;
mod walk;

pub use problem::{Problem, Unlike, WayBack, What};
pub use refusal::Refusal;
pub use state::{Compared, Moment};

use crate::Error;
use crate::backfill::AnyBackfill;
use crate::check::{AnyRowCheck, Check};
use crate::engine::{Connection, Schema};
use crate::event::{Event, Events};
use crate::migration::{self, History};
use crate::sandbox::{Sandbox, Scratch};
use crate::workspace::{Database, Fixture};
use crate::{fingerprint, fixture};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    /// Each migration goes down and up again, each backfill is undone, and all the way down leaves nothing.
    Reversible,
}

impl Proof {
    /// All proofs, in the order in which they are made.
    pub const ALL: [Self; 5] = [Self::Fresh, Self::Rows, Self::Populated, Self::Rerun, Self::Reversible];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Rows => "rows",
            Self::Populated => "populated",
            Self::Rerun => "rerun",
            Self::Reversible => "reversible",
        }
    }

    /// Whether it is made with that data: a fixture, or none.
    #[must_use]
    pub fn applies_to(self, fixture: Option<&Fixture>) -> bool {
        match self {
            Self::Fresh | Self::Rows => fixture.is_none(),
            Self::Populated => fixture.is_some(),
            Self::Rerun | Self::Reversible => true,
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
    /// What could not be tried, and why.
    pub untried: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// Everything that is rehearsed of one database.
pub struct Subject<'a> {
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
    /// Where throwaway databases come from.
    pub sandbox: &'a Sandbox,
    /// Whoever listens.
    pub events: Events<'a>,
}

/// A proof under way: where it is, what it found so far.
pub(crate) struct Course<'a> {
    subject: &'a Subject<'a>,
    fixture: Option<&'a Fixture>,
    step: String,
    /// What was done to the database that is worked on, since it was copied from its template.
    path: Vec<walk::Action>,
    /// How many units a batch of a backfill.
    batch: NonZeroU32,
    /// The database that is worked on, to be kept when a problem shows on it.
    scratch: Option<Arc<Scratch>>,
    problems: Vec<Problem>,
    notes: Vec<String>,
    untried: Vec<String>,
}

impl Course<'_> {
    /// Tells what is done next.
    fn step(&mut self, step: impl Into<String>) {
        self.step = step.into();
        (self.subject.events)(Event::Step { database: self.subject.database.name.clone(), step: self.step.clone() });
    }

    /// Records a problem of the step at hand, and keeps the database on which it shows.
    async fn problem(&mut self, what: What) {
        let kept = match &self.scratch {
            Some(scratch) => self.subject.sandbox.keep(scratch).await.ok(),
            None => None,
        };
        let next = what.next(self.subject.database, kept.as_deref());
        self.problems.push(Problem { step: self.step.clone(), what, kept, next });
    }

    /// A scratch database with the data of this proof.
    async fn start(&mut self, name: &str) -> Result<Arc<Scratch>, Error> {
        let subject = self.subject;
        let template = subject.sandbox.template(subject.database, subject.history, self.fixture).await?;
        Ok(self.work_on(subject.sandbox.scratch(&template, name).await?))
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
            self.path.push(walk::Action::Rows(version));
        }
        Ok(())
    }

    /// The schema before the first migration: nothing, or what is run before the history.
    async fn ground(&self) -> Result<Arc<Schema>, Error> {
        let subject = self.subject;
        if subject.database.setup.is_empty() {
            return Ok(Arc::default());
        }
        let template = subject.sandbox.template(subject.database, subject.history, None).await?;
        let scratch = subject.sandbox.scratch(&template, "ground").await?;
        let mut connection = scratch.open().await?;
        let schema = fingerprint::schema(&mut connection).await;
        Ok(connection.close_with(schema).await?)
    }
}

impl Subject<'_> {
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
        for fixture in std::iter::once(None).chain(self.database.fixtures.iter().map(Some)) {
            if fixture.is_some() {
                let load = async |course: &mut Course<'_>| {
                    course.step("load the fixture");
                    let subject = course.subject;
                    Ok(subject.sandbox.try_out(subject.database, subject.history, course.fixture).await?)
                };
                let loaded = self.run(Proof::Populated, fixture, REHEARSAL_BATCH, load).await;
                if !loaded.problems.is_empty() {
                    answers.push(loaded);
                    continue;
                }
            }
            for proof in Proof::ALL.into_iter().filter(|proof| proof.applies_to(fixture)) {
                let answer = self.prove(proof, fixture).await;
                if proof == Proof::Fresh
                    && let Some(refusal) = Refusal::of(self, &answer)
                {
                    return Err(refusal);
                }
                // Other proofs with the same data would only tell the same.
                let is_the_end = answer.problems.iter().any(|problem| problem.ends(proof));
                answers.push(answer);
                if is_the_end {
                    break;
                }
            }
        }
        Ok(answers)
    }

    /// Makes one proof with one fixture, or with an empty database.
    pub async fn prove(&self, proof: Proof, fixture: Option<&Fixture>) -> Answer {
        self.run(proof, fixture, REHEARSAL_BATCH, async |course: &mut Course<'_>| match proof {
            Proof::Fresh => fresh::prove(course).await,
            Proof::Rows => rows::prove(course).await,
            Proof::Populated => populated::prove(course).await,
            Proof::Rerun => rerun::prove(course).await,
            Proof::Reversible => reversible::prove(course).await,
        })
        .await
    }

    /// Proves one backfill with one fixture: run, run again from the first unit, checks, undo.
    pub async fn verify_backfill(&self, backfill: &dyn AnyBackfill, fixture: &Fixture, batch: NonZeroU32) -> Answer {
        let prove = async |course: &mut Course<'_>| verify_backfill::prove(course, backfill).await;
        self.run(Proof::Rerun, Some(fixture), batch, prove).await
    }

    async fn run(
        &self,
        proof: Proof,
        fixture: Option<&Fixture>,
        batch: NonZeroU32,
        prove: impl AsyncFnOnce(&mut Course<'_>) -> Result<(), Error>,
    ) -> Answer {
        let start = Instant::now();
        let mut course = Course {
            subject: self,
            fixture,
            step: "make a scratch database".to_owned(),
            path: Vec::new(),
            batch,
            scratch: None,
            problems: Vec::new(),
            notes: Vec::new(),
            untried: Vec::new(),
        };
        if let Err(error) = prove(&mut course).await {
            course.problem(What::Error(Box::new(error))).await;
        }
        let Course { problems, notes, untried, .. } = course;
        let fixture = fixture.map(|fixture| fixture.name.clone());
        Answer { proof, fixture, problems, notes, untried, took: start.elapsed() }
    }
}
