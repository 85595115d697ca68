//! A connection to a database of any engine: what its [`Session`] can do, and what is the same for all. Statements that this
//! tool writes itself, checks and migrations go through here; a backfill's own statements use the driver's typed connection
//! ([`super::Driver`]).

use super::{Address, Commit, CommitHook, CommitPhase, Error, Rows, SQLX_TABLE, Session, Value};
use futures_util::TryStreamExt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only: the engine itself refuses anything else.
    Read,
    /// Reads and writes. Commits survive what the durability says.
    Write(Durability),
}

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What the database is configured for, as a database with real data needs it. Only such a connection creates a missing
    /// database.
    Configured,
    /// The end of this process at any moment, and not a crash of the machine: no commit waits for a disk.
    ProcessExit,
    /// Nothing: the database is a throwaway, and nothing waits for a disk.
    None,
    /// Nothing, either, where several connections write at the same time, as an app and a backfill do.
    NoneShared,
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    session: Box<dyn Session>,
    commit_hook: CommitHook,
}

impl Deref for Connection {
    type Target = dyn Session;

    fn deref(&self) -> &Self::Target {
        &*self.session
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.session
    }
}

impl Connection {
    /// Connects. Only [`Durability::Configured`] creates a missing database, and only where the address says so.
    ///
    /// `wait` is how long a locked database is waited for, here and by each statement afterwards.
    ///
    /// # Errors
    /// [`Error::NoDatabase`], [`Error::Unreadable`], [`Error::Locked`].
    pub async fn open(address: &Address, access: Access, wait: Duration) -> Result<Self, Error> {
        let session = address.open(access, wait).await?;
        Ok(Self { session, commit_hook: CommitHook::default() })
    }

    /// Runs a query and returns at most `limit` of its rows.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn query(&mut self, sql: &str, values: &[Value], limit: usize) -> Result<Rows, Error> {
        let mut stream = self.stream(sql, values);
        let mut rows = Rows::default();
        while rows.rows.len() < limit
            && let Some(row) = stream.try_next().await?
        {
            if rows.columns.is_empty() {
                rows.columns = row.columns.to_vec();
            }
            rows.rows.push(row.values);
        }
        Ok(rows)
    }

    /// Begins the transaction of a migration or of a batch: one that gives up soon where it has to wait for a lock, since
    /// others wait behind it. It is to be tried again for as long as [`Session::patience`] says.
    pub async fn begin_gently(&mut self) -> Result<(), Error> {
        self.begin().await?;
        self.give_up_soon("SET LOCAL").await
    }

    /// Begins a transaction in which nobody else begins or ends a run.
    pub async fn begin_alone(&mut self) -> Result<(), Error> {
        self.begin().await?;
        self.lock_runs().await
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// What the engine said; the transaction is then rolled back by [`Self::rollback`] or by closing.
    pub async fn commit(&mut self) -> Result<(), Error> {
        self.call_commit_hook(CommitPhase::Before, || Commit::Transaction);
        self.execute("COMMIT", &[]).await?;
        self.call_commit_hook(CommitPhase::After, || Commit::Transaction);
        Ok(())
    }

    /// Calls this hook at each commit from here on.
    pub(super) fn set_commit_hook(&mut self, hook: CommitHook) {
        self.commit_hook = hook;
    }

    /// True where a hook is called at each commit.
    pub fn has_commit_hook(&self) -> bool {
        self.commit_hook.is_set()
    }

    /// Calls the hook, if there is one, at a phase of a commit.
    pub fn call_commit_hook(&self, phase: CommitPhase, commit: impl FnOnce() -> Commit) {
        self.commit_hook.call(phase, commit);
    }

    /// Rolls the transaction back, if one is open: after some errors the engine has done so already.
    pub async fn rollback(&mut self) {
        // An error here means that there is nothing to roll back, or no connection; both leave nothing behind.
        drop(self.execute("ROLLBACK", &[]).await);
    }

    /// True where nobody has made a table and no migration is applied.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn is_empty(&mut self) -> Result<bool, Error> {
        if !self.tables().await?.is_empty() {
            return Ok(false);
        }
        if !self.has_table(SQLX_TABLE).await? {
            return Ok(true);
        }
        let applied = self.query(&format!("SELECT count(*) FROM {SQLX_TABLE}"), &[], 1).await?;
        Ok(applied.scalar() == Some(&Value::Int(0)))
    }

    /// Has a throwaway database write its values as `now` writes the same ones, and tells whether it did not.
    pub async fn adopt_labels(&mut self, now: &mut Self) -> Result<bool, Error> {
        self.session.adopt_labels(&mut *now.session).await
    }

    /// Closes the connection, whatever came of the work with it: a process that ended before would leave the files of a
    /// write-ahead log behind.
    ///
    /// # Errors
    /// That of the work, else what closing found.
    pub async fn close_with<T, E: From<Error>>(self, worked: Result<T, E>) -> Result<T, E> {
        let closed = self.close().await;
        let value = worked?;
        closed?;
        Ok(value)
    }

    /// Closes the connection and reports what closing found.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn close(self) -> Result<(), Error> {
        self.session.close().await
    }
}
