//! Databases as wholes, whatever the engine: copied, renamed, removed. The sandbox works with these.

use super::{Address, Error, postgres, sqlite};
use std::fs;
use std::time::SystemTime;

/// True where there is a database at the address.
pub async fn exists(address: &Address) -> Result<bool, Error> {
    match address {
        Address::Sqlite(address) => Ok(address.path().is_file()),
        Address::Postgres(address) => postgres::exists(address).await,
    }
}

/// Copies a database to an address of the same engine where there is none. Nobody may be at work on it.
pub async fn copy(from: &Address, to: &Address) -> Result<(), Error> {
    match (from, to) {
        (Address::Sqlite(from), Address::Sqlite(to)) => {
            let path = from.path().to_owned();
            // Where the file system shares blocks between copies, this does.
            fs::copy(from.path(), to.path()).map(drop).map_err(|source| Error::Io { what: "copy", path, source })
        }
        (Address::Postgres(from), Address::Postgres(to)) => postgres::copy(from, to).await,
        _ => Err(Error::Statement { why: "a database can't be copied to another engine".to_owned(), position: None }),
    }
}

/// Gives a database its place, in one step. Where somebody else was there first with the same, theirs stays.
pub async fn settle(from: &Address, to: &Address) -> Result<(), Error> {
    match (from, to) {
        (Address::Sqlite(from), Address::Sqlite(to)) => {
            let path = from.path().to_owned();
            fs::rename(from.path(), to.path()).map_err(|source| Error::Io { what: "rename", path, source })
        }
        (Address::Postgres(from), Address::Postgres(to)) => match postgres::rename(from, to).await {
            Err(_) if postgres::exists(to).await? => postgres::remove(from).await,
            renamed => renamed,
        },
        _ => Err(Error::Statement { why: "a database can't move to another engine".to_owned(), position: None }),
    }
}

/// Notes that a template is used: sweeping goes by the time of the last use.
pub async fn touch(template: &Address) -> Result<(), Error> {
    match template {
        Address::Sqlite(file) => {
            // What is old is only rebuilt.
            drop(fs::File::open(file.path()).and_then(|file| file.set_modified(SystemTime::now())));
            Ok(())
        }
        Address::Postgres(template) => postgres::touch(template).await,
    }
}

/// Removes a database, if it is there.
pub async fn remove(address: &Address) -> Result<(), Error> {
    match address {
        Address::Sqlite(address) => {
            // What is not there need not be removed; beside it may lie what a killed process left.
            for ending in ["", "-journal", "-wal", "-shm", "-rehearsal.lock"] {
                let mut path = address.path().as_os_str().to_owned();
                path.push(ending);
                drop(fs::remove_file(path));
            }
            Ok(())
        }
        Address::Postgres(address) => postgres::remove(address).await,
    }
}

/// A version string of the engine behind an address: part of what a template is addressed by.
pub async fn version(address: &Address) -> Result<String, Error> {
    match address {
        Address::Sqlite(_) => sqlite::version().await,
        Address::Postgres(address) => postgres::version(address).await,
    }
}
