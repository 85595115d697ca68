//! [`Store`]: a database as a whole, for any engine: opened, locked, copied, renamed, removed. The sandbox works with
//! these operations.

use crate::command::{command, shell_word};
use crate::{Access, Address, Engine, Error, Journal, Session, Sharing};
use async_trait::async_trait;
use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The address of a database, and the operations on the whole database.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// The engine of the database.
    fn engine(&self) -> Engine;

    /// The engine's own address type.
    fn as_any(&self) -> &dyn Any;

    /// The URL as it can be typed again, without secrets.
    fn url(&self) -> String;

    /// True if the first writer creates a missing database.
    fn creates(&self) -> bool;

    /// This address, but opening it fails if the database is missing.
    fn existing(&self) -> Address;

    /// Another database on the same server or in the same folder, created if it is missing.
    fn sibling(&self, name: &str) -> Address;

    /// The address with another path, for a path relative to another folder. `None` if the database is not a file.
    fn moved(&self, _to: &dyn Fn(&Path) -> PathBuf) -> Option<Address> {
        None
    }

    /// The file of the database; `None` on a server.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// True if the database is on another machine.
    fn is_remote(&self) -> bool {
        false
    }

    /// The environment variables that make the engine's own shell connect in the same way.
    fn environment(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Whether the URL contains a password, which the environment does not have.
    fn has_password(&self) -> bool {
        false
    }

    /// The command with these words for this database, as a user types it. A password appears as a placeholder.
    fn command(&self, words: &str) -> String {
        let asked = if self.has_password() { "PGPASSWORD=… " } else { "" };
        format!("{asked}{} --url {}", command(words), shell_word(&self.url()))
    }

    /// Connects.
    ///
    /// # Errors
    /// The errors of [`crate::Connection::open`].
    async fn open(&self, access: Access, wait: Duration) -> Result<Box<dyn Session>, Error>;

    /// Takes the lock on the database. If another process holds it, calls `waiting` with a description of the holder
    /// and waits for up to `wait`.
    ///
    /// # Errors
    /// [`Error::NoDatabase`]; [`Error::Locked`] if the wait is over; [`Error::Io`] if the lock file cannot be created.
    async fn lock(
        &self,
        sharing: Sharing,
        wait: Duration,
        waiting: &(dyn Fn(String) + Sync),
    ) -> Result<Box<dyn HeldLock>, Error>;

    /// True if the database exists.
    async fn exists(&self) -> Result<bool, Error>;

    /// Copies the database to an unused address of the same engine. No other session may use it.
    async fn copy_to(&self, to: &Address) -> Result<(), Error>;

    /// Moves the database to another address in one step. If another process has already put an equal database
    /// there, that one stays.
    async fn publish_at(&self, to: &Address) -> Result<(), Error>;

    /// Removes the database, if it exists.
    async fn remove(&self) -> Result<(), Error>;

    /// Records the use of a template: templates are swept by the time of their last use.
    async fn touch(&self) -> Result<(), Error>;

    /// The version of the engine at this address, which is part of a template's key.
    async fn version(&self) -> Result<String, Error>;

    /// The version, role, settings and extensions of the server at this address, on which the results of a rehearsal
    /// depend; empty if the engine is part of this program.
    async fn server(&self) -> Result<String, Error> {
        Ok(String::new())
    }

    /// The extensions of these that the server does not have.
    async fn absent_extensions(&self, _names: &[String]) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// Sets the journal mode, if the engine has more than one.
    async fn keep_in(&self, _journal: Journal) -> Result<(), Error> {
        Ok(())
    }

    /// The journal that a killed process left next to the database.
    fn left_behind(&self) -> Option<Journal> {
        None
    }

    /// Makes all commits survive a crash of the server, whatever durability their sessions requested.
    async fn require_durable_commits(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Ends all sessions of the database, and returns their number.
    async fn end_sessions(&self) -> Result<u64, Error> {
        Ok(0)
    }

    /// Fails if databases cannot be created on this server.
    async fn check_host(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Claims the scratch databases of this token on a permanent server, and sweeps those of dead processes.
    async fn claim(&self, _token: &str) -> Result<Claim, Error> {
        Ok(Claim(Box::new(())))
    }
}

impl dyn Store {
    /// The address of another database, which must have the same engine.
    pub(crate) fn same_engine<T: 'static>(to: &Address) -> Result<&T, Error> {
        to.as_any().downcast_ref().ok_or_else(|| Error::Statement {
            why: "cannot copy a database to another engine".to_owned(),
            position: None,
        })
    }
}

/// A lock that is held until it is dropped.
#[async_trait]
pub trait HeldLock: fmt::Debug + Send + Sync {
    /// Announces that this process works on a run. The default is for an engine with one writer.
    async fn work_on(&mut self, _run: i64) -> Result<(), Error> {
        Ok(())
    }

    /// Ends the announcement of [`Self::work_on`].
    async fn leave(&mut self, _run: i64) {}

    /// Whether the lock is still held: on a server it ends with its session.
    async fn is_held(&mut self) -> bool {
        true
    }
}

/// A process's right to the scratch databases of its token, until it is dropped.
#[derive(Debug)]
pub struct Claim(
    #[expect(dead_code, reason = "it is held by being kept")] pub(crate) Box<dyn fmt::Debug + Send + Sync>,
);
