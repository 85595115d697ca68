//! One step of the way in a process of its own: this program once more, through the same code as by hand, which is struck at a
//! commit and may be killed there.

use super::super::Course;
use super::super::walk::Action;
use super::words::{Done, Said};
use crate::Error;
use crate::backfill::{AnyBackfill, Effect, Fault};
use crate::engine::{self, Address, Commit, Journal, Side};
use crate::migration::Migration;
use crate::sandbox::Scratch;
use crate::workspace::{Database, Origin};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

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
pub(super) enum Step<'a> {
    Migration(&'a Migration),
    Backfill(&'a dyn AnyBackfill),
}

impl Step<'_> {
    pub(super) fn action(self) -> Action {
        match self {
            Self::Migration(migration) => Action::Up(migration.version),
            Self::Backfill(backfill) => Action::Backfill(backfill.about().name, Effect::Execute),
        }
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Migration(migration) => migration.label(),
            Self::Backfill(backfill) => backfill.about().name.to_owned(),
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
    pub(super) side: Side,
}

/// What happens to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// It is killed.
    Kill,
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

/// Runs a step on a scratch database, and strikes at these places among its commits.
pub(super) async fn run(
    course: &Course<'_>,
    program: &Program,
    step: Step<'_>,
    scratch: &mut Scratch,
    strikes: &[(Blow, Point)],
) -> Result<Ran, Error> {
    let failed = |source| engine::Error::Io { what: "run", path: program.path.clone(), source };
    let mut child = command(course, program, step, &scratch.target().address).spawn().map_err(failed)?;
    let (Some(mut answers), Some(said)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed(std::io::ErrorKind::BrokenPipe.into()).into());
    };
    let mut lines = BufReader::new(said).lines();
    let mut ran = Ran { commits: Vec::new(), end: End::Failed(String::new()), struck: Vec::new() };
    let mut end = None;
    while let Some(line) = lines.next_line().await.map_err(failed)? {
        match serde_json::from_str(&line) {
            Ok(Said::At { side, commit }) => {
                if side == Side::Before {
                    ran.commits.push(commit);
                }
                let here = Point { number: ran.commits.len(), side };
                for (blow, point) in strikes.iter().filter(|(_, point)| *point == here) {
                    ran.struck.push((*blow, *point));
                    match blow {
                        Blow::Kill => {
                            child.kill().await.map_err(failed)?;
                            ran.end = End::Killed(engine::left_behind(&scratch.target().address));
                            return Ok(ran);
                        }
                        Blow::EndSessions => drop(engine::end_sessions(&scratch.target().address).await?),
                        Blow::CrashServer => scratch.crash_server().await?,
                    }
                }
                // One that has ended meanwhile says why in what comes next.
                drop(answers.write_all(b"\n").await);
            }
            Ok(Said::Done(done)) => end = Some(End::Done(done)),
            Ok(Said::Failed { why }) => end = Some(End::Failed(why)),
            Err(error) => end = Some(End::Failed(format!("it said what is not understood: {error}"))),
        }
    }
    let status = child.wait().await.map_err(failed)?;
    ran.end = end.unwrap_or_else(|| End::Failed(format!("the process ended with {status}")));
    Ok(ran)
}

fn command(course: &Course<'_>, program: &Program, step: Step<'_>, address: &Address) -> Command {
    let mut command = Command::new(&program.path);
    command.arg("crash-step").args(database(course.subject.database)).args(step.arguments());
    command.args(["--batch", &course.batch.to_string(), "--url", &address.url()]);
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
