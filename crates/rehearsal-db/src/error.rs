//! What can go wrong between this tool and a database, told apart by what a person would do next.

use super::command::command;
use miette::Diagnostic;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Somebody who has a database open: a process of this machine, or a session on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which of the two.
    pub kind: HolderKind,
    /// The process id; on a server, that of its process for the session.
    pub pid: u32,
    /// The name of the program, as the system knows it.
    pub program: String,
}

/// What holds a database.
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
        [] if place.contains("://") => "who held it can't be seen any more".to_owned(),
        [] => "no process that this user may see has it open; it may be on another machine".to_owned(),
        holders => format!("open in: {}", holders.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// A privilege that a role lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingPrivilege {
    /// What is missing, and of which table.
    pub why: String,
    /// The statement that gives it.
    pub grant: String,
}

fn missing_privileges(missing: &[MissingPrivilege]) -> String {
    match missing {
        [one] => one.why.clone(),
        several => {
            let whys: String = several.iter().map(|lack| format!("\n  {}", lack.why)).collect();
            format!("the role lacks what this takes:{whys}")
        }
    }
}

/// What grants the privileges, each statement once.
fn granting(missing: &[MissingPrivilege]) -> String {
    let mut grants: Vec<&str> = Vec::new();
    for lack in missing {
        if !grants.contains(&lack.grant.as_str()) {
            grants.push(&lack.grant);
        }
    }
    match grants.as_slice() {
        [one] => format!("{one}, or connect as a role that may"),
        several => {
            format!("connect as a role that may, or let somebody who can do this:\n    {}", several.join("\n    "))
        }
    }
}

