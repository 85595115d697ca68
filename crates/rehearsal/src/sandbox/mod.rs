//! Scratch databases for proofs. [`Sandbox::template`] builds a template from migrations and a fixture once and
//! stores it under the hash of its inputs; [`Sandbox::scratch`] copies it. Only this module can create a
//! [`Scratch`], and proofs accept nothing else, so that a proof can never run on a real database.

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

/// The sandbox of one process: a folder for its SQLite scratch databases, and a server for those of PostgreSQL.
#[derive(Debug)]
pub struct Sandbox {
    root: PathBuf,
    own: TempDir,
    /// Locked as long as this process lives. A folder whose lock is free belongs to a dead process.
    _owner: File,
    host: Result<Host, NoHost>,
    served: Arc<Mutex<Vec<Address>>>,
    /// Whether a database on the server is kept for inspection.
    keeps_server: AtomicBool,
}

impl Sandbox {
    /// Creates the folder of this process under `root` (usually `target/rehearsal`), and removes those of dead
    /// processes. Without a host, there are no PostgreSQL scratch databases.
    ///
    /// # Errors
    /// Fails if a folder cannot be created, or if the host cannot be reached.
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
        // Locked under another name first, so that other processes always find `owner.lock` locked.
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

    /// True if scratch databases of this engine are on a given server, which rehearsal did not start.
    #[must_use]
    pub fn is_a_guest(&self, engine: Engine) -> bool {
        engine.storage().is_server() && self.host.as_ref().is_ok_and(Host::stays)
    }

    /// Refuses a history that cannot have scratch databases.
    ///
    /// # Errors
    /// [`NoHost`] if there is no server, or if the history needs servers of its own and the host is a given server.
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

    /// Removes the remaining scratch databases and stops an own server.
    ///
    /// # Errors
    /// Fails if a database cannot be removed.
    pub async fn close(self) -> Result<(), Error> {
        // Databases on an own server disappear with the server.
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

    /// Distinguishes the databases of this process from those of others.
    fn token(&self) -> String {
        let name = self.own.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.trim_start_matches(sweep::PROCESS).to_owned()
    }

    fn host(&self) -> Result<&Host, Error> {
        self.host.as_ref().map_err(|why| why.clone().into())
    }

    /// The address for a scratch database of this process.
    fn place(&self, engine: Engine, name: &str) -> Result<Address, Error> {
        match engine.storage() {
            Storage::File(at) => Ok(at(&self.own.path().join(format!("{name}.db")), Mode::Create)),
            Storage::Server => Ok(self.host()?.database(&format!("rehearsal-scratch-{}-{name}", self.token()))),
        }
    }

    /// The address of the template with this hash.
    fn template_address(&self, engine: Engine, name: &str, hash: u128) -> Result<Address, Error> {
        match engine.storage() {
            Storage::File(at) => {
                Ok(at(&self.root.join("templates").join(format!("{name}-{hash:032x}.db")), Mode::Create))
            }
            // Half of the hash, because PostgreSQL truncates names to 63 bytes.
            Storage::Server => Ok(self.host()?.database(&format!("rehearsal-template-{:016x}-{name}", hash >> 64))),
        }
    }
}
