//! One step of the way in a process of its own: this program once more, through the same code as by hand, which is struck at a
//! commit and may be killed there.

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

/// This program, to be started as a process of its own.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its file.
    pub path: PathBuf,
    /// What is wrong with its engine.
    pub fault: Fault,
}

/// A step of the way.
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

    /// A finding of this step.
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

/// A place among the commits of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    /// The number of the commit, from 1.
    pub(super) number: usize,
    pub(super) side: CommitPhase,
}

/// What happens to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// It is killed.
    Kill,
    /// It is killed while another one works on the same run, which goes on without it.
    KillBeside,
    /// All of its sessions are ended by the server.
    EndSessions,
    /// The server is stopped as in a crash, and started again.
    CrashServer,
}

/// How a process ended.
#[derive(Debug)]
pub(super) enum End {
    Done(Done),
    Failed(String),
    /// With what it left beside the database.
    Killed(Option<Journal>),
}

/// What came of a process.
#[derive(Debug)]
pub(super) struct Ran {
    /// The commits that it came to.
    pub(super) commits: Vec<Commit>,
    pub(super) end: End,
    /// What happened to it.
    pub(super) struck: Vec<(Blow, Point)>,
}

/// At so many commits another process has begun to work on the same run: what takes it up and what leases a range come first.
const COMMITS_BESIDE: usize = 5;

/// Runs a step on a scratch database, and strikes at these places among its commits.
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

/// Kills a process that waits at a commit once another one works beside it, and returns how that one ends.
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

/// A process that makes a step.
struct Child {
    path: PathBuf,
    child: process::Child,
    answers: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    end: Option<End>,
}

/// What is heard of it.
enum Heard {
    /// It waits at a commit.
    At { side: CommitPhase, commit: Commit },
    /// It is no more.
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

    /// Hears where it is next.
    async fn listen(&mut self) -> Result<Heard, Error> {
        while let Some(line) = self.lines.next_line().await.map_err(|source| self.failed(source))? {
            self.end = Some(match serde_json::from_str(&line) {
                Ok(Said::At { side, commit }) => return Ok(Heard::At { side, commit }),
                Ok(Said::Done(done)) => End::Done(done),
                Ok(Said::Failed { why }) => End::Failed(why),
                Err(error) => End::Failed(format!("it said what is not understood: {error}")),
            });
        }
        let status = self.child.wait().await.map_err(|source| self.failed(source))?;
        Ok(Heard::Ended(self.end.take().unwrap_or_else(|| End::Failed(format!("the process ended with {status}")))))
    }

    /// Lets it go on. One that has ended meanwhile says why in what comes next.
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
    // A password is in no URL that is shown, and a command line is.
    command.envs(address.environment());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

/// What names the database to this program.
fn database(database: &Database) -> Vec<String> {
    match database.origin {
        Origin::Workspace => vec![database.name.clone()],
        Origin::Given { .. } => {
            let folders = std::iter::once(&database.folder).chain(&database.beside);
            let folders = folders.flat_map(|folder| ["--migrations".to_owned(), folder.display().to_string()]);
            folders.chain(["--engine".to_owned(), database.engine.scheme().to_owned()]).collect()
        }
    }
}
