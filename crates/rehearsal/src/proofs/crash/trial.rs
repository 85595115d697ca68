//! The main part of *crash* ([`Trial`]): runs each step in separate processes, interrupts these at their commits,
//! lets a new process resume, and reports what differs from an uninterrupted run.

use super::chain;
use super::figures::{Crashes, Interrupted, Interruption};
use super::interrupted_build::{is_built_concurrently, left_invalid};
use super::judge::{Differs, Usual};
use super::process::{self, Blow, End, Point, Program, Work};
use super::sample::{self, Time};
use super::server_crash::{ServerCrash, on_private_server};
use super::wording::{hint, struck, took_effect};
use super::{LOST, NOT_RESUMABLE, NOTHING_PROVED, walk};
use crate::Error;
use crate::migration::Migration;
use crate::plural::counted;
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::report::Finding;
use crate::sandbox::Scratch;
use crate::workspace::Origin;
use rehearsal_db::{Commit, CommitPhase, Journal};
use std::collections::BTreeSet;
use std::time::Instant;

/// How often the proof tries to interrupt a build of an index.
const INTERRUPTIONS: usize = 3;

/// State of the proof for one fixture, or for the empty database.
pub(super) struct Trial<'a> {
    pub(super) program: &'a Program,
    pub(super) time: Time,
    pub(super) figures: Crashes,
    /// Processes killed before a commit that should have left a rollback journal.
    pub(super) journals_due: usize,
    /// True while every restart has resumed correctly.
    pub(super) all_resumed: bool,
    /// Whether a server may be crashed with this fixture.
    pub(super) server: ServerCrash,
    /// Error of the last process that failed after an interruption.
    pub(super) gave_up: String,
}

/// The result of a run that was interrupted many times.
enum Chained {
    Equal,
    Differs(Differs),
    /// The run ended before all interruptions.
    TooShort,
}

