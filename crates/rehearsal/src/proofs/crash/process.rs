//! Runs one step in a separate process ([`run`]): a second instance of this program, which runs the same code as a
//! user's `migrate` or `backfill --execute`. The process is interrupted at chosen commits, and may be killed there.

use super::words::{Done, Said};
use crate::Error;
use crate::backfill::{AnyBackfill, Effect, Fault};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::report::{Code, Finding};
use crate::sandbox::Scratch;
use crate::workspace::{Database, Origin};
use rehearsal_db::{self as db, Address, Commit, CommitPhase, Journal};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{self, ChildStdin, ChildStdout, Command};

/// This program, as *crash* starts it in separate processes.
#[derive(Debug, Clone)]
pub struct Program {
    /// Executable file.
    pub path: PathBuf,
    /// Fault to inject, for tests of the proof itself.
    pub fault: Fault,
}

/// What a process does: one migration, or one backfill.
#[derive(Clone, Copy)]
pub(super) enum Work<'a> {
    Migration(&'a Migration),
    Backfill(&'a dyn AnyBackfill),
}

impl Work<'_> {
    pub(super) fn step(self) -> Step {
        match self {
            Self::Migration(migration) => Step::Up(migration.version),
            Self::Backfill(backfill) => Step::Backfill(backfill.about().name, Effect::Execute),
        }
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Migration(migration) => migration.label(),
            Self::Backfill(backfill) => backfill.about().name.to_owned(),
        }
    }

    /// Creates a finding about this step.
    pub(super) fn finding(self, code: &'static Code, message: String) -> Finding {
        let finding = Finding::new(code, message);
        match self {
            Self::Migration(migration) => finding.of_migration(migration.version).in_file(&migration.up.path),
            Self::Backfill(_) => finding,
        }
    }

    fn arguments(self) -> [String; 2] {
        match self {
            Self::Migration(migration) => ["--migration".to_owned(), migration.version.to_string()],
            Self::Backfill(backfill) => ["--backfill".to_owned(), backfill.about().name.to_owned()],
        }
    }
}

/// A commit point of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    /// Number of the commit, from 1.
    pub(super) number: usize,
    pub(super) side: CommitPhase,
}

/// An interruption of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// The process is killed.
    Kill,
    /// The process is killed while a concurrent process works on the same run, which continues without it.
    KillBeside,
    /// The server terminates all sessions of the process.
    EndSessions,
    /// The server crashes and is started again.
    CrashServer,
}

/// How a process ended.
#[derive(Debug)]
pub(super) enum End {
    Done(Done),
    Failed(String),
    /// The process was killed, and left this journal next to the database file.
    Killed(Option<Journal>),
}

/// Result of a process.
#[derive(Debug)]
pub(super) struct Ran {
    /// Commits that the process reached, in order.
    pub(super) commits: Vec<Commit>,
    pub(super) end: End,
    /// Interruptions, in order.
    pub(super) struck: Vec<(Blow, Point)>,
}

/// After this many commits, a second process works on the same run: its first commits join the run and lease a range.
const COMMITS_BESIDE: usize = 5;

/// Runs a step on a scratch database, with these interruptions at its commits.
pub(super) async fn run(
    run: &ProofRun<'_>,
    program: &Program,
    work: Work<'_>,
    scratch: &mut Scratch,
    strikes: &[(Blow, Point)],
) -> Result<Ran, Error> {
    let address = scratch.target().address.clone();
    let mut child = Child::start(run, program, work, &address)?;
    let mut ran = Ran { commits: Vec::new(), end: End::Failed(String::new()), struck: Vec::new() };
    ran.end = loop {
        let (side, commit) = match child.listen().await? {
            Heard::Ended(end) => break end,
            Heard::At { side, commit } => (side, commit),
        };
        if side == CommitPhase::Before {
            ran.commits.push(commit);
        }
        let here = Point { number: ran.commits.len(), side };
        for (blow, point) in strikes.iter().filter(|(_, point)| *point == here) {
            ran.struck.push((*blow, *point));
            match blow {
                Blow::Kill => {
                    child.kill().await?;
                    ran.end = End::Killed(address.left_behind());
                    return Ok(ran);
                }
                Blow::KillBeside => {
                    let other = Child::start(run, program, work, &address)?;
                    ran.end = take_over(child, other).await?;
                    return Ok(ran);
                }
                Blow::EndSessions => drop(address.end_sessions().await?),
                Blow::CrashServer => scratch.crash_server().await?,
            }
        }
        child.go_on().await;
    };
    Ok(ran)
}

