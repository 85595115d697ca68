//! *Crash*: each migration and each backfill runs in a process of its own, which is killed just before and just after each of
//! its commits in turn; a new process goes on, and in the end everything is as if nothing had happened: the content, and what
//! the report counts. A backfill on PostgreSQL has its sessions ended and its server stopped besides; a file of SQLite is left
//! with a hot journal one time and with a write-ahead log the other.
//!
//! Processes take time, and there may be very many commits: some are tried, within a budget, or all. Steps that are not tried
//! are made in this process, so that those behind them find what they need.

mod judge;
mod process;
mod sample;
mod words;

pub use process::Program;
pub use words::{Done, Said};

use crate::Error;
use crate::failures;
use crate::migration::{Migration, Transaction};
use crate::proofs::kit::timeline::Step;
use crate::proofs::outcome::Outcome;
use crate::proofs::{Applies, Data, Depth, Proof, ProofRun, Rehearsal};
use crate::report::{Code, Explanation, Failures, Finding};
use crate::sandbox::Scratch;
use crate::source;
use crate::workspace::Origin;
use futures_util::future::LocalBoxFuture;
use judge::Usual;
use process::{Blow, End, Point, Work};
use rehearsal_db::{Commit, CommitPhase, Engine, Journal};
use sample::{BUDGET, Time};
use std::time::{Duration, Instant};

static FAILURES: Failures = failures!("crash");

static NOT_RESUMABLE: Code = Code::error(
    "crash/not-resumable",
    Explanation {
        meaning: "A step that was interrupted cannot be resumed: the next process fails.",
        example: "A migration without a transaction was killed after its first statement, CREATE TABLE, and fails on it the next time.",
        fix: "Write each statement so that it may run twice (`IF NOT EXISTS`, `ON CONFLICT DO NOTHING`), or use a transaction.",
        allow: "It cannot be allowed: a deployment that is interrupted would need repair by hand.",
    },
);

static LOST: Code = Code::error(
    "crash/lost",
    Explanation {
        meaning: "After an interruption, the resumed step leaves the database different from an uninterrupted one.",
        example: "A backfill commits its cursor before its rows, and the rows of one batch are never written.",
        fix: "Keep the rows and the progress of a batch in one transaction.",
        allow: "It cannot be allowed: data is lost or only half changed.",
    },
);

static REPEATED: Code = Code::error(
    "crash/repeated",
    Explanation {
        meaning: "After an interruption, the resumed step did work a second time, or reports other counts than an uninterrupted one.",
        example: "A backfill commits its rows before its cursor, and a batch is counted twice.",
        fix: "Keep the rows and the progress of a batch in one transaction, and guard `write`.",
        allow: "It cannot be allowed: a change may be applied twice.",
    },
);

static NOTHING_PROVED: Code = Code::error(
    "crash/nothing-proved",
    Explanation {
        meaning: "Processes were killed in the middle of a transaction, and none left a journal behind, so the proof shows nothing.",
        example: "The file system drops journals.",
        fix: "Rehearse on another file system.",
        allow: "It cannot be allowed: the proof has no result.",
    },
);

/// The proof.
pub(super) struct Crash;

impl Proof for Crash {
    fn name(&self) -> &'static str {
        "crash"
    }

    fn question(&self) -> &'static str {
        "Killed at any point, does it resume?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&NOT_RESUMABLE, &LOST, &REPEATED, &NOTHING_PROVED]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, rehearsal: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(rehearsal.program.is_some() && (data.fixture.is_none() || data.end().is_some()))
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run).await?;
            Ok(run.outcome())
        })
    }
}

/// What was tried with a fixture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crashes {
    /// How many migrations and backfills ran in processes of their own.
    pub steps: usize,
    /// How many did not, for there was no time.
    pub left: usize,
    /// How many commits those have.
    pub points: usize,
    /// At how many of them a process was killed.
    pub tried: usize,
    /// How many processes were killed.
    pub kills: usize,
    /// How many of them left a hot journal behind.
    pub journals: usize,
    /// How many of them left a write-ahead log behind.
    pub logs: usize,
    /// How many were killed while another one worked on the same run, and went on without them.
    pub killed_beside: usize,
    /// How often all sessions of a process were ended.
    pub sessions_ended: usize,
    /// How often a server was stopped.
    pub servers_stopped: usize,
    /// How many of the processes to which that happened did not go on by themselves, but another one did.
    pub given_up: usize,
    /// The time that was given; none where all commits were tried.
    pub budget: Option<Duration>,
}