impl Trial<'_> {
    /// Tries a step in processes that are killed, and returns a database after the uninterrupted step.
    pub(super) async fn step(
        &mut self,
        run: &mut ProofRun<'_>,
        here: Scratch,
        work: Work<'_>,
    ) -> Result<Scratch, Error> {
        let (step, before, until) = (work.step(), run.steps.clone(), self.time.next());
        run.step(format!("{} in a process that is killed", step.sentence(run.rehearsal)));
        let mut after = copy_before(run, &here, &before).await?;
        let ran = process::run(run, self.program, work, &mut after, &[]).await?;
        let End::Done(done) = ran.end else {
            let why = if let End::Failed(why) = ran.end { why } else { String::new() };
            run.work_on(after);
            let message = format!("{} fails in a separate process", work.name());
            let help =
                "find out what differs there: the process connects through `--url`, like `migrate` and `backfill`";
            run.find(work.finding(&NOT_RESUMABLE, message).with_details(vec![why]).with_help(help)).await;
            return walk(run, here, work).await;
        };
        run.steps.push(step);
        let mut usual = Usual::of(run, &after, ran.commits, done).await?;
        self.figures.steps += 1;
        self.figures.points += usual.commits.len();
        let interrupted = Interrupted { step: work.name(), commits: usual.commits.len(), at: BTreeSet::new() };
        self.figures.interrupted.push(interrupted);
        let has_many_writers = !run.rehearsal.database.engine.has_one_writer();
        let mut of_chain = None;
        if matches!(work, Work::Backfill(_))
            && has_many_writers
            && until.is_some()
            && usual.commits.len() >= chain::FEWEST
        {
            match self.chain(run, work, &mut usual, (&here, &before)).await? {
                Chained::Equal => return Ok(after),
                Chained::Differs(differs) => of_chain = Some(differs),
                Chained::TooShort => {}
            }
        }
        if let Work::Migration(migration) = work
            && is_built_concurrently(run, migration)
            && !is_settled(run)
        {
            self.interrupt_build(run, work, migration, (&here, &before)).await?;
        }
        let journals = run.rehearsal.database.engine.journals();
        for (turn, at) in sample::spread(usual.commits.len()).into_iter().enumerate() {
            let is_over = until.is_some_and(|until| Instant::now() >= until);
            let is_enough = turn > 0 || matches!(work, Work::Migration(_)) && self.figures.kills > 0;
            if is_over && is_enough {
                break;
            }
            self.figures.tried += 1;
            for side in [CommitPhase::Before, CommitPhase::After] {
                let scratch = copy_before(run, &here, &before).await?;
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
        if matches!(work, Work::Backfill(_)) && has_many_writers {
            // In the middle of a batch, another process gets its range only after the worker has died.
            let point = Point { number: (usual.commits.len() / 2).max(1), side: CommitPhase::Before };
            let scratch = copy_before(run, &here, &before).await?;
            self.strike(run, work, &mut usual, scratch, &[(Blow::KillBeside, point)], None).await?;
            self.crash_server(run, work, &mut usual, &here, &before).await?;
        }
        if let Some(Differs { code, lines, what }) = of_chain.filter(|_| self.all_resumed) {
            self.all_resumed = false;
            let message =
                format!("{} {what} after several interruptions of one run, although not after one", work.name());
            let help = hint(work, run.rehearsal.database);
            run.find(work.finding(code, message).with_details(lines).with_help(help)).await;
        }
        Ok(after)
    }

    /// Interrupts one run many times.
    async fn chain(
        &mut self,
        run: &mut ProofRun<'_>,
        work: Work<'_>,
        usual: &mut Usual,
        (here, before): (&Scratch, &[Step]),
    ) -> Result<Chained, Error> {
        let (mut scratch, has_own_server) = match on_private_server(self.server, run, before).await? {
            Some(scratch) => (scratch, true),
            None => (copy_before(run, here, before).await?, false),
        };
        let plan = chain::plan(usual.commits.len(), has_own_server);
        let planned: usize = plan.iter().map(Vec::len).sum();
        let mut struck = Vec::new();
        let mut links = plan.into_iter();
        let end = loop {
            let link = links.next().unwrap_or_default();
            let ran = process::run(run, self.program, work, &mut scratch, &link).await?;
            self.count(&ran, usual, None);
            self.figures.tried += ran.struck.iter().filter(|(blow, _)| *blow == Blow::Kill).count();
            let is_interrupted = !ran.struck.is_empty();
            struck.extend(ran.struck);
            match ran.end {
                End::Killed(_) => {}
                // A process may give up after losing its server; the next one resumes.
                End::Failed(_) if is_interrupted => {}
                end => break end,
            }
        };
        let Some(last) = struck.last().copied() else { return Ok(Chained::TooShort) };
        Ok(match usual.judge(run, work, &scratch, end, last).await? {
            Some(differs) => Chained::Differs(differs),
            None if struck.len() == planned => Chained::Equal,
            None => Chained::TooShort,
        })
    }

    /// Crashes the server of one run before the commit of a batch and after that of another one, then terminates
    /// its sessions in the same way. The process reconnects and starts again without help; this adds a commit that
    /// starts the run, so that from then on every second commit is a batch.
    async fn crash_server(
        &mut self,
        run: &mut ProofRun<'_>,
        work: Work<'_>,
        usual: &mut Usual,
        here: &Scratch,
        before: &[Step],
    ) -> Result<(), Error> {
        let first = (usual.commits.len() / 2).max(2);
        let at = |blow, behind, side| (blow, Point { number: first + behind, side });
        // With a single batch, only the end of the run is left by then, and that does not start the run again.
        let last = if usual.commits.len() > 3 { 6 } else { 5 };
        let (scratch, strikes) = match on_private_server(self.server, run, before).await? {
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
                (copy_before(run, here, before).await?, strikes.to_vec())
            }
        };
        self.strike(run, work, usual, scratch, &strikes, None).await.map(drop)
    }

    /// Interrupts a build of an index in the middle, and reports an index that then stays invalid.
    async fn interrupt_build(
        &mut self,
        run: &mut ProofRun<'_>,
        work: Work<'_>,
        migration: &Migration,
        (here, before): (&Scratch, &[Step]),
    ) -> Result<(), Error> {
        let (mut invalid, mut scratch) = (None, copy_before(run, here, before).await?);
        for _ in 0..INTERRUPTIONS {
            invalid = left_invalid(run, migration, &scratch).await?;
            if invalid.is_some() {
                break;
            }
            scratch = copy_before(run, here, before).await?;
        }
        let Some(invalid) = invalid else { return Ok(()) };
        run.note(format!("{} was interrupted in the middle of its build", migration.label()));
        if invalid.is_empty() {
            return Ok(());
        }
        self.all_resumed = false;
        run.work_on(scratch);
        let message =
            format!("{} leaves {} INVALID after an interruption of the build", work.name(), invalid.join(", "));
        let details = vec![
            "`IF NOT EXISTS` found the index of the interrupted build, and the migration was recorded as applied"
                .to_owned(),
            "no query uses an invalid index, and a unique one that is invalid enforces nothing".to_owned(),
        ];
        let help = hint(work, run.rehearsal.database);
        run.find(work.finding(&LOST, message).with_details(details).with_help(help)).await;
        Ok(())
    }

    /// Interrupts a process, starts a new one if it does not finish, and compares the result with an uninterrupted
    /// run. Returns false if they differ.
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
        let Some(Differs { code, lines, what }) = usual.judge(run, work, &scratch, end, (blow, point)).await? else {
            return Ok(true);
        };
        self.all_resumed = false;
        let lines: Vec<String> = took_effect(&usual.commits, point).into_iter().chain(lines).collect();
        if let Work::Migration(migration) = work
            && is_settled(run)
        {
            let label = migration.label();
            let sentence = format!("{label} {what} after {struck}: {}", lines.join("; "));
            if run.rehearsal.database.fixtures.is_empty() {
                let why = "no fixture tells the version of existing data, so this is only a warning";
                run.outcome.warnings.push(format!("{sentence}; {why}"));
            } else {
                run.note(sentence);
            }
            return Ok(false);
        }
        if let Work::Migration(migration) = work
            && std::ptr::eq(code, &NOT_RESUMABLE)
            && is_built_concurrently(run, migration)
            && usual.commits.iter().filter(|commit| matches!(commit, Commit::Statement { .. })).count() == 1
        {
            // It fails loudly, and sqlx allows no other statement in the file.
            let help = hint(work, run.rehearsal.database);
            let warning = format!("{} {what} after {struck}: {}; {help}", migration.label(), lines.join("; "));
            run.outcome.warnings.push(warning);
            return Ok(false);
        }
        let lines = [lines, usual.missing_tables(&scratch).await?].concat();
        run.work_on(scratch);
        let message = format!("{} {what} after {struck}", work.name());
        let help = hint(work, run.rehearsal.database);
        run.find(work.finding(code, message).with_details(lines).with_help(help)).await;
        Ok(false)
    }

    fn count(&mut self, ran: &process::Ran, usual: &Usual, journal: Option<Journal>) {
        let figures = &mut self.figures;
        for (blow, point) in &ran.struck {
            if let Some(step) = figures.interrupted.last_mut() {
                step.at.insert(Interruption::new(*blow, *point));
            }
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

    /// Adds notes about what was tried, and a finding if processes should have left journals and none did.
    pub(super) async fn tell(&self, run: &mut ProofRun<'_>) {
        let Crashes { steps, left, points, tried, kills, budget, .. } = self.figures;
        if steps > 0 {
            let count = |n: usize, noun| counted(n as u64, noun);
            let resumed = if self.all_resumed { ": every restart resumed correctly" } else { "" };
            let took = match self.time.is_up() {
                true => format!(", took {:.2} s", self.time.spent().as_secs_f64()),
                false => String::new(),
            };
            let not_tried = match left {
                0 => String::new(),
                _ => format!("; {} not tried", count(left, "step")),
            };
            let all = if tried < points || left > 0 { "; --exhaustive tries all" } else { "" };
            let sample = match budget {
                Some(budget) => format!(" (budget {} s{took}{not_tried}{all})", budget.as_secs()),
                None => String::new(),
            };
            run.note(format!(
                "{} at {tried} of {}{resumed}{sample}",
                count(kills, "kill"),
                count(points, "commit point")
            ));
        }
        if run.rehearsal.database.engine.journals().is_empty() {
            self.note_server_crashes(run);
            return;
        }
        let Crashes { journals, logs, .. } = self.figures;
        if journals == 0 && self.journals_due > 0 {
            let message = "no process that was killed before its commit left a journal";
            let details = vec![format!("{} should have left one", self.journals_due)];
            let help = "rehearse on another file system; if journals are missing there, too, report a bug in rehearsal";
            run.find(Finding::new(&NOTHING_PROVED, message).with_details(details).with_help(help)).await;
            return;
        }
        let processes = |n: usize| format!("{n} killed process{}", if n == 1 { "" } else { "es" });
        let left = match (journals, logs) {
            (0, 0) => return,
            (_, 0) => format!("{} left a hot journal", processes(journals)),
            (0, _) => format!("{} left a write-ahead log", processes(logs)),
            _ => format!("{} left a hot journal, {logs} left a write-ahead log", processes(journals)),
        };
        run.note(left);
    }

    fn note_server_crashes(&self, run: &mut ProofRun<'_>) {
        let Crashes { killed_beside, sessions_ended, servers_stopped, given_up, .. } = self.figures;
        if killed_beside > 0 && self.all_resumed {
            run.note("a concurrent process took over the range of a killed process".to_owned());
        }
        if sessions_ended > 0 {
            let how = match given_up {
                0 => "every run resumed without a restart".to_owned(),
                1 => format!("1 run failed ({}) and was resumed by a restart", self.gave_up),
                _ => format!("{given_up} runs failed (the last one: {}) and were resumed by a restart", self.gave_up),
            };
            let times = |n: usize| if n == 1 { "once".to_owned() } else { format!("{n} times") };
            let crashed = match servers_stopped {
                0 => String::new(),
                n => format!(" and the server crashed {}", times(n)),
            };
            run.note(format!("sessions were terminated {}{crashed}: {how}", times(sessions_ended)));
        }
        match self.server {
            ServerCrash::Tried if sessions_ended > 0 && servers_stopped == 0 => {
                run.note("the server was not crashed, because rehearsal did not start it".to_owned());
            }
            ServerCrash::LeftToAnotherFixture if sessions_ended > 0 => {
                run.note("the server is crashed with the largest fixture only".to_owned());
            }
            ServerCrash::Tried | ServerCrash::LeftToAnotherFixture => {}
        }
    }
}

/// Returns another database in the state before the step.
async fn copy_before(run: &ProofRun<'_>, here: &Scratch, steps: &[Step]) -> Result<Scratch, Error> {
    match run.rehearsal.sandbox.fork(here, "crash").await? {
        Some(scratch) => Ok(scratch),
        None => run.repeat(steps).await,
    }
}

/// True if a migration's file can no longer change, because existing data has or may have been through it: it
/// precedes the first fixture, or the project is not a workspace and has no fixture.
fn is_settled(run: &ProofRun<'_>) -> bool {
    let database = run.rehearsal.database;
    run.fixture.is_none() && (!database.fixtures.is_empty() || database.origin != Origin::Workspace)
}
