//! Reads the applied migrations from sqlx's table ([`applied`]) and compares them with the files ([`compare`]).

use super::error::Error;
use super::fault::Fault;
use super::history::{BEFORE_ALL, History};
use rehearsal_db::{Connection, Value};

/// A migration that the database records as applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The version.
    pub version: i64,
    /// The checksum of the up file at the time.
    pub checksum: Vec<u8>,
    /// The time, as the database recorded it, to the second.
    pub when: String,
}

/// The state of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Applied at that time, in the database's format.
    Applied(String),
    /// Not applied yet.
    Pending,
}

/// Returns the applied migrations, by version; none if sqlx's table does not exist. Writes nothing.
///
/// # Errors
/// Fails if a query fails; [`Error::Faults`] if a migration is recorded as failed.
pub async fn applied(connection: &mut Connection) -> Result<Vec<Applied>, Error> {
    let table = connection.migration_table();
    if !connection.has_migration_table().await? {
        return Ok(Vec::new());
    }
    let dirty = connection.migrations().dirty_version(table.sql()).await;
    match dirty {
        Ok(None) => {}
        Ok(Some(version)) => {
            return Err(Error::Faults { faults: vec![Fault::Dirty { version, table: table.name().to_owned() }] });
        }
        Err(error) => return Err(Error::bookkeeping(connection, error)),
    }
    let listed = connection.migrations().list_applied_migrations(table.sql()).await;
    let listed = listed.map_err(|error| Error::bookkeeping(connection, error))?;
    let times = format!("SELECT version, CAST(installed_on AS TEXT) FROM {}", table.sql());
    let times = connection.query(&times, &[], usize::MAX).await?.rows;
    let when = |version: i64| {
        let row = times.iter().find(|row| row[0] == Value::Int(version));
        // The first 19 characters: engines append fractions and time zones in different forms.
        row.and_then(|row| row[1].as_text()).unwrap_or_default().chars().take(19).collect::<String>()
    };
    Ok(listed
        .into_iter()
        .map(|a| Applied { version: a.version, checksum: a.checksum.into_owned(), when: when(a.version) })
        .collect())
}

/// Returns the faults of a database compared with the files: missing, edited and out-of-order migrations.
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