impl Crashes {
    /// As the report has them, the budget in milliseconds.
    fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        let counts = [
            ("steps", self.steps),
            ("steps_left", self.left),
            ("commits", self.points),
            ("commits_tried", self.tried),
            ("kills", self.kills),
            ("killed_beside", self.killed_beside),
            ("hot_journals", self.journals),
            ("write_ahead_logs", self.logs),
            ("sessions_ended", self.sessions_ended),
            ("servers_stopped", self.servers_stopped),
            ("given_up", self.given_up),
        ];
        let mut json: serde_json::Map<_, _> = counts.map(|(name, n)| (name.to_owned(), n.into())).into_iter().collect();
        let budget = self.budget.map(|budget| u64::try_from(budget.as_millis()).unwrap_or(u64::MAX));
        json.insert("budget_ms".to_owned(), budget.into());
        json
    }
}

/// The proof under way.
struct Trial<'a> {
    program: &'a Program,
    time: Time,
    figures: Crashes,
    /// How many processes were killed before they committed what a rollback journal had to be kept of.
    journals_due: usize,
    /// Whether another one went on each time.
    all_went_on: bool,
    /// What the last process said that gave up.
    gave_up: String,
}

async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let rehearsal = run.rehearsal;
    let Some(program) = &rehearsal.program else { return Ok(()) };
    let migrations = migrations(run);
    let chosen = sample::chosen(migrations, rehearsal.depth);
    // A backfill is for what an app wrote.
    let backfills = if run.fixture.is_some() { run.due(None, &[]).len() } else { 0 };
    let time = Time::new(rehearsal.depth, chosen.len() + backfills);
    let budget = (rehearsal.depth == Depth::Sample).then_some(BUDGET);
    let figures = Crashes { budget, ..Crashes::default() };
    let mut trial = Trial { program, time, figures, journals_due: 0, all_went_on: true, gave_up: String::new() };
    let mut here = run.copy("crash").await?;
    let mut done = Vec::new();
    for next in migrations.iter().map(Some).chain([None]) {
        if run.fixture.is_some() {
            for backfill in run.due(next, &done) {
                here = trial.step(run, here, Work::Backfill(backfill)).await?;
                done.push(backfill.about().name);
            }
        }
        let Some(migration) = next else { break };
        let work = Work::Migration(migration);
        here = if chosen.contains(&migration.version) && !trial.time.is_up() {
            trial.step(run, here, work).await?
        } else {
            trial.figures.left += 1;
            walk(run, here, work).await?
        };
        let mut connection = here.open().await?;
        let loaded = run.load_later(migration.version, &mut connection).await;
        connection.close_with(loaded).await?;
    }
    trial.tell(run).await;
    run.outcome.figures = trial.figures.to_json();
    Ok(())
}

/// The migrations that are tried with this data: those of an empty database are those that no fixture takes.
fn migrations<'a>(run: &ProofRun<'a>) -> &'a [Migration] {
    let (rehearsal, after) = (run.rehearsal, run.rehearsal.history.after(run.start_version()));
    let first = rehearsal.database.fixtures.iter().map(|fixture| fixture.version).min();
    match (run.fixture, first) {
        (None, Some(first)) => rehearsal.history.through(first),
        _ => after,
    }
}

/// Makes a step in this process.
async fn walk(run: &mut ProofRun<'_>, scratch: Scratch, work: Work<'_>) -> Result<Scratch, Error> {
    let step = work.step();
    run.step(step.sentence(run.rehearsal));
    let mut connection = scratch.open().await?;
    let made = step.perform(run, run.batch, &scratch, &mut connection).await;
    connection.close_with(made).await?;
    run.steps.push(step);
    Ok(scratch)
}