/// A failure of the database or of the way to it.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The URL is not one of this engine.
    #[error("`{url}` is not a URL of {engine}")]
    #[diagnostic(help("write {example}"))]
    WrongEngine {
        /// The URL as given, with any password masked.
        url: String,
        /// The engine that the database has.
        engine: super::Engine,
        /// What such a URL looks like.
        example: &'static str,
    },

    /// The URL is malformed or names something this tool can't work on.
    #[error("`{url}` can't be used: {why}")]
    #[diagnostic(help("write {example}"))]
    BadUrl {
        /// The URL as given, with any password masked.
        url: String,
        /// What is wrong with it.
        why: String,
        /// What such a URL looks like.
        example: &'static str,
    },

    /// There is no database at the address.
    #[error("there is no database at {place}")]
    #[diagnostic(help(
        "check the address; `{}` makes a development database, `?mode=rwc` after a SQLite URL another one, and `createdb` \
         one on a server",
        command("migrate")
    ))]
    NoDatabase {
        /// Where it should be.
        place: String,
    },

    /// The database can't be opened.
    #[error("can't open {place}: {why}")]
    #[diagnostic(help("check that the path is a database file that this user may read and write"))]
    Unreadable {
        /// The file or the address.
        place: String,
        /// What the system or the engine said.
        why: String,
    },

    /// The database is damaged.
    #[error("{place} is damaged: {why}")]
    #[diagnostic(help(
        "restore a copy; `PRAGMA integrity_check` tells what is damaged, `.recover` of the sqlite3 shell saves what can be read"
    ))]
    Damaged {
        /// The file or the address.
        place: String,
        /// What the engine said.
        why: String,
    },

    /// The ledger in the database can't be read.
    #[error("the ledger of {database} (tables _rehearsal_runs and _rehearsal_ranges) can't be read: {why}")]
    #[diagnostic(help(
        "it was written by another version of this tool, or by hand: use that version, or remove the row of the run that is not finished"
    ))]
    Ledger {
        /// The address of the database.
        database: String,
        /// What is wrong.
        why: String,
    },

    /// Somebody else kept the database locked for longer than we were told to wait.
    #[error("{place} is locked, and stayed so for {:.0} s; {}", waited.as_secs_f64(), who(place, holders))]
    #[diagnostic(help(
        "let the other program finish or end it, then run the command again; `--wait SECONDS` waits longer"
    ))]
    Locked {
        /// The file or the address.
        place: String,
        /// How long we waited.
        waited: Duration,
        /// Who has the file open, as far as this user may see.
        holders: Vec<Holder>,
    },

    /// The disk is full, or the file may not grow.
    #[error("no space left for {place}: {why}")]
    #[diagnostic(help(
        "free some space on that file system and run the command again; what was not committed has been rolled back"
    ))]
    Full {
        /// The file or the address.
        place: String,
        /// What the engine said.
        why: String,
    },

    /// The database may not be written.
    #[error("{place} may not be written: {why}")]
    #[diagnostic(help("write to it with a URL and as a user that may, or use a command that only reads"))]
    ReadOnly {
        /// The file or the address.
        place: String,
        /// What the engine said.
        why: String,
    },

    /// There is no way to the server, or no longer.
    #[error("can't reach {place}: {why}")]
    #[diagnostic(help(
        "check that the server runs there and takes connections; what was not committed has been rolled back, and a backfill goes on from its last batch"
    ))]
    Unreachable {
        /// The address.
        place: String,
        /// What the system or the server said.
        why: String,
    },

    /// The server lets this user not in.
    #[error("{place} refuses us: {why}")]
    #[diagnostic(help("check user and password in the URL (or PGPASSWORD), and the server's pg_hba.conf"))]
    Refused {
        /// The address.
        place: String,
        /// What the server said.
        why: String,
    },

    /// There is a pooler in between, and what is to be done needs a session of its own.
    #[error("{place} is behind a pooler: {why}")]
    #[diagnostic(help(
        "locks, settings and prepared statements need a session of their own: connect to the database itself, or to a pool in \
         session mode (pgbouncer: pool_mode = session, ignore_startup_parameters = extra_float_digits)"
    ))]
    Pooler {
        /// The address.
        place: String,
        /// How that showed.
        why: String,
    },

    /// The role may not do what was tried.
    #[error("{place}: {why}")]
    #[diagnostic(help(
        "connect as a role that may, or have it granted; scratch databases need `ALTER ROLE … CREATEDB`"
    ))]
    Privilege {
        /// The address.
        place: String,
        /// What the server said.
        why: String,
    },

    /// The role lacks privileges on tables, or does not see all of their rows.
    #[error("{place}: {}", missing_privileges(missing))]
    #[diagnostic(help("{}", granting(missing)))]
    MissingPrivileges {
        /// The address.
        place: String,
        /// Each of them.
        missing: Vec<MissingPrivilege>,
    },

    /// The server is older than what this tool works with.
    #[error("{place} is PostgreSQL {version}, and 13 is the oldest that this tool works with")]
    #[diagnostic(help("use a newer server"))]
    OldServer {
        /// The address.
        place: String,
        /// Its version.
        version: String,
    },

    /// The database is in an encoding that can't hold every text.
    #[error("{place} is in the encoding {encoding}, and this tool works with UTF8")]
    #[diagnostic(help("make the database with `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`"))]
    Encoding {
        /// The address.
        place: String,
        /// Its encoding.
        encoding: String,
    },

    /// Another transaction was in the way, and this one was ended for it.
    #[error("{place}: {why}")]
    #[diagnostic(help("another transaction was in the way; run the command again"))]
    Conflict {
        /// The address.
        place: String,
        /// What the server said.
        why: String,
    },

    /// The engine refused a statement.
    #[error("{why}")]
    Statement {
        /// The engine's message, without its code.
        why: String,
        /// Where in the statement, in characters from 1, if the engine told.
        position: Option<usize>,
    },

    /// The file system refused something beside the database itself.
    #[error("can't {what} {}: {source}", path.display())]
    #[diagnostic(help("check the permissions and the space left there"))]
    Io {
        /// What was tried: `read`, `copy`, `lock`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
}

impl Error {
    /// True where the same may well succeed a little later: another transaction was in the way, or the way to the server was
    /// lost.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Conflict { .. } | Self::Unreachable { .. })
    }

    /// True where the cause lies in what the person asked for, not in the state of a database.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::WrongEngine { .. } | Self::BadUrl { .. } | Self::NoDatabase { .. })
    }
}