/// Kills a process that waits at a commit once `other` works on the same run, and returns how `other` ends.
async fn take_over(mut child: Child, mut other: Child) -> Result<End, Error> {
    let mut commits = 0;
    loop {
        match other.listen().await? {
            Heard::Ended(end) => return Ok(end),
            Heard::At { side, .. } => commits += usize::from(side == CommitPhase::Before),
        }
        if commits == COMMITS_BESIDE {
            child.kill().await?;
        }
        other.go_on().await;
    }
}

/// A process that runs a step.
struct Child {
    path: PathBuf,
    child: process::Child,
    answers: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    end: Option<End>,
}

/// A message of the process.
enum Heard {
    /// The process waits at a commit.
    At { side: CommitPhase, commit: Commit },
    /// The process has ended.
    Ended(End),
}

impl Child {
    fn start(run: &ProofRun<'_>, program: &Program, work: Work<'_>, address: &Address) -> Result<Self, Error> {
        let path = program.path.clone();
        let failed = |source| db::Error::Io { what: "run", path: path.clone(), source };
        let mut child = command(run, program, work, address).spawn().map_err(failed)?;
        let (Some(answers), Some(said)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()).into());
        };
        Ok(Self { path, child, answers, lines: BufReader::new(said).lines(), end: None })
    }

    fn failed(&self, source: std::io::Error) -> db::Error {
        db::Error::Io { what: "run", path: self.path.clone(), source }
    }

    /// Waits for the next commit, or for the end of the process.
    async fn listen(&mut self) -> Result<Heard, Error> {
        while let Some(line) = self.lines.next_line().await.map_err(|source| self.failed(source))? {
            self.end = Some(match serde_json::from_str(&line) {
                Ok(Said::At { side, commit }) => return Ok(Heard::At { side, commit }),
                Ok(Said::Done(done)) => End::Done(done),
                Ok(Said::Failed { why }) => End::Failed(why),
                Err(error) => End::Failed(format!("cannot read the output of the process: {error}")),
            });
        }
        let status = self.child.wait().await.map_err(|source| self.failed(source))?;
        Ok(Heard::Ended(self.end.take().unwrap_or_else(|| End::Failed(format!("the process ended with {status}")))))
    }

    /// Lets the process continue. Failures are ignored: if it has ended, `listen` returns the reason.
    async fn go_on(&mut self) {
        drop(self.answers.write_all(b"\n").await);
    }

    async fn kill(&mut self) -> Result<(), Error> {
        Ok(self.child.kill().await.map_err(|source| self.failed(source))?)
    }
}

fn command(run: &ProofRun<'_>, program: &Program, work: Work<'_>, address: &Address) -> Command {
    let mut command = Command::new(&program.path);
    command.arg("crash-step").args(database(run.rehearsal.database)).args(work.arguments());
    command.args(["--batch", &run.batch.to_string(), "--url", &address.url()]);
    if program.fault == Fault::CursorApart {
        command.args(["--fault", "cursor-apart"]);
    }
    // A command line is visible to other users: the URL has no password, the environment passes it.
    command.envs(address.environment());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

/// Returns the arguments that identify the database.
fn database(database: &Database) -> Vec<String> {
    let name = database.name.clone();
    let engine = ["--engine".to_owned(), database.engine.scheme().to_owned()];
    let layout = ["--layout".to_owned(), database.tool.name().to_owned()];
    match database.origin {
        Origin::Workspace => vec![name],
        Origin::Project { .. } => std::iter::once(name).chain(engine).chain(layout).collect(),
        Origin::Given { .. } => {
            let folders = std::iter::once(&database.folder).chain(&database.beside);
            let folders = folders.flat_map(|folder| ["--migrations".to_owned(), folder.display().to_string()]);
            folders.chain(engine).chain(layout).collect()
        }
    }
}