impl Trial<'_> {
    /// Makes a step in processes that are killed, and returns the database as it is behind it.
    async fn step(&mut self, run: &mut ProofRun<'_>, here: Scratch, work: Work<'_>) -> Result<Scratch, Error> {
        let (step, before, until) = (work.step(), run.steps.clone(), self.time.next());
        run.step(format!("{}, in a process that is killed", step.sentence(run.rehearsal)));
        let mut after = another(run, &here, &before).await?;
        let ran = process::run(run, self.program, work, &mut after, &[]).await?;
        let End::Done(done) = ran.end else {
            let why = if let End::Failed(why) = ran.end { why } else { String::new() };
            run.work_on(after);
            let message = format!("{} does not run in a process of its own", work.name());
            let help = "look at what is other there: the connection is that of `--url`, with nothing left out";
            run.find(work.finding(&NOT_RESUMABLE, message).with_details(vec![why]).with_help(help)).await;
            return walk(run, here, work).await;
        };
        run.steps.push(step);
        let mut usual = Usual::of(run, &after, ran.commits, done).await?;
        self.figures.steps += 1;
        self.figures.points += usual.commits.len();
        let journals = run.rehearsal.database.engine.journals();
        for (turn, at) in sample::spread(usual.commits.len()).into_iter().enumerate() {
            let is_over = until.is_some_and(|until| Instant::now() >= until);
            let is_enough = turn > 0 || matches!(work, Work::Migration(_)) && self.figures.kills > 0;
            if is_over && is_enough {
                break;
            }
            self.figures.tried += 1;
            for side in [CommitPhase::Before, CommitPhase::After] {
                let scratch = another(run, &here, &before).await?;
                let journal = journals.get(turn % journals.len().max(1)).copied();
                if let Some(journal) = journal {
                    scratch.target().address.keep_in(journal).await?;
                }
                let point = Point { number: at + 1, side };
                if !self.strike(run, work, &mut usual, scratch, &[(Blow::Kill, point)], journal).await? {
                    return Ok(after);
                }
            }
        }
        if matches!(work, Work::Backfill(_)) && !run.rehearsal.database.engine.has_one_writer() {
            // In the middle of a batch: its range is another's only when the worker is gone.
            let point = Point { number: (usual.commits.len() / 2).max(1), side: CommitPhase::Before };
            let scratch = another(run, &here, &before).await?;
            self.strike(run, work, &mut usual, scratch, &[(Blow::KillBeside, point)], None).await?;
            self.shake(run, work, &mut usual, &here, &before).await?;
        }
        Ok(after)
    }

    /// Stops the server of one run before one of its batches is committed and after another one is, and then ends its sessions in
    /// the same way. A process that is struck begins anew by itself; what begins a run is a commit, too, so that batches are every
    /// second one then.
    async fn shake(
        &mut self,
        run: &mut ProofRun<'_>,
        work: Work<'_>,
        usual: &mut Usual,
        here: &Scratch,
        before: &[Step],
    ) -> Result<(), Error> {
        let first = (usual.commits.len() / 2).max(2);
        let at = |blow, behind, side| (blow, Point { number: first + behind, side });
        // Of a single batch nothing is left by then but the end of the run, which is not begun anew.
        let last = if usual.commits.len() > 3 { 6 } else { 5 };
        let (scratch, strikes) = match on_its_own(run, before).await? {
            Some(scratch) => {
                let strikes = [
                    at(Blow::CrashServer, 0, CommitPhase::Before),
                    at(Blow::CrashServer, 2, CommitPhase::After),
                    at(Blow::EndSessions, 4, CommitPhase::Before),
                    at(Blow::EndSessions, last, CommitPhase::After),
                ];
                (scratch, strikes.to_vec())
            }
            None => {
                let strikes =
                    [at(Blow::EndSessions, 0, CommitPhase::Before), at(Blow::EndSessions, 2, CommitPhase::After)];
                (another(run, here, before).await?, strikes.to_vec())
            }
        };
        self.strike(run, work, usual, scratch, &strikes, None).await.map(drop)
    }

    /// Strikes a process, has another one go on where it does not go on itself, and judges what came of it. Returns whether all
    /// is well.
    async fn strike(
        &mut self,
        run: &mut ProofRun<'_>,
        work: Work<'_>,
        usual: &mut Usual,
        mut scratch: Scratch,
        strikes: &[(Blow, Point)],
        journal: Option<Journal>,
    ) -> Result<bool, Error> {
        let ran = process::run(run, self.program, work, &mut scratch, strikes).await?;
        self.count(&ran, usual, journal);
        let end = match ran.end {
            End::Done(done) => End::Done(done),
            End::Killed(_) | End::Failed(_) => process::run(run, self.program, work, &mut scratch, &[]).await?.end,
        };
        let Some((blow, point)) = ran.struck.last().copied() else { return Ok(true) };
        let struck = struck(&ran.struck, usual.commits.len());
        let (code, lines, what) = match end {
            End::Done(done) => {
                let (report, content) = (usual.report(&done, (blow, point)), usual.content(run, &scratch).await?);
                let code = if content.is_empty() { &REPEATED } else { &LOST };
                (code, [report, content].concat(), "resumes and leaves a different result")
            }
            End::Failed(why) => (&NOT_RESUMABLE, vec![format!("the next process failed: {why}")], "does not resume"),
            End::Killed(_) => return Ok(true),
        };
        if lines.is_empty() {
            return Ok(true);
        }
        self.all_went_on = false;
        let lines: Vec<String> = took_effect(&usual.commits, point).into_iter().chain(lines).collect();
        if let Work::Migration(migration) = work
            && is_settled(run)
        {
            let label = migration.label();
            let sentence = format!("{label} does not go on where it was {struck}: {}", lines.join("; "));
            if run.rehearsal.database.fixtures.is_empty() {
                let why = "no fixture says which version data is at, so this is a note";
                run.outcome.warnings.push(format!("{sentence}; {why}"));
            } else {
                run.note(sentence);
            }
            return Ok(false);
        }
        run.work_on(scratch);
        let message = format!("{} {what} where it was {struck}", work.name());
        let help = hint(work, run.rehearsal.database.engine);
        run.find(work.finding(code, message).with_details(lines).with_help(help)).await;
        Ok(false)
    }

    fn count(&mut self, ran: &process::Ran, usual: &Usual, journal: Option<Journal>) {
        let figures = &mut self.figures;
        for (blow, point) in &ran.struck {
            match blow {
                Blow::Kill => figures.kills += 1,
                Blow::KillBeside => figures.killed_beside += 1,
                Blow::EndSessions => figures.sessions_ended += 1,
                Blow::CrashServer => figures.servers_stopped += 1,
            }
            let is_transaction = usual.commits.get(point.number - 1) == Some(&Commit::Transaction);
            if journal == Some(Journal::Rollback) && is_transaction && point.side == CommitPhase::Before {
                self.journals_due += 1;
            }
        }
        match &ran.end {
            End::Killed(Some(Journal::Rollback)) => figures.journals += 1,
            End::Killed(Some(Journal::Log)) => figures.logs += 1,
            End::Killed(None) | End::Done(_) => {}
            End::Failed(why) => {
                figures.given_up += 1;
                self.gave_up.clone_from(why);
            }
        }
    }

    /// Tells what was tried; where a journal should have been left behind and never was, nothing was proved.
    async fn tell(&self, run: &mut ProofRun<'_>) {
        let Crashes { steps, left, points, tried, kills, .. } = self.figures;
        if steps > 0 {
            let s = |n: usize| if n == 1 { "" } else { "s" };
            let within = match self.figures.budget {
                Some(budget) if self.time.is_up() => format!(
                    " in {:.2} s (it has {} s, and ends what it has begun)",
                    self.time.spent().as_secs_f64(),
                    budget.as_secs()
                ),
                Some(budget) => format!(" within {} s", budget.as_secs()),
                None => String::new(),
            };
            let went_on = if self.all_went_on { ", and another one went on each time" } else { "" };
            let is_sample = self.figures.budget.is_some() && (tried < points || left > 0);
            let all = if is_sample { "; --exhaustive takes all" } else { "" };
            let left = match left {
                0 => String::new(),
                1 => " (1 more was not tried)".to_owned(),
                _ => format!(" ({left} more were not tried)"),
            };
            run.note(format!(
                "killed {kills} time{} at {tried} of {points} commits of {steps} step{}{left}{within}{went_on}{all}",
                s(kills),
                s(steps)
            ));
        }
        if run.rehearsal.database.engine.journals().is_empty() {
            self.tell_of_servers(run);
            return;
        }
        let Crashes { journals, logs, .. } = self.figures;
        if journals == 0 && self.journals_due > 0 {
            let message = "a process that was killed before its commit left no journal behind";
            let details = vec![format!("{} were killed, and none left one", self.journals_due)];
            let help = "this is a fault of the proof, or of the file system: nothing was proved";
            run.find(Finding::new(&NOTHING_PROVED, message).with_details(details).with_help(help)).await;
            return;
        }
        let left = match (journals, logs) {
            (0, 0) => return,
            (_, 0) => format!("{journals} of them left a hot journal behind"),
            (0, _) => format!("{logs} of them left a write-ahead log behind"),
            _ => format!("{journals} of them left a hot journal behind, {logs} a write-ahead log"),
        };
        run.note(left);
    }

    fn tell_of_servers(&self, run: &mut ProofRun<'_>) {
        let Crashes { killed_beside, sessions_ended, servers_stopped, given_up, .. } = self.figures;
        if killed_beside > 0 && self.all_went_on {
            run.note("a process that was killed beside another one left its range to that".to_owned());
        }
        if sessions_ended > 0 {
            let how = match given_up {
                0 => "it went on by itself".to_owned(),
                _ => format!("{given_up} of these processes gave up ({}), and another one went on", self.gave_up),
            };
            let times = |n: usize| if n == 1 { "once".to_owned() } else { format!("{n} times") };
            run.note(format!(
                "sessions were ended {} and the server was stopped {}: {how}",
                times(sessions_ended),
                times(servers_stopped)
            ));
        }
        if sessions_ended > 0 && servers_stopped == 0 {
            run.note("the server is somebody else's, and was not stopped".to_owned());
        }
    }
}

