//! [`Error`]: the failures of a database and of the connection to it. There is one variant for each next step of the
//! user, and its help names that step.

use super::command::command;
use miette::Diagnostic;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A process or session that has a database open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// A process of this machine, or a session on a server.
    pub kind: HolderKind,
    /// The process id; for a session, that of its server process.
    pub pid: u32,
    /// The name of the program, as the system or the server reports it.
    pub program: String,
}

/// The kind of a [`Holder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderKind {
    /// A process of this machine.
    Process,
    /// A session on a server.
    Session,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            HolderKind::Process => "process",
            HolderKind::Session => "session",
        };
        write!(f, "{} ({kind} {})", self.program, self.pid)
    }
}

fn who(place: &str, holders: &[Holder]) -> String {
    match holders {
        [] if place.contains("://") => "a session that is no longer visible".to_owned(),
        [] => "a process that this user cannot see, perhaps on another machine".to_owned(),
        holders => holders.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// A missing privilege of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingPrivilege {
    /// The privilege and its table.
    pub why: String,
    /// The statement that grants it.
    pub grant: String,
}

fn missing_privileges(missing: &[MissingPrivilege]) -> String {
    match missing {
        [one] => one.why.clone(),
        several => {
            let whys: String = several.iter().map(|lack| format!("\n  {}", lack.why)).collect();
            format!("missing privileges:{whys}")
        }
    }
}

/// The statements that grant the privileges, each once.
fn granting(missing: &[MissingPrivilege]) -> String {
    let mut grants: Vec<&str> = Vec::new();
    for lack in missing {
        if !grants.contains(&lack.grant.as_str()) {
            grants.push(&lack.grant);
        }
    }
    match grants.as_slice() {
        [one] => format!("{one}, or connect as a role that has this privilege"),
        several => {
            format!(
                "connect as a role that has these privileges, or ask an administrator to run:\n    {}",
                several.join("\n    ")
            )
        }
    }
}

/// A failure of the database or of the connection to it.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The URL is not one of this engine.
    #[error("`{url}` is not a URL of {engine}")]
    #[diagnostic(help("write a URL such as {example}"))]
    WrongEngine {
        /// The URL as given, with any password masked.
        url: String,
        /// The engine that the database has.
        engine: super::Engine,
        /// An example of such a URL.
        example: &'static str,
    },

    /// The URL is malformed or names something that the library cannot work on.
    #[error("`{url}` cannot be used: {why}")]
    #[diagnostic(help("write a URL such as {example}"))]
    BadUrl {
        /// The URL as given, with any password masked.
        url: String,
        /// The reason.
        why: String,
        /// An example of such a URL.
        example: &'static str,
    },

    /// There is no database at the address.
    #[error("there is no database at {place}")]
    #[diagnostic(help(
        "check the address, or create the database: `{}` creates a development database, `?mode=rwc` after the URL \
         another SQLite file, and `createdb` a database on a server",
        command("migrate")
    ))]
    NoDatabase {
        /// The file or the address.
        place: String,
    },

    /// The database cannot be opened.
    #[error("cannot open {place}: {why}")]
    #[diagnostic(help("check that the path is a database file that this user can read and write"))]
    Unreadable {
        /// The file or the address.
        place: String,
        /// The error of the system or the engine.
        why: String,
    },

    /// The database is damaged.
    #[error("{place} is damaged: {why}")]
    #[diagnostic(help(
        "restore a backup; `PRAGMA integrity_check` reports the damage, and `.recover` in the sqlite3 shell saves the readable rows"
    ))]
    Damaged {
        /// The file or the address.
        place: String,
        /// The error of the engine.
        why: String,
    },

    /// The ledger in the database cannot be read.
    #[error("cannot read the ledger of {database} (tables _rehearsal_runs and _rehearsal_ranges): {why}")]
    #[diagnostic(help(
        "the ledger was written by another version of rehearsal or changed by hand: use that version, or delete the row of the unfinished run"
    ))]
    Ledger {
        /// The address of the database.
        database: String,
        /// The reason.
        why: String,
    },

    /// Another process or session kept the database locked for longer than the wait allows.
    #[error("{place} is locked by {} (waited {:.0} s)", who(place, holders), waited.as_secs_f64())]
    #[diagnostic(help(
        "wait for the other program or end it, then run the command again; `--wait SECONDS` waits longer"
    ))]
    Locked {
        /// The file or the address.
        place: String,
        /// The time spent waiting.
        waited: Duration,
        /// The known holders; empty if this user can see none.
        holders: Vec<Holder>,
    },

    /// The disk is full, or the file cannot grow.
    #[error("no space left for {place}: {why}")]
    #[diagnostic(help(
        "free space on that file system, then run the command again; uncommitted changes were rolled back"
    ))]
    Full {
        /// The file or the address.
        place: String,
        /// The error of the engine.
        why: String,
    },

    /// The database cannot be written.
    #[error("{place} is read-only: {why}")]
    #[diagnostic(help("give this user write access, or use the URL of another user or server that has it"))]
    ReadOnly {
        /// The file or the address.
        place: String,
        /// The error of the engine.
        why: String,
    },

    /// The server cannot be reached, or the connection was lost.
    #[error("cannot reach {place}: {why}")]
    #[diagnostic(help("{help}"))]
    Unreachable {
        /// The address.
        place: String,
        /// The error of the system or the server.
        why: String,
        /// The instruction for the user.
        help: &'static str,
    },

    /// The server rejected the login.
    #[error("{place} rejected the login: {why}")]
    #[diagnostic(help("check the user and password in the URL (or PGPASSWORD) and the server's pg_hba.conf"))]
    Refused {
        /// The address.
        place: String,
        /// The error of the server.
        why: String,
    },

    /// The connection goes through a pooler, and the operation needs a dedicated session.
    #[error("{place} is behind a pooler: {why}")]
    #[diagnostic(help(
        "locks, settings and prepared statements need a dedicated session: connect directly to the database, or to a pool \
         in session mode (pgbouncer: pool_mode = session, ignore_startup_parameters = extra_float_digits)"
    ))]
    Pooler {
        /// The address.
        place: String,
        /// How the pooler was detected.
        why: String,
    },

    /// The role lacks a privilege.
    #[error("{place}: {why}")]
    #[diagnostic(help(
        "connect as a role that has the privilege, or grant it; scratch databases need `ALTER ROLE … CREATEDB`"
    ))]
    Privilege {
        /// The address.
        place: String,
        /// The error of the server.
        why: String,
    },

    /// The role lacks privileges on tables, or row-level security hides rows from it.
    #[error("{place}: {}", missing_privileges(missing))]
    #[diagnostic(help("{}", granting(missing)))]
    MissingPrivileges {
        /// The address.
        place: String,
        /// Each missing privilege.
        missing: Vec<MissingPrivilege>,
    },

    /// The server is too old.
    #[error("{place} is PostgreSQL {version}; rehearsal needs 13 or newer")]
    #[diagnostic(help("use PostgreSQL 13 or newer"))]
    OldServer {
        /// The address.
        place: String,
        /// The version of the server.
        version: String,
    },

    /// The encoding of the database cannot represent every text.
    #[error("{place} has the encoding {encoding}; rehearsal needs UTF8")]
    #[diagnostic(help("create the database with `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`"))]
    Encoding {
        /// The address.
        place: String,
        /// The encoding of the database.
        encoding: String,
    },

    /// The server ended the transaction because of a conflict with another one.
    #[error("{place}: {why}")]
    #[diagnostic(help("run the command again: another transaction conflicted with this one"))]
    Conflict {
        /// The address.
        place: String,
        /// The error of the server.
        why: String,
    },

    /// A statement failed.
    #[error("{why}")]
    Statement {
        /// The engine's message, without its code.
        why: String,
        /// The position in the statement, in characters from 1, if the engine reports one.
        position: Option<usize>,
    },

    /// An operation on a file or folder failed.
    #[error("cannot {what} {}: {source}", path.display())]
    #[diagnostic(help("check the permissions and the free space there"))]
    Io {
        /// The operation: `read`, `copy`, `lock`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}

impl Error {
    /// True if a retry may succeed: another transaction was in the way, or the connection was lost.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Conflict { .. } | Self::Unreachable { .. })
    }

    /// Creates [`Error::BadUrl`] without the words with which sqlx starts every reason.
    pub(crate) fn bad_url(url: String, why: &str, example: &'static str) -> Self {
        Self::BadUrl { url, why: why.trim_start_matches("error with configuration: ").to_owned(), example }
    }

    /// True if the cause is in the user's request, not in the state of a database.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::WrongEngine { .. } | Self::BadUrl { .. } | Self::NoDatabase { .. })
    }
}
