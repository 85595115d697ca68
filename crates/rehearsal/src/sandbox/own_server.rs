//! Separate servers for histories that change objects outside their database: they create roles or databases, or
//! name the database in which they run. [`alone`] detects them. Each scratch database of such a history is the only
//! one on its server, under the name that the history uses.

use super::filling::fill;
use super::{Error, Sandbox};
use crate::migration::History;
use crate::workspace::{Database, Fixture};
use rehearsal_db::lex::position;
use rehearsal_db::{Access, Address, Connection, Durability, Outside, postgres};
use rehearsal_postgres::Server;
use std::path::Path;
use std::time::Duration;

/// The name of the database if the history does not name it.
const UNNAMED: &str = "rehearsal-scratch";
/// Template databases of every server, in which a history cannot run.
const NEVER: [&str; 2] = ["template0", "template1"];

/// A history that changes objects outside its database, with its inputs.
#[derive(Debug, Clone)]
pub(super) struct Alone<'a> {
    database: &'a Database,
    history: &'a History,
    fixture: Option<&'a Fixture>,
    /// The first such statement and its location.
    pub(super) because: String,
    /// The databases that the history names. It runs in the first one.
    names: Vec<String>,
}

/// Finds out whether a history or its setup changes objects outside the database; `None` if not.
pub(super) fn alone<'a>(
    database: &'a Database,
    history: &'a History,
    fixture: Option<&'a Fixture>,
) -> Option<Alone<'a>> {
    let setup = database.setup.iter().map(|setup| (setup.path.as_path(), setup.sql.as_str()));
    let migrations =
        history.migrations.iter().flat_map(|migration| std::iter::once(&migration.up).chain(&migration.down));
    let scripts: Vec<(&Path, &str)> =
        setup.chain(migrations.map(|script| (script.path.as_path(), script.sql.as_str()))).collect();
    let (mut because, mut names, mut made) = (None, Vec::new(), Vec::new());
    for (path, sql) in scripts {
        for beyond in database.engine.changes_outside(sql) {
            let (line, _, _) = position(sql, beyond.at);
            because.get_or_insert_with(|| format!("`{}` in {}:{line}", beyond.words, path.display()));
            match beyond.what {
                Outside::Server => {}
                Outside::Database(name) if names.contains(&name) || NEVER.contains(&name.as_str()) => {}
                Outside::Database(name) => names.push(name),
                Outside::NewDatabase(name) => made.push(name),
            }
        }
    }
    names.retain(|name| !made.contains(name));
    because.map(|because| Alone { database, history, fixture, because, names })
}

/// Describes any history for a separate server, even one that changes nothing outside its database.
pub(super) fn alone_at_will<'a>(
    database: &'a Database,
    history: &'a History,
    fixture: Option<&'a Fixture>,
) -> Alone<'a> {
    let plain = Alone { database, history, fixture, because: String::new(), names: Vec::new() };
    alone(database, history, fixture).unwrap_or(plain)
}

impl Sandbox {
    /// Creates a filled database on a separate server.
    pub(super) async fn scratch_alone(&self, alone: &Alone<'_>) -> Result<(Address, Server), Error> {
        let server = self.host()?.another(&alone.because).await?;
        let address = build_on(&server, alone).await?;
        Ok((address, server))
    }
}

/// Creates and fills the database on an empty server.
pub(super) async fn build_on(server: &Server, alone: &Alone<'_>) -> Result<Address, Error> {
    let wait = Duration::from_secs(5);
    let address = postgres::on_server(server.options(), alone.names.first().map_or(UNNAMED, String::as_str));
    let others = alone.names.iter().skip(1).map(|name| address.sibling(name));
    for address in std::iter::once(address.clone()).chain(others) {
        // Opening a durable connection creates the database.
        Connection::open(&address, Access::Write(Durability::Configured), wait).await?.close().await?;
    }
    let mut connection = Connection::open(&address, Access::Write(Durability::None), wait).await?;
    let filled = fill(&mut connection, alone.database, alone.history, alone.fixture).await;
    connection.close_with(filled).await?;
    Ok(address)
}
