//! Scratch databases: copies that proofs work on.

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

/// How long a scratch database may be locked, which only another connection of this process could do.
const WAIT: Duration = Duration::from_secs(5);

/// A database that this tool made, and drops when it has served.
#[derive(Debug)]
pub struct Scratch {
    target: Target,
    name: String,
    /// Whether a person was told to look at it.
    is_kept: AtomicBool,
    /// Where databases go that have served; they are removed by the sandbox, which can wait for that.
    served: Arc<Mutex<Vec<Address>>>,
    /// The server on which it is alone, where it is.
    alone: Option<Server>,
}

impl Sandbox {
    /// A copy of a template, named after what it is for.
    ///
    /// # Errors
    /// What the file system or the server said.
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

    /// A copy of a scratch database that nobody is connected to; none where it is alone on its server.
    ///
    /// # Errors
    /// What the file system or the server said.
    pub(crate) async fn fork(&self, scratch: &Scratch, name: &str) -> Result<Option<Scratch>, Error> {
        if scratch.alone.is_some() {
            return Ok(None);
        }
        let template = Template(From::Copy(scratch.target.address.clone()));
        self.scratch(&template, name).await.map(Some)
    }

    /// A database with the fixture in it, on a server of its own that may crash ([`Scratch::crash_server`]); none where the server
    /// of scratch databases is somebody else's, or where there is none.
    ///
    /// # Errors
    /// What starting the server or filling the database said.
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

    /// An address in this process's part that nothing has yet.
    pub(super) fn unused(&self, engine: Engine, name: &str) -> Result<Address, Error> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.place(engine, &format!("{name}-{number}"))
    }

    /// Removes the scratch databases that have served.
    pub(super) async fn remove_served(&self) -> Result<(), Error> {
        let served = std::mem::take(&mut *self.served.lock().unwrap_or_else(PoisonError::into_inner));
        for address in served {
            address.remove().await?;
        }
        Ok(())
    }

    /// Keeps a scratch database for a person to look at, and returns its address: a copy of it where it is a file, the database
    /// itself, as it will be left, where it is on a server.
    ///
    /// # Errors
    /// What the file system said.
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
    /// The same, with all sessions in another time zone.
    #[must_use]
    pub fn elsewhere(mut self) -> Self {
        self.target = self.target.clone().elsewhere();
        self
    }

    /// The database, for the functions that work on any.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Stops the server on which it is alone by SIGQUIT, and starts it again.
    ///
    /// # Errors
    /// What the server said.
    pub(crate) async fn crash_server(&mut self) -> Result<(), Error> {
        if let Some(server) = self.alone.take() {
            self.alone = Some(server.crash().await?);
        }
        Ok(())
    }

    /// The database as an app and a backfill have it that work on it at the same time: the backfill takes its lock.
    pub(crate) fn shared(&self) -> Target {
        self.target.clone().shared()
    }

    /// Opens it in its own time zone.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn open_here(&self) -> Result<Connection, Error> {
        Ok(self.target.clone().here().open().await?)
    }

    /// Opens it.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn open(&self) -> Result<Connection, Error> {
        Ok(self.target.open().await?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let is_kept = self.is_kept.load(Ordering::Relaxed);
        if let Some(server) = self.alone.take() {
            // Without a reason to keep it, it ends here.
            if is_kept {
                server.leave();
            }
        } else if !is_kept {
            self.served.lock().unwrap_or_else(PoisonError::into_inner).push(self.target.address.clone());
        }
    }
}
