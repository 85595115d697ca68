//! Rehearses databases: runs every proof with an empty database, then with each fixture, and collects their findings
//! in one report. [`run`] is the entry point for a whole rehearsal, [`verify_backfill`] for a single backfill.

mod database;

use crate::backfill::AnyBackfill;
use crate::cache::Memory;
use crate::interim::Interim;
use crate::proofs::{Data, Rehearsal, VerifyBackfill};
use crate::report::{Command, DatabaseReport, Finding, ProofReport, RehearsalReport, VERSION};
use crate::threads::Threads;
use crate::workspace::{Database, Fixture};
use std::num::NonZeroU32;
use std::time::Instant;
use tokio::sync::Semaphore;

/// A database to rehearse.
pub enum Subject<'a> {
    /// A database that can be rehearsed, and what is remembered of its proofs, if anything.
    Ready(Box<Rehearsal<'a>>, Option<&'a Memory>),
    /// A database whose proofs are all unchanged.
    Unchanged(&'a Database, Box<DatabaseReport>),
    /// A database that cannot be rehearsed, and the findings that explain why.
    Refused(&'a Database, Vec<Finding>),
}

/// How a rehearsal runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// The maximum number of proofs that run at the same time; `None` for two for each core of this machine.
    pub jobs: Option<NonZeroU32>,
    /// When the rehearsal ends.
    pub until: Until,
}

/// When a rehearsal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Until {
    /// After the last proof.
    #[default]
    End,
    /// After the first proof that fails: no other proof starts then.
    FirstFailure,
}

/// What the proofs of a rehearsal share.
struct Shared<'i> {
    slots: Semaphore,
    /// How the proofs of a database that can run concurrently are started.
    threads: Threads,
    until: Until,
    interim: &'i Interim,
}

impl<'i> Shared<'i> {
    fn new(settings: &Settings, interim: &'i Interim) -> Self {
        // With one slot, the order would be chance.
        let threads = if settings.jobs == Some(NonZeroU32::MIN) { Threads::InTurn } else { Threads::Own };
        Self { slots: slots(settings.jobs), threads, until: settings.until, interim }
    }

    /// True if no further proof starts.
    fn has_ended(&self) -> bool {
        self.until == Until::FirstFailure && self.interim.has_failed()
    }
}

/// How many proofs run at the same time, for each core of this machine: a proof often waits for a server, a process or a
/// rest of a backfill.
const PROOFS_PER_CORE: usize = 2;

fn slots(jobs: Option<NonZeroU32>) -> Semaphore {
    let default = || PROOFS_PER_CORE * std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new(jobs.and_then(|jobs| usize::try_from(jobs.get()).ok()).unwrap_or_else(default))
}

/// Rehearses databases concurrently, each in its own thread if the runtime has several. Calls `finished` with the report of
/// each database as soon as it is known, and stores the results so far in `interim`.
pub async fn run(
    subjects: &[Subject<'_>],
    settings: &Settings,
    interim: &Interim,
    finished: &(dyn Fn(&DatabaseReport) + Sync),
) -> RehearsalReport {
    let began = Began::now();
    let shared = Shared::new(settings, interim);
    interim.begin(subjects.iter().map(|subject| refused(subject.database(), Vec::new())));
    let finish = |report: &DatabaseReport| {
        interim.finish(report);
        finished(report);
    };
    // What is known already comes first, in the order of the databases.
    let known = |subject: &Subject<'_>| {
        let report = match subject {
            Subject::Ready(..) => None,
            Subject::Unchanged(_, report) => Some(report.as_ref().clone()),
            Subject::Refused(database, findings) => Some(refused(database, findings.clone())),
        };
        report.inspect(&finish)
    };
    let known: Vec<Option<DatabaseReport>> = subjects.iter().map(known).collect();
    let rehearse = async |(subject, known): (&Subject<'_>, Option<DatabaseReport>)| match (subject, known) {
        (Subject::Ready(rehearsal, memory), None) => {
            let report = rehearsal.run_in(*memory, &shared).await;
            finish(&report);
            report
        }
        (subject, known) => known.unwrap_or_else(|| refused(subject.database(), Vec::new())),
    };
    let databases = Threads::Own.each(subjects.iter().zip(known).collect(), rehearse).await;
    began.report(databases)
}

/// When a rehearsal began.
#[derive(Debug, Clone, Copy)]
pub struct Began {
    instant: Instant,
    at: jiff::Timestamp,
}

impl Began {
    /// It begins now.
    #[must_use]
    pub fn now() -> Self {
        Self { instant: Instant::now(), at: jiff::Timestamp::now() }
    }

    /// Returns the report of a rehearsal that ends now.
    #[must_use]
    pub fn report(self, databases: Vec<DatabaseReport>) -> RehearsalReport {
        RehearsalReport {
            version: VERSION,
            tool: concat!("rehearsal ", env!("CARGO_PKG_VERSION")).to_owned(),
            command: Command::Rehearsal,
            folder: String::new(),
            exit: RehearsalReport::exit_of(&databases),
            started_at: to_the_second(self.at),
            duration: self.instant.elapsed(),
            base: None,
            databases,
        }
    }
}

impl Subject<'_> {
    fn database(&self) -> &Database {
        match self {
            Self::Ready(rehearsal, _) => rehearsal.database,
            Self::Unchanged(database, _) | Self::Refused(database, _) => database,
        }
    }
}

fn to_the_second(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns the report of a database that could not be rehearsed.
fn refused(database: &Database, mut findings: Vec<Finding>) -> DatabaseReport {
    for finding in &mut findings {
        finding.reproducible(database, database.rehearse(), None);
    }
    let exit = DatabaseReport::exit_of(&findings, None);
    DatabaseReport { exit, findings, ..DatabaseReport::new(&database.name, database.engine) }
}

/// Verifies one backfill with one fixture, in batches of the given number of units.
pub async fn verify_backfill(
    rehearsal: &Rehearsal<'_>,
    backfill: &dyn AnyBackfill,
    fixture: &Fixture,
    batch: NonZeroU32,
) -> (ProofReport, Vec<Finding>) {
    let data = Data::of(Some(fixture));
    let (report, mut findings, _) = rehearsal.prove(&mut VerifyBackfill { backfill }, &data, batch).await;
    // The name of the backfill distinguishes the verifications of several backfills.
    let name = backfill.about().name;
    findings.iter_mut().for_each(|finding| finding.proof = Some(name));
    (ProofReport { name, ..report }, findings)
}
