//! A database as a whole, at its address, whatever the engine: opened, locked, copied, renamed, removed. The sandbox works with
//! these.

use crate::command::{command, shell_word};
use crate::{Access, Address, Engine, Error, Journal, Session, Sharing};
use async_trait::async_trait;
use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The address of a database, and what can be done with the whole of it.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// The engine of the database.
    fn engine(&self) -> Engine;

    /// The address as its own type, for the engine that made it.
    fn as_any(&self) -> &dyn Any;

    /// The URL, ready to be typed again; no secrets in it.
    fn url(&self) -> String;

    /// True where a database that is missing is to be created by the first that writes to it.
    fn creates(&self) -> bool;

    /// The same address, to be refused where there is no database.
    fn existing(&self) -> Address;

    /// Another database beside this one, on the same server or in the same folder, which is created where it is missing.
    fn sibling(&self, name: &str) -> Address;

    /// The same with another path: one that was meant relative to another folder. None where the database is not in a file.
    fn moved(&self, _to: &dyn Fn(&Path) -> PathBuf) -> Option<Address> {
        None
    }

    /// The file of the database; none where it is on a server.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// What the engine's own shell is to find in its environment, so that it connects as we do.
    fn environment(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Whether the address came with a password, which the environment does not have.
    fn has_password(&self) -> bool {
        false
    }

    /// The command that does this on the database, as a person types it. A password is not shown: it is asked for.
    fn command(&self, words: &str) -> String {
        let asked = if self.has_password() { "PGPASSWORD=… " } else { "" };
        format!("{asked}{} --url {}", command(words), shell_word(&self.url()))
    }

    /// Connects.
    ///
    /// # Errors
    /// As [`crate::Connection::open`].
    async fn open(&self, access: Access, wait: Duration) -> Result<Box<dyn Session>, Error>;

    /// Takes the right to change the database, or calls `waiting` with a description of the holder and waits for up to `wait`.
    ///
    /// # Errors
    /// [`Error::NoDatabase`]; [`Error::Locked`] when the wait was too long; [`Error::Io`] when the lock can't be made.
    async fn lock(
        &self,
        sharing: Sharing,
        wait: Duration,
        waiting: &(dyn Fn(String) + Sync),
    ) -> Result<Box<dyn HeldLock>, Error>;

    /// True where there is a database at the address.
    async fn exists(&self) -> Result<bool, Error>;

    /// Copies the database to an address of the same engine where there is none. Nobody may be at work on it.
    async fn copy_to(&self, to: &Address) -> Result<(), Error>;

    /// Gives the database another address, in one step. Where another process was there first with the same, its database
    /// stays.
    async fn settle_at(&self, to: &Address) -> Result<(), Error>;

    /// Removes the database, if it is there.
    async fn remove(&self) -> Result<(), Error>;

    /// Notes that a template is used: sweeping goes by the time of the last use.
    async fn touch(&self) -> Result<(), Error>;

    /// A version string of the engine at this address: part of what a template is addressed by.
    async fn version(&self) -> Result<String, Error>;

    /// Has the database keep its changes in that way, where the engine has more than one.
    async fn keep_in(&self, _journal: Journal) -> Result<(), Error> {
        Ok(())
    }

    /// What a killed process left behind beside the database.
    fn left_behind(&self) -> Option<Journal> {
        None
    }

    /// Has all that is committed survive a crash of the server, whatever the sessions asked for that committed it.
    async fn make_safe(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Ends all sessions of the database but those that look at it from another one. Returns how many.
    async fn end_sessions(&self) -> Result<u64, Error> {
        Ok(0)
    }

    /// Refuses a server on which databases can't be made.
    async fn check_host(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Claims the scratch databases of that token on a server that stays, and sweeps those of dead processes.
    async fn claim(&self, _token: &str) -> Result<Claim, Error> {
        Ok(Claim(Box::new(())))
    }
}

impl dyn Store {
    /// The address of another database, which has to be of the same engine as this one.
    pub(crate) fn same_engine<T: 'static>(to: &Address) -> Result<&T, Error> {
        to.as_any().downcast_ref().ok_or_else(|| Error::Statement {
            why: "a database can't be copied to another engine".to_owned(),
            position: None,
        })
    }
}

/// A lock that its engine holds for us, until it is dropped.
#[async_trait]
pub trait HeldLock: fmt::Debug + Send + Sync {
    /// Lets others know that this process works on a run. The default is for an engine with one writer.
    async fn work_on(&mut self, _run: i64) -> Result<(), Error> {
        Ok(())
    }

    /// This process works on that run no more.
    async fn leave(&mut self, _run: i64) {}

    /// Whether it is still held: on a server it goes with its session.
    async fn is_held(&mut self) -> bool {
        true
    }
}

/// A process's right to the scratch databases of its token, until it is dropped.
#[derive(Debug)]
pub struct Claim(
    #[expect(dead_code, reason = "it is held by being kept")] pub(crate) Box<dyn fmt::Debug + Send + Sync>,
);
