//! Templates: a database with a fixture in it (or nothing), built once per content hash.

use super::{Error, Sandbox};
use crate::engine::{self, Access, Address, Connection, Target};
use crate::event::silent;
use crate::fixture;
use crate::migration::History;
use crate::workspace::{Database, Fixture};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use xxhash_rust::xxh3::Xxh3Default;

/// Changes when templates are built in another way, so that old ones are not taken for new ones.
const FORMAT: &str = "1";

/// A database that is only ever copied.
#[derive(Debug, Clone)]
pub struct Template {
    pub(super) path: PathBuf,
    /// The version that it is at; 0 for an empty database.
    pub version: i64,
}

impl Sandbox {
    /// The template of a fixture, at the version that the fixture states; of an empty database where there is none.
    /// Several processes may ask at once: each builds its own, and the first whole one stays.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn template(
        &self,
        database: &Database,
        history: &History,
        fixture: Option<&Fixture>,
    ) -> Result<Template, Error> {
        let version = fixture.map_or(0, |fixture| fixture.version);
        if let Some(fixture) = fixture {
            fixture::check_version(fixture, history)?;
        }
        let name = fixture.map_or("empty", |fixture| fixture.name.as_str());
        let hash = hash(database, history, fixture).await?;
        let path = self.templates().join(format!("{}-{name}-{hash:032x}.db", database.name));
        if path.is_file() {
            // Sweeping goes by the time of the last use.
            drop(fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now())));
            return Ok(Template { path, version });
        }
        let building = self.unused("building");
        if let Err(error) = build(&building, history, fixture).await {
            drop(fs::remove_file(&building));
            return Err(error);
        }
        // The rename is the mark: a file of that name is whole.
        fs::rename(&building, &path).map_err(|source| engine::Error::Io { what: "rename", path: building, source })?;
        Ok(Template { path, version })
    }
}

async fn hash(database: &Database, history: &History, fixture: Option<&Fixture>) -> Result<u128, Error> {
    let mut hash = Xxh3Default::new();
    let mut add = |part: &str| {
        // With its length, so that no two lists of parts run into the same bytes.
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    };
    add(FORMAT);
    add(env!("CARGO_PKG_VERSION"));
    add(&database.engine.version().await?);
    if let Some(fixture) = fixture {
        for migration in history.through(fixture.version) {
            add(&migration.label());
            add(&migration.up.sql);
        }
        add(&fixture.sql().map_err(fixture::Error::from)?);
    }
    Ok(hash.digest128())
}

async fn build(path: &Path, history: &History, fixture: Option<&Fixture>) -> Result<(), Error> {
    let mut connection = Connection::open(&Address::file_or_new(path), Access::Scratch, Duration::from_secs(5)).await?;
    if let Some(fixture) = fixture {
        fixture::load(&mut connection, history, fixture, &silent).await?;
    }
    // What is not on disk is not copied.
    Ok(connection.close().await?)
}

impl Target {
    /// A copy's target: only the sandbox calls this.
    pub(super) fn of_copy(path: &Path) -> Self {
        Self::scratch(Address::file(path), Duration::from_secs(5))
    }
}
