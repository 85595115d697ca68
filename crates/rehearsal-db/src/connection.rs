//! [`Connection`]: a connection to a database of any engine. It adds the operations that are the same for all
//! engines to its [`Session`]. The library's own statements, checks and migrations use it; the statements of a
//! backfill use the driver's typed connection ([`super::Driver`]).

use super::{Address, Commit, CommitHook, CommitPhase, Error, MigrationTable, Rows, Session, TableLock, Value};
use futures_util::TryStreamExt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

/// The access of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only: the engine rejects any write.
    Read,
    /// Reads and writes; the durability says what a commit survives.
    Write(Durability),
}

/// The failures that a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As the database is configured, for real data. Only such a connection creates a missing database.
    Configured,
    /// The end of this process at any time, but no crash of the machine: a commit does not wait for the disk.
    ProcessExit,
    /// Nothing: the database is scratch, and a commit does not wait for the disk.
    None,
    /// Nothing, with several connections that write concurrently, such as an app and a backfill.
    NoneShared,
}

/// The locks of migrations.
#[derive(Debug)]
enum Locks {
    /// They are not recorded.
    Ignored,
    /// Those of the last migration; `None` if it had no transaction.
    Recorded(Option<Vec<TableLock>>),
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    session: Box<dyn Session>,
    commit_hook: CommitHook,
    migration_table: Arc<MigrationTable>,
    /// Whether locks are recorded, and those of the last migration.
    locks: Locks,
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
    /// Connects. A missing database is created only with [`Durability::Configured`], and only if the address allows it.
    ///
    /// `wait` limits how long to wait for a locked database, here and in each later statement.
    ///
    /// # Errors
    /// [`Error::NoDatabase`], [`Error::Unreadable`], [`Error::Locked`].
    pub async fn open(address: &Address, access: Access, wait: Duration) -> Result<Self, Error> {
        let session = address.open(access, wait).await?;
        Ok(Self { session, commit_hook: CommitHook::default(), migration_table: Arc::default(), locks: Locks::Ignored })
    }

    /// Runs a query and returns at most `limit` of its rows.
    ///
    /// # Errors
    /// Fails if the query fails.
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

    /// Begins the transaction of a migration or a batch. It waits only briefly for a lock, because other sessions
    /// queue up after it. The caller retries for as long as [`Session::patience`] says.
    pub async fn begin_with_short_lock_timeout(&mut self) -> Result<(), Error> {
        self.begin().await?;
        self.shorten_lock_timeout("SET LOCAL").await
    }

    /// Begins a transaction during which no other session starts or finishes a run.
    pub async fn begin_exclusive(&mut self) -> Result<(), Error> {
        self.begin().await?;
        self.lock_runs().await
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// Fails if COMMIT fails; then [`Self::rollback`] or closing rolls the transaction back.
    pub async fn commit(&mut self) -> Result<(), Error> {
        self.call_commit_hook(CommitPhase::Before, || Commit::Transaction);
        self.execute("COMMIT", &[]).await?;
        self.call_commit_hook(CommitPhase::After, || Commit::Transaction);
        Ok(())
    }

    /// Records the locks that later migrations hold at their end, for [`Self::take_locks`].
    pub fn record_locks(&mut self) {
        self.locks = Locks::Recorded(None);
    }

    /// Records the locks of the current transaction, if [`Self::record_locks`] was called.
    ///
    /// # Errors
    /// Fails if the query fails.
    pub async fn note_locks(&mut self) -> Result<(), Error> {
        if matches!(self.locks, Locks::Recorded(_)) {
            self.locks = Locks::Recorded(Some(self.session.table_locks().await?));
        }
        Ok(())
    }

    /// Takes the locks of the last migration. `None` if it had no transaction, or if locks are not recorded.
    pub fn take_locks(&mut self) -> Option<Vec<TableLock>> {
        match &mut self.locks {
            Locks::Recorded(locks) => locks.take(),
            Locks::Ignored => None,
        }
    }

    /// Sets the hook that later commits call.
    pub(super) fn set_commit_hook(&mut self, hook: CommitHook) {
        self.commit_hook = hook;
    }

    /// Sets the table in which sqlx records applied migrations.
    pub(super) fn set_migration_table(&mut self, table: Arc<MigrationTable>) {
        self.migration_table = table;
    }

    /// The table in which sqlx records applied migrations.
    #[must_use]
    pub fn migration_table(&self) -> Arc<MigrationTable> {
        Arc::clone(&self.migration_table)
    }

    /// True if the table in which sqlx records applied migrations exists.
    ///
    /// # Errors
    /// Fails if a query fails.
    pub async fn has_migration_table(&mut self) -> Result<bool, Error> {
        let table = self.migration_table();
        self.has_table(table.name()).await
    }

    /// True if a hook is set.
    pub fn has_commit_hook(&self) -> bool {
        self.commit_hook.is_set()
    }

    /// Calls the hook, if one is set.
    pub fn call_commit_hook(&self, phase: CommitPhase, commit: impl FnOnce() -> Commit) {
        self.commit_hook.call(phase, commit);
    }

    /// Rolls back the transaction, if one is open: after some errors the engine has already done so.
    pub async fn rollback(&mut self) {
        // An error means that no transaction is open or the connection is lost; in both cases nothing remains to
        // roll back.
        drop(self.execute("ROLLBACK", &[]).await);
    }

    /// True if the database has no user table and no applied migration.
    ///
    /// # Errors
    /// Fails if a query fails.
    pub async fn is_empty(&mut self) -> Result<bool, Error> {
        let table = self.migration_table();
        if self.tables().await?.iter().any(|shape| shape.name != table.name()) {
            return Ok(false);
        }
        if !self.has_migration_table().await? {
            return Ok(true);
        }
        let applied = self.query(&format!("SELECT count(*) FROM {}", table.sql()), &[], 1).await?;
        Ok(applied.scalar() == Some(&Value::Int(0)))
    }

    /// Makes a scratch database spell its values as `now` does. True if any label changed.
    pub async fn adopt_labels(&mut self, now: &mut Self) -> Result<bool, Error> {
        self.session.adopt_labels(&mut *now.session).await
    }

    /// Closes the connection, whether or not the work succeeded: an unclosed one can leave the files of a
    /// write-ahead log.
    ///
    /// # Errors
    /// The error of the work, otherwise the error of closing.
    pub async fn close_with<T, E: From<Error>>(self, worked: Result<T, E>) -> Result<T, E> {
        let closed = self.close().await;
        let value = worked?;
        closed?;
        Ok(value)
    }

    /// Closes the connection.
    ///
    /// # Errors
    /// Fails if the database reports an error on closing.
    pub async fn close(self) -> Result<(), Error> {
        self.session.close().await
    }
}
