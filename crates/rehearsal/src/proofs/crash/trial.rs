//! One run of *crash*: steps in processes of their own that are struck at their commits, and what is made of them.

use super::figures::Crashes;
use super::judge::Usual;
use super::process::{self, Blow, End, Point, Program, Work};
use super::sample::{self, Time};
use super::wording::{hint, struck, took_effect};
use super::{LOST, NOT_RESUMABLE, NOTHING_PROVED, REPEATED, walk};
use crate::Error;
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::report::Finding;
use crate::sandbox::Scratch;
use crate::workspace::Origin;
use rehearsal_db::{Commit, CommitPhase, Journal};
use std::time::Instant;
/// The proof under way.
pub(super) struct Trial<'a> {
    pub(super) program: &'a Program,
    pub(super) time: Time,
    pub(super) figures: Crashes,
    /// How many processes were killed before they committed what a rollback journal had to be kept of.
    pub(super) journals_due: usize,
    /// Whether another one went on each time.
    pub(super) all_went_on: bool,
    /// What the last process said that gave up.
    pub(super) gave_up: String,
}

impl Trial<'_> {
    /// Makes a step in processes that are killed, and returns the database as it is behind it.
    pub(super) async fn step(
        &mut self,
        run: &mut ProofRun<'_>,
        here: Scratch,
        work: Work<'_>,
    ) -> Result<Scratch, Error> {
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
    pub(super) async fn tell(&self, run: &mut ProofRun<'_>) {
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
