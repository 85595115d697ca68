//! Scratch databases: [`Sandbox::scratch`] copies a template into a [`Scratch`], on which a proof works.

use super::own_server::{alone_at_will, build_on};
use super::template::From;
use super::{Error, Sandbox, Template};
use crate::migration::History;
use crate::workspace::{Database, Fixture};
use rehearsal_db::{Address, Connection, Engine, Mode, Storage, Target};
use rehearsal_postgres::Server;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// How long to wait for a lock, which only another connection of this process can hold.
const WAIT: Duration = Duration::from_secs(5);

/// A scratch database. The sandbox removes it after it is dropped, unless it is kept.
#[derive(Debug)]
pub struct Scratch {
    target: Target,
    name: String,
    /// Whether it is kept for inspection.
    is_kept: AtomicBool,
    /// Addresses of dropped databases. The sandbox removes them, because `drop` cannot await.
    served: Arc<Mutex<Vec<Address>>>,
    /// Its separate server, if it has one.
    alone: Option<Server>,
}

impl Sandbox {
    /// Copies a template. `name` becomes part of the database's name.
    ///
    /// # Errors
    /// Fails if the file system or the server fails.
    pub async fn scratch(&self, template: &Template<'_>, name: &str) -> Result<Scratch, Error> {
        self.remove_served().await?;
        let (address, alone) = match &template.0 {
            From::Copy(from) => {
                let address = self.unused(from.engine(), name)?;
                from.copy_to(&address).await?;
                (address, None)
            }
            From::Anew(alone) => {
                let (address, server) = self.scratch_alone(alone).await?;
                (address, Some(server))
            }
        };
        let (target, served) = (Target::scratch(address, WAIT), Arc::clone(&self.served));
        Ok(Scratch { target, name: name.to_owned(), is_kept: AtomicBool::new(false), served, alone })
    }

    /// Copies a scratch database, to which no connection may be open; `None` if the database has a separate server.
    ///
    /// # Errors
    /// Fails if the file system or the server fails.
    pub(crate) async fn fork(&self, scratch: &Scratch, name: &str) -> Result<Option<Scratch>, Error> {
        if scratch.alone.is_some() {
            return Ok(None);
        }
        let template = Template(From::Copy(scratch.target.address.clone()));
        self.scratch(&template, name).await.map(Some)
    }

    /// Creates a database with the fixture on a separate server that may be crashed ([`Scratch::crash_server`]);
    /// `None` if the host is a given server or there is no host.
    ///
    /// # Errors
    /// Fails if the server cannot be started or the database cannot be filled.
    pub(crate) async fn scratch_to_crash(
        &self,
        database: &Database,
        history: &History,
        fixture: Option<&Fixture>,
    ) -> Result<Option<Scratch>, Error> {
        let Ok(host) = &self.host else { return Ok(None) };
        let Some(server) = host.another_to_crash().await? else { return Ok(None) };
        let address = build_on(&server, &alone_at_will(database, history, fixture)).await?;
        let (target, served) = (Target::scratch(address, WAIT), Arc::clone(&self.served));
        let (name, is_kept) = ("crash".to_owned(), AtomicBool::new(false));
        Ok(Some(Scratch { target, name, is_kept, served, alone: Some(server) }))
    }

    /// Returns an unused address for a scratch database of this process.
    pub(super) fn unused(&self, engine: Engine, name: &str) -> Result<Address, Error> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.place(engine, &format!("{name}-{number}"))
    }

    /// Removes dropped scratch databases.
    pub(super) async fn remove_served(&self) -> Result<(), Error> {
        let served = std::mem::take(&mut *self.served.lock().unwrap_or_else(PoisonError::into_inner));
        for address in served {
            address.remove().await?;
        }
        Ok(())
    }

    /// Keeps a scratch database for inspection and returns its address. A file is copied in its current state; a
    /// database on a server is kept in the state in which the proof leaves it.
    ///
    /// # Errors
    /// Fails if the file cannot be copied.
    pub async fn keep(&self, scratch: &Scratch) -> Result<Address, Error> {
        let database = &scratch.target.address;
        match database.engine().storage() {
            Storage::File(at) => {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let file = format!("{}-{}-{number}.db", self.token(), scratch.name);
                let kept = at(&self.kept().join(file), Mode::Write);
                database.copy_to(&kept).await?;
                Ok(kept)
            }
            Storage::Server => {
                scratch.is_kept.store(true, Ordering::Relaxed);
                if scratch.alone.is_none() {
                    self.keeps_server.store(true, Ordering::Relaxed);
                }
                Ok(database.clone())
            }
        }
    }
}

impl Scratch {
    /// Sets all later sessions to another time zone.
    #[must_use]
    pub fn elsewhere(mut self) -> Self {
        self.target = self.target.clone().elsewhere();
        self
    }

    /// The database, for functions that work on any database.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Crashes its separate server with SIGQUIT and starts the server again. Does nothing without a separate server.
    ///
    /// # Errors
    /// Fails if the server cannot be started again.
    pub(crate) async fn crash_server(&mut self) -> Result<(), Error> {
        if let Some(server) = self.alone.take() {
            self.alone = Some(server.crash().await?);
        }
        Ok(())
    }

    /// The database for an app and a backfill that run concurrently: the backfill takes the lock on it.
    pub(crate) fn shared(&self) -> Target {
        self.target.clone().shared()
    }

    /// Opens the database in its default time zone.
    ///
    /// # Errors
    /// Fails if the database cannot be opened.
    pub async fn open_here(&self) -> Result<Connection, Error> {
        Ok(self.target.clone().here().open().await?)
    }

    /// Opens the database.
    ///
    /// # Errors
    /// Fails if the database cannot be opened.
    pub async fn open(&self) -> Result<Connection, Error> {
        Ok(self.target.open().await?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let is_kept = self.is_kept.load(Ordering::Relaxed);
        if let Some(server) = self.alone.take() {
            // A server that is not kept stops here.
            if is_kept {
                server.leave();
            }
        } else if !is_kept {
            self.served.lock().unwrap_or_else(PoisonError::into_inner).push(self.target.address.clone());
        }
    }
}
