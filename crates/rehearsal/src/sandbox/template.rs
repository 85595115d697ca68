//! Templates: a database with a fixture in it (or nothing), built once per content hash.

use super::filling::fill;
use super::own_server::{Alone, alone};
use super::{Error, Sandbox};
use crate::fixture;
use crate::migration::History;
use crate::workspace::{Database, Fixture};
use rehearsal_db::{Access, Address, Connection, Durability, Engine};
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3Default;

/// Changes when templates are built in another way, so that old ones are not taken for new ones.
const FORMAT: &str = "2";

/// A database that is only ever copied.
#[derive(Debug, Clone)]
pub struct Template<'a>(pub(super) From<'a>);

/// What a scratch database is made from.
#[derive(Debug, Clone)]
pub(super) enum From<'a> {
    /// A database that is copied.
    Copy(Address),
    /// Nothing that could be copied: each is built on a server of its own.
    Anew(Box<Alone<'a>>),
}

impl Sandbox {
    /// The template of a fixture, at the version that the fixture states; of an empty database where there is none.
    /// Several processes may ask at once: each builds its own, and the first whole one stays.
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
        // Its name is the mark: a database of that name is whole.
        building.settle_at(&address).await?;
        Ok(Template(From::Copy(address)))
    }

    /// Tries whether there can be a scratch database with that fixture.
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

    /// The version of that engine on which scratch databases are made: `3.51.0`; none where there is no server.
    pub async fn engine_version(&self, engine: Engine) -> Option<String> {
        let version = self.place(engine, "version").ok()?.version().await.ok()?;
        version.split_whitespace().next().map(ToOwned::to_owned)
    }
}

/// A name that is one of a file, too.
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
        // With its length, so that no two lists of parts run into the same bytes.
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
    // Only a database that somebody cares for is made by opening it; then it is a scratch database like any other.
    Connection::open(address, Access::Write(Durability::Configured), patience).await?.close().await?;
    let mut connection = Connection::open(address, Access::Write(Durability::None), patience).await?;
    let built = fill(&mut connection, database, history, fixture).await;
    // What is not on disk is not copied, and what somebody is connected to can't be.
    connection.close_with(built).await
}
