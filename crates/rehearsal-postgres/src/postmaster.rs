//! What a data directory tells of the server that runs on it, whether that is true, and ending it.

use super::command::run;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long an immediate end may take before the server is killed: it gives its own sessions 5 s.
pub(super) const AT_ONCE: Duration = Duration::from_secs(10);

/// What stands in a `postmaster.pid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// Its process id.
    pub(super) pid: u32,
    /// The port; it names the socket's file, too.
    pub(super) port: u16,
    /// The socket's folder, if it listens on one.
    pub(super) socket: Option<PathBuf>,
    /// Whether it takes connections.
    pub(super) ready: bool,
    data: PathBuf,
}

/// How to ask a server to end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// At once, as in a crash.
    Immediate,
    /// With sessions ended and everything written.
    Fast,
}

impl Postmaster {
    /// The server that runs on a data directory. A file that names another process, as after a crash, names none.
    pub(super) fn of(data: &Path) -> Option<Self> {
        Self::read(data).filter(Self::is_alive)
    }

    /// A server of which nothing is known but its process.
    pub(super) fn starting(pid: u32, data: &Path) -> Self {
        Self { pid, port: 0, socket: None, ready: false, data: data.to_owned() }
    }

    /// What the file says, true or not.
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

    /// Whether the process is there and is a server on this data directory, which stands in its command line.
    pub(super) fn is_alive(&self) -> bool {
        let command = if Path::new("/proc/self").exists() { from_proc(self.pid) } else { from_ps(self.pid) };
        command.contains("postgres") && command.contains(&*self.data.to_string_lossy())
    }

    /// Ends it, and returns when it is gone. One that does not end within `patience` is killed.
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

    /// One that ended meanwhile is no failure.
    fn send(&self, signal: &str) {
        let mut sh = Command::new("/bin/sh");
        sh.env_clear().args(["-c", "kill -\"$1\" \"$2\"", "kill", signal]).arg(self.pid.to_string());
        drop(run(&mut sh));
    }
}

/// The command line of a process; empty for one that ended, waited for or not.
fn from_proc(pid: u32) -> String {
    for _ in 0..20 {
        let Ok(command) = fs::read(format!("/proc/{pid}/cmdline")) else { break };
        if !command.is_empty() {
            return String::from_utf8_lossy(&command).replace('\0', " ");
        }
        // A zombie has none for ever, one that is just becoming another program has none for a moment.
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

/// Whether a server on this data directory takes connections by now. It says so in a file, which is cheaper to read than a
/// connection, for which a starting server makes a process each time, is to open.
pub(super) fn is_ready(data: &Path) -> bool {
    Postmaster::read(data).is_some_and(|postmaster| postmaster.ready)
}
