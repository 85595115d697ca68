//! The [`Store`] of SQLite: a database file as a whole.

use super::address::SqliteAddress;
use super::connection::{SqliteSession, refuse_read_only};
use super::crash;
use super::lock::FileLock;
use crate::{Access, Address, Durability, Engine, Error, HeldLock, Journal, Mode, Session, Sharing, Store};
use async_trait::async_trait;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

#[async_trait]
impl Store for SqliteAddress {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn url(&self) -> String {
        let path = self.path().display().to_string();
        format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23"))
    }

    fn creates(&self) -> bool {
        self.mode() == Mode::Create
    }

    fn existing(&self) -> Address {
        Address::new(Self::new(self.path(), Mode::Write))
    }

    fn sibling(&self, name: &str) -> Address {
        Address::new(Self::new(self.path().with_file_name(name), Mode::Create))
    }

    fn moved(&self, to: &dyn Fn(&Path) -> PathBuf) -> Option<Address> {
        Some(Address::new(Self::new(to(self.path()), self.mode())))
    }

    fn file(&self) -> Option<&Path> {
        Some(self.path())
    }

    async fn open(&self, access: Access, wait: Duration) -> Result<Box<dyn Session>, Error> {
        Ok(Box::new(SqliteSession::open(self, access, wait).await?))
    }

    async fn lock(
        &self,
        _sharing: Sharing,
        wait: Duration,
        waiting: &(dyn Fn(String) + Sync),
    ) -> Result<Box<dyn HeldLock>, Error> {
        if !self.creates() && !self.path().exists() {
            return Err(Error::NoDatabase { place: self.path().display().to_string() });
        }
        refuse_read_only(self, Access::Write(Durability::Configured))?;
        Ok(Box::new(FileLock::take(self.path(), wait, waiting).await?))
    }

    async fn exists(&self) -> Result<bool, Error> {
        Ok(self.path().is_file())
    }

    async fn copy_to(&self, to: &Address) -> Result<(), Error> {
        let to: &Self = <dyn Store>::same_engine(to)?;
        let path = self.path().to_owned();
        // Copies share their blocks if the file system supports that.
        fs::copy(self.path(), to.path()).map(drop).map_err(|source| Error::Io { what: "copy", path, source })
    }

    async fn publish_at(&self, to: &Address) -> Result<(), Error> {
        let to: &Self = <dyn Store>::same_engine(to)?;
        let path = self.path().to_owned();
        fs::rename(self.path(), to.path()).map_err(|source| Error::Io { what: "rename", path, source })
    }

    async fn remove(&self) -> Result<(), Error> {
        // A missing file is no error. A killed process may have left files next to the database.
        for ending in ["", "-journal", "-wal", "-shm", "-rehearsal.lock"] {
            let mut path = self.path().as_os_str().to_owned();
            path.push(ending);
            drop(fs::remove_file(path));
        }
        Ok(())
    }

    async fn touch(&self) -> Result<(), Error> {
        // If this fails, the template is rebuilt earlier than necessary.
        drop(fs::File::open(self.path()).and_then(|file| file.set_modified(SystemTime::now())));
        Ok(())
    }

    async fn version(&self) -> Result<String, Error> {
        let refused = |error: sqlx::Error| Error::Statement { why: error.to_string(), position: None };
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.map_err(refused)?;
        let version =
            sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut connection).await.map_err(refused)?;
        connection.close().await.map_err(refused)?;
        Ok(version)
    }

    async fn keep_in(&self, journal: Journal) -> Result<(), Error> {
        crash::keep_in(self, journal).await
    }

    fn left_behind(&self) -> Option<Journal> {
        crash::left_behind(self)
    }
}

impl HeldLock for FileLock {}
