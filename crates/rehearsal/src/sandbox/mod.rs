//! Throwaway databases. A template is built once from migrations and a fixture and kept, addressed by the hash of all that
//! went into it; a scratch database is a copy of one. Nothing outside this module can make a [`Scratch`], so that a proof,
//! which takes nothing else, can't be handed a database that somebody cares for.

mod error;
mod filling;
mod host;
mod own_server;
mod scratch;
mod sweep;
mod template;

pub use error::Error;
pub use host::{Host, NoHost};
pub use scratch::Scratch;
pub use template::Template;

use crate::migration::History;
use crate::workspace::Database;
use rehearsal_db::{self as db, Address, Engine, Mode, Storage};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;

/// The sandbox of one process: a folder of its own for scratch databases, beside those of other processes, and a server for
/// those of PostgreSQL.
#[derive(Debug)]
pub struct Sandbox {
    root: PathBuf,
    own: TempDir,
    /// Held as long as this process lives: a folder whose owner's lock can be had belongs to a dead process.
    _owner: File,
    host: Result<Host, NoHost>,
    served: Arc<Mutex<Vec<Address>>>,
    /// Whether something on the server is to be looked at by a person.
    keeps_server: AtomicBool,
}

impl Sandbox {
    /// Makes this process's part below `root` (usually `target/rehearsal`), and sweeps what dead processes left there. Without a
    /// host there are no scratch databases of PostgreSQL.
    ///
    /// # Errors
    /// What the file system said.
    pub async fn open(root: &Path, host: Result<Host, NoHost>) -> Result<Self, Error> {
        let scratch = root.join("scratch");
        for folder in [&scratch, &root.join("templates"), &root.join("kept")] {
            fs::create_dir_all(folder).map_err(|source| db::Error::Io {
                what: "create",
                path: folder.clone(),
                source,
            })?;
        }
        sweep::sweep(root);
        let failed = |source| db::Error::Io { what: "write into", path: scratch.clone(), source };
        let own = tempfile::Builder::new().prefix(sweep::PROCESS).tempdir_in(&scratch).map_err(failed)?;
        // Locked under another name first: whoever sees the name must find the lock held.
        let (claiming, claimed) = (own.path().join("claiming.lock"), own.path().join(sweep::OWNER));
        let owner = File::create(&claiming).map_err(failed)?;
        owner.try_lock().map_err(|error| failed(error.into()))?;
        fs::rename(&claiming, &claimed).map_err(failed)?;
        let (served, keeps_server) = (Arc::default(), AtomicBool::new(false));
        let mut sandbox = Self { root: root.to_owned(), own, _owner: owner, host, served, keeps_server };
        let token = sandbox.token();
        if let Ok(host) = &mut sandbox.host {
            host.claim(&token).await?;
        }
        Ok(sandbox)
    }

    /// True where databases of that engine are on a server that somebody else keeps.
    #[must_use]
    pub fn is_a_guest(&self, engine: Engine) -> bool {
        engine.storage().is_server() && self.host.as_ref().is_ok_and(Host::stays)
    }

    /// Refuses a history of which there can be no scratch databases.
    ///
    /// # Errors
    /// Why that is.
    pub fn takes(&self, database: &Database, history: &History) -> Result<(), NoHost> {
        match (database.engine.storage(), &self.host) {
            (Storage::File(_), _) => Ok(()),
            (Storage::Server, Err(why)) => Err(why.clone()),
            (Storage::Server, Ok(host)) => match own_server::alone(database, history, None) {
                Some(alone) => host.may_have_another(&alone.because),
                None => Ok(()),
            },
        }
    }

    /// Removes what is still there and ends a server of our own.
    ///
    /// # Errors
    /// What a server said.
    pub async fn close(self) -> Result<(), Error> {
        // On a server of our own, databases go with the server.
        let stays = self.host.as_ref().is_ok_and(Host::stays);
        let goes = |address: &Address| stays || address.file().is_some();
        self.served.lock().unwrap_or_else(PoisonError::into_inner).retain(goes);
        self.remove_served().await?;
        match self.host {
            Ok(host) if self.keeps_server.into_inner() => host.leave(),
            Ok(host) => host.stop().await,
            Err(_) => {}
        }
        Ok(())
    }

    fn kept(&self) -> PathBuf {
        self.root.join("kept")
    }

    /// What tells this process's databases from those of others.
    fn token(&self) -> String {
        let name = self.own.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.trim_start_matches(sweep::PROCESS).to_owned()
    }

    fn host(&self) -> Result<&Host, Error> {
        self.host.as_ref().map_err(|why| why.clone().into())
    }

    /// Where a database of this process of that name goes.
    fn place(&self, engine: Engine, name: &str) -> Result<Address, Error> {
        match engine.storage() {
            Storage::File(at) => Ok(at(&self.own.path().join(format!("{name}.db")), Mode::Create)),
            Storage::Server => Ok(self.host()?.database(&format!("rehearsal-scratch-{}-{name}", self.token()))),
        }
    }

    /// Where the template of that hash is, or goes.
    fn template_address(&self, engine: Engine, name: &str, hash: u128) -> Result<Address, Error> {
        match engine.storage() {
            Storage::File(at) => {
                Ok(at(&self.root.join("templates").join(format!("{name}-{hash:032x}.db")), Mode::Create))
            }
            // Half of the hash: a server cuts names after 63 bytes.
            Storage::Server => Ok(self.host()?.database(&format!("rehearsal-template-{:016x}-{name}", hash >> 64))),
        }
    }
}
