//! Journal modes, and the [`Journal`] that a killed process leaves next to a file.

use super::address::SqliteAddress;
use super::connection::SqliteSession;
use crate::Session;
use crate::crash::Journal;
use crate::{Access, Durability, Error};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) async fn keep_in(address: &SqliteAddress, journal: Journal) -> Result<(), Error> {
    let mode = match journal {
        Journal::Rollback => "DELETE",
        Journal::Log => "WAL",
    };
    let mut session = SqliteSession::open(address, Access::Write(Durability::ProcessExit), Duration::ZERO).await?;
    let set = session.execute(&format!("PRAGMA journal_mode = {mode}"), &[]).await;
    Box::new(session).close().await?;
    set.map(drop)
}

/// The journal of a killed process. A rollback journal is hot while its header is intact: the next connection rolls it
/// back (`https://sqlite.org/lockingv3.html`).
pub(crate) fn left_behind(address: &SqliteAddress) -> Option<Journal> {
    let begins = |ending: &str| {
        let mut path = address.path().as_os_str().to_owned();
        path.push(ending);
        let mut first = [0];
        File::open(PathBuf::from(path)).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first != [0]
    };
    if begins("-journal") {
        Some(Journal::Rollback)
    } else if begins("-wal") {
        Some(Journal::Log)
    } else {
        None
    }
}
