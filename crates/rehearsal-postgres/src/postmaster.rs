//! Finding and stopping the server that runs on a data directory. [`Postmaster::of`] reads `postmaster.pid` and
//! checks that the process is alive.

use super::command::run;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The timeout of an immediate shutdown before SIGKILL: the server gives its sessions 5 s.
pub(super) const AT_ONCE: Duration = Duration::from_secs(10);

/// A server, as described by `postmaster.pid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// The process id.
    pub(super) pid: u32,
    /// The port, which is also part of the name of the socket's file.
    pub(super) port: u16,
    /// The folder of the Unix socket; `None` if the server listens on TCP only.
    pub(super) socket: Option<PathBuf>,
    /// Whether the server accepts connections.
    pub(super) ready: bool,
    data: PathBuf,
}

/// The modes of a shutdown, as `pg_ctl` names them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// Without a checkpoint, as in a crash.
    Immediate,
    /// Disconnects all sessions and writes a checkpoint.
    Fast,
}

impl Postmaster {
    /// Returns the server that runs on a data directory. `None` if `postmaster.pid` names another process, as after
    /// a crash.
    pub(super) fn of(data: &Path) -> Option<Self> {
        Self::read(data).filter(Self::is_alive)
    }

    /// A server of which only the process id is known.
    pub(super) fn starting(pid: u32, data: &Path) -> Self {
        Self { pid, port: 0, socket: None, ready: false, data: data.to_owned() }
    }

    /// Reads `postmaster.pid`, which may be out of date.
    fn read(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let line = |i: usize| lines.get(i).copied().unwrap_or_default();
        Some(Self {
            pid: line(0).parse().ok()?,
            port: line(3).parse().unwrap_or_default(),
            socket: Some(PathBuf::from(line(4))).filter(|path| path.is_absolute()),
            ready: line(7) == "ready",
            data: data.to_owned(),
        })
    }

    /// Whether the process is alive and is a server on this data directory, judged by its command line.
    pub(super) fn is_alive(&self) -> bool {
        let command = if Path::new("/proc/self").exists() { from_proc(self.pid) } else { from_ps(self.pid) };
        command.contains("postgres") && command.contains(&*self.data.to_string_lossy())
    }

    /// Stops the server and waits for its end. After `patience`, kills it.
    pub(super) fn end(&self, how: Ending, patience: Duration) {
        self.send(match how {
            Ending::Immediate => "QUIT",
            Ending::Fast => "INT",
        });
        let start = Instant::now();
        while self.is_alive() {
            if start.elapsed() > patience {
                return self.send("KILL");
            }
            sleep(Duration::from_millis(2));
        }
    }

    /// Sends a signal; ignores failures, because the process may have ended.
    fn send(&self, signal: &str) {
        let mut sh = Command::new("/bin/sh");
        sh.env_clear().args(["-c", "kill -\"$1\" \"$2\"", "kill", signal]).arg(self.pid.to_string());
        drop(run(&mut sh));
    }
}

/// The command line of a process; empty if the process ended or is a zombie.
fn from_proc(pid: u32) -> String {
    for _ in 0..20 {
        let Ok(command) = fs::read(format!("/proc/{pid}/cmdline")) else { break };
        if !command.is_empty() {
            return String::from_utf8_lossy(&command).replace('\0', " ");
        }
        // A zombie has no command line; a process inside `exec` has none for a moment.
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        if status.lines().any(|line| line.starts_with("State:") && line.contains('Z')) {
            break;
        }
        sleep(Duration::from_millis(1));
    }
    String::new()
}

fn from_ps(pid: u32) -> String {
    run(Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid.to_string()])).unwrap_or_default()
}

/// Whether the server on this data directory accepts connections. Reads `postmaster.pid`, which is cheaper than a
/// connection attempt: a starting server forks a process for each one.
pub(super) fn is_ready(data: &Path) -> bool {
    Postmaster::read(data).is_some_and(|postmaster| postmaster.ready)
}
