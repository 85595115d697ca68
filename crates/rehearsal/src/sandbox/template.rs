//! Templates: [`Sandbox::template`] builds an empty database or one with a fixture, once per content hash.

use super::filling::fill;
use super::own_server::{Alone, alone};
use super::{Error, Sandbox};
use crate::fixture;
use crate::migration::History;
use crate::workspace::{Database, Fixture};
use rehearsal_db::{Access, Address, Connection, Durability, Engine};
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3Default;

/// Change this if templates are built differently, so that old templates are not reused.
const FORMAT: &str = "2";

/// A database that is only ever copied.
#[derive(Debug, Clone)]
pub struct Template<'a>(pub(super) From<'a>);

/// The source of a scratch database.
#[derive(Debug, Clone)]
pub(super) enum From<'a> {
    /// A database to copy.
    Copy(Address),
    /// No copy possible: each scratch database is built on a separate server.
    Anew(Box<Alone<'a>>),
}

impl Sandbox {
    /// Returns the template of a fixture at the fixture's version, or of an empty database without a fixture. Builds
    /// it if it does not exist. Concurrent processes each build one, and the first complete one stays.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn template<'a>(
        &self,
        database: &'a Database,
        history: &'a History,
        fixture: Option<&'a Fixture>,
    ) -> Result<Template<'a>, Error> {
        if let Some(fixture) = fixture {
            fixture::check_version(fixture, history)?;
        }
        if let Some(alone) = alone(database, history, fixture) {
            return Ok(Template(From::Anew(Box::new(alone))));
        }
        let name = fixture.map_or("empty", |fixture| fixture.name.as_str());
        let hash = hash(&self.place(database.engine, "version")?, database, history, fixture).await?;
        let address = self.template_address(database.engine, &plain(&format!("{}-{name}", database.name)), hash)?;
        if address.exists().await? {
            address.touch().await?;
            return Ok(Template(From::Copy(address)));
        }
        let building = self.unused(database.engine, "building")?;
        if let Err(error) = build(&building, database, history, fixture).await {
            building.remove().await?;
            return Err(error);
        }
        // Renaming marks it as complete: only complete templates have this name.
        building.publish_at(&address).await?;
        Ok(Template(From::Copy(address)))
    }

    /// Checks that a scratch database with this fixture can be created.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn try_out(
        &self,
        database: &Database,
        history: &History,
        fixture: Option<&Fixture>,
    ) -> Result<(), Error> {
        match self.template(database, history, fixture).await?.0 {
            From::Copy(_) => Ok(()),
            From::Anew(alone) => self.scratch_alone(&alone).await.map(drop),
        }
    }

    /// The version of the engine that scratch databases run on (`3.51.0`); `None` if there is no server.
    pub async fn engine_version(&self, engine: Engine) -> Option<String> {
        let version = self.place(engine, "version").ok()?.version().await.ok()?;
        version.split_whitespace().next().map(ToOwned::to_owned)
    }

    /// The extensions of these that the server of the scratch databases does not have.
    pub(crate) async fn absent_extensions(&self, engine: Engine, names: &[String]) -> Vec<String> {
        // Without an answer, the failed statement says what is missing.
        match self.place(engine, "extensions") {
            Ok(place) if !names.is_empty() => place.absent_extensions(names).await.unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// Turns a name into a valid file name.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' }).take(80).collect()
}

async fn hash(
    address: &Address,
    database: &Database,
    history: &History,
    fixture: Option<&Fixture>,
) -> Result<u128, Error> {
    let mut hash = Xxh3Default::new();
    let mut add = |part: &str| {
        // With its length, so that different lists of parts never hash the same bytes.
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    };
    add(FORMAT);
    add(env!("CARGO_PKG_VERSION"));
    add(&address.version().await?);
    add(&database.setup.len().to_string());
    for setup in &database.setup {
        add(&setup.sql);
    }
    if let Some(fixture) = fixture {
        for migration in history.through(fixture.version) {
            add(&migration.label());
            add(&migration.up.sql);
        }
        for rows in fixture.rows().take(1) {
            add(&rows.sql().map_err(fixture::Error::from)?);
        }
    }
    Ok(hash.digest128())
}

async fn build(
    address: &Address,
    database: &Database,
    history: &History,
    fixture: Option<&Fixture>,
) -> Result<(), Error> {
    let patience = Duration::from_secs(5);
    // Only a durable connection creates a database by opening it; the second connection is that of a scratch database.
    Connection::open(address, Access::Write(Durability::Configured), patience).await?.close().await?;
    let mut connection = Connection::open(address, Access::Write(Durability::None), patience).await?;
    let built = fill(&mut connection, database, history, fixture).await;
    // Closed before the copy: data must be on disk, and a database with open connections cannot be copied.
    connection.close_with(built).await
}