/// Another database as it is before the step.
async fn another(run: &ProofRun<'_>, here: &Scratch, steps: &[Step]) -> Result<Scratch, Error> {
    match run.rehearsal.sandbox.fork(here, "crash").await? {
        Some(scratch) => Ok(scratch),
        None => run.repeat(steps).await,
    }
}

/// The same on a server of its own, which may crash; none where that is nobody's to do.
async fn on_its_own(run: &ProofRun<'_>, steps: &[Step]) -> Result<Option<Scratch>, Error> {
    let rehearsal = run.rehearsal;
    let made = rehearsal.sandbox.scratch_to_crash(rehearsal.database, rehearsal.history, run.fixture).await?;
    let Some(scratch) = made else { return Ok(None) };
    run.replay(steps, &scratch).await?;
    scratch.target().address.make_safe().await?;
    Ok(Some(scratch))
}

/// True for migrations that data has seen, and those of somebody else of which nobody says what has: their files can't be
/// changed any more.
fn is_settled(run: &ProofRun<'_>) -> bool {
    let database = run.rehearsal.database;
    run.fixture.is_none() && (!database.fixtures.is_empty() || database.origin != Origin::Workspace)
}

fn struck(strikes: &[(Blow, Point)], of: usize) -> String {
    let words = |(blow, point): &(Blow, Point)| {
        let side = match point.side {
            CommitPhase::Before => "before",
            CommitPhase::After => "after",
        };
        let what = match blow {
            Blow::Kill => "killed",
            Blow::KillBeside => "killed beside another process",
            Blow::EndSessions => "when its sessions were ended",
            Blow::CrashServer => "when its server was stopped",
        };
        format!("{what} just {side} commit {}", point.number)
    };
    let all: Vec<String> = strikes.iter().map(words).collect();
    match strikes {
        [(Blow::Kill, _)] => format!("{} of {of}", all.concat()),
        _ => all.join(", "),
    }
}

