//! What a database says was applied to it, held against the files.

use super::error::Error;
use super::fault::Fault;
use super::history::{BEFORE_ALL, History};
use rehearsal_db::SQLX_TABLE;
use rehearsal_db::{Connection, Value};

/// A migration that the database says was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its version.
    pub version: i64,
    /// The checksum of its up file as it was then.
    pub checksum: Vec<u8>,
    /// When, as the database wrote it down.
    pub when: String,
}

/// Where one migration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Applied at that time.
    Applied(String),
    /// Not applied yet.
    Pending,
}

/// What was applied, by version; nothing where sqlx's table is not there. Writes nothing.
///
/// # Errors
/// What the engine said; [`Error::Faults`] for a migration that is recorded as failed.
pub async fn applied(connection: &mut Connection) -> Result<Vec<Applied>, Error> {
    if !connection.has_table(SQLX_TABLE).await? {
        return Ok(Vec::new());
    }
    let dirty = connection.migrations().dirty_version(SQLX_TABLE).await;
    match dirty {
        Ok(None) => {}
        Ok(Some(version)) => return Err(Error::Faults { faults: vec![Fault::Dirty { version }] }),
        Err(error) => return Err(Error::bookkeeping(connection, error)),
    }
    let listed = connection.migrations().list_applied_migrations(SQLX_TABLE).await;
    let listed = listed.map_err(|error| Error::bookkeeping(connection, error))?;
    let times = format!("SELECT version, CAST(installed_on AS TEXT) FROM {SQLX_TABLE}");
    let times = connection.query(&times, &[], usize::MAX).await?.rows;
    let when = |version: i64| {
        let row = times.iter().find(|row| row[0] == Value::Int(version));
        // To the second, whatever the engine adds to that.
        row.and_then(|row| row[1].as_text()).unwrap_or_default().chars().take(19).collect::<String>()
    };
    Ok(listed
        .into_iter()
        .map(|a| Applied { version: a.version, checksum: a.checksum.into_owned(), when: when(a.version) })
        .collect())
}

/// What is wrong between the files and the database.
#[must_use]
pub fn compare(history: &History, applied: &[Applied]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for done in applied {
        match history.get(done.version) {
            None => faults.push(Fault::Missing { version: done.version, folder: history.folder.clone() }),
            Some(migration) if !migration.has_checksum(&done.checksum) => {
                faults.push(Fault::Edited { file: migration.up.path.clone() });
            }
            Some(_) => {}
        }
    }
    let newest = applied.iter().map(|done| done.version).max().unwrap_or(BEFORE_ALL);
    for migration in history.through(newest) {
        if !applied.iter().any(|done| done.version == migration.version) {
            faults.push(Fault::OutOfOrder { file: migration.up.path.clone(), newest });
        }
    }
    faults
}
