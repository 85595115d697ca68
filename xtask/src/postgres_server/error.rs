//! What can go wrong around a server of our own, told apart by what a person would do next.

use super::OLDEST;
use miette::Diagnostic;
use std::path::PathBuf;

/// A failure to find, start, keep or install a server.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// `PG_BIN` names a folder that lacks what is needed.
    #[error("PG_BIN is {}, where there is no `{lacks}`", path.display())]
    #[diagnostic(help(
        "set PG_BIN to the folder that holds `initdb` and `postgres` (often /usr/lib/postgresql/<major>/bin), or unset it"
    ))]
    PgBin {
        /// The folder.
        path: PathBuf,
        /// The first binary that is not there.
        lacks: &'static str,
    },

    /// The only PostgreSQL on this machine is too old.
    #[error("PostgreSQL {version} in {} is too old: {OLDEST} is the oldest that works", path.display())]
    #[diagnostic(help("install a newer one with the system's packages, or with `cargo xtask postgres install`"))]
    TooOld {
        /// The folder of its binaries.
        path: PathBuf,
        /// Its version.
        version: String,
    },

    /// A program is there but does not say which version it is.
    #[error("{} does not tell its version: it said `{said}`", path.display())]
    #[diagnostic(help(
        "run it by hand with `--version`; if it is broken, set PG_BIN to another PostgreSQL's binaries"
    ))]
    NoVersion {
        /// The program.
        path: PathBuf,
        /// What it printed.
        said: String,
    },

    /// A command failed.
    #[error("`{command}` failed ({status}){}", tail(output))]
    #[diagnostic(help("mend what it names, and run the command again"))]
    Command {
        /// The command, as one would type it.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines that it wrote.
        output: String,
    },

    /// There is no account for the server.
    #[error("PostgreSQL does not run as root, and /etc/passwd has no account `postgres` or `nobody` to run it under")]
    #[diagnostic(help("run this as an ordinary user, or add an account: `useradd --system postgres`"))]
    NoAccount,

    /// The server's account can't reach a folder that it needs.
    #[error("the account `{account}`, under which PostgreSQL runs, can't reach {}", path.display())]
    #[diagnostic(help(
        "as root, the server runs under another account: use folders that it may enter (TMPDIR for its data, PG_BIN for the \
         binaries), or run this as an ordinary user"
    ))]
    Unreachable {
        /// The folder or file.
        path: PathBuf,
        /// The name of the account.
        account: String,
    },

    /// Somebody else made the folder in which our servers would lie.
    #[error("{} belongs to somebody else (uid {owner})", path.display())]
    #[diagnostic(help("remove it, or set TMPDIR to a folder of your own"))]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },

    /// The server ended before it could be used.
    #[error("the PostgreSQL server ended while it started ({status}){}", tail(log))]
    #[diagnostic(help("its own words above tell why; `cargo xtask doctor` looks at the usual causes"))]
    Ended {
        /// How it ended.
        status: String,
        /// The end of its log.
        log: String,
    },

    /// The server did not become ready.
    #[error("the PostgreSQL server was not ready after {waited} s{}", tail(log))]
    #[diagnostic(help("the machine may be busy: run the command again"))]
    NotReady {
        /// How long we waited, in seconds.
        waited: u64,
        /// The end of its log.
        log: String,
    },

    /// The server runs and refuses us.
    #[error("the PostgreSQL server that was just started refuses connections: {why}{}", tail(log))]
    #[diagnostic(help("its own words above tell why"))]
    Refused {
        /// What the driver said.
        why: String,
        /// The end of its log.
        log: String,
    },

    /// The file system refused something.
    #[error("can't {what} {}: {source}", path.display())]
    #[diagnostic(help("check the permissions and the space left there"))]
    Io {
        /// What was tried: `read`, `create`, `lock`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
}

impl Error {
    /// For `map_err`: what was tried, and on which path.
    pub(super) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}

fn tail(output: &str) -> String {
    let output = output.trim();
    if output.is_empty() { String::new() } else { format!(":\n{output}") }
}