/// The statements that had taken effect, where they commit one by one.
fn took_effect(commits: &[Commit], point: Point) -> Option<String> {
    let made = match point.side {
        CommitPhase::Before => point.number - 1,
        CommitPhase::After => point.number,
    };
    let last = commits.iter().take(made).rev().find_map(|commit| match commit {
        Commit::Statement { number, of, text } => Some((number, of, text)),
        _ => None,
    });
    let (number, of, text) = last?;
    let all = if *number == 1 { "its first statement" } else { &*format!("its first {number} statements") };
    Some(format!("{all} of {of} had taken effect, up to `{text}`"))
}

fn hint(work: Work<'_>, engine: Engine) -> String {
    match work {
        Work::Backfill(backfill) => format!(
            "a batch's rows, cursor and counts are one transaction of the engine; look at whether `write` in \
             {} commits by itself",
            source::backfill(backfill.about().name)
        ),
        Work::Migration(migration)
            if migration.up.transaction == Transaction::None && engine.builds_concurrently(&migration.up.sql) =>
        {
            "an index whose `CREATE INDEX CONCURRENTLY` was interrupted is invalid, and `IF NOT EXISTS` would keep it: \
             `DROP INDEX CONCURRENTLY IF EXISTS` goes first (with sqlx, which takes no other statement in such a file, by hand)"
                .to_owned()
        }
        Work::Migration(migration) if migration.up.transaction == Transaction::None => {
            "without a transaction, write each statement so that it may run twice: `CREATE … IF NOT EXISTS`, `DROP … IF EXISTS`, \
             `INSERT … ON CONFLICT DO NOTHING`; or leave out `-- no-transaction` where nothing needs it"
                .to_owned()
        }
        Work::Migration(_) => "let the file leave its transaction to sqlx: without `COMMIT` it is one".to_owned(),
    }
}
