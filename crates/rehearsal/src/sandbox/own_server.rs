//! Histories that change more than their database: they make roles or databases, or name the database in which they run.
//! Each throwaway database of such a history is alone on a server of its own, under the name that the history gives it.

use super::filling::fill;
use super::{Error, Sandbox};
use crate::migration::History;
use crate::workspace::{Database, Fixture};
use rehearsal_db::lex::position;
use rehearsal_db::{Access, Address, Connection, Durability, Outside, postgres};
use rehearsal_postgres::Server;
use std::path::Path;
use std::time::Duration;

/// The name of a database that the history does not name.
const UNNAMED: &str = "rehearsal-scratch";
/// Databases that every server has and nobody works in.
const NEVER: [&str; 2] = ["template0", "template1"];

/// What a history changes beyond its database.
#[derive(Debug, Clone)]
pub(super) struct Alone<'a> {
    database: &'a Database,
    history: &'a History,
    fixture: Option<&'a Fixture>,
    /// The first statement of that kind, and where it stands.
    pub(super) because: String,
    /// The databases that are named: the first is the one in which the history runs.
    names: Vec<String>,
}

/// What a history and its setup change beyond the database; none where they don't.
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

/// The same of a history that changes nothing else, to be alone nevertheless.
pub(super) fn alone_at_will<'a>(
    database: &'a Database,
    history: &'a History,
    fixture: Option<&'a Fixture>,
) -> Alone<'a> {
    let plain = Alone { database, history, fixture, because: String::new(), names: Vec::new() };
    alone(database, history, fixture).unwrap_or(plain)
}

impl Sandbox {
    /// A database on a server of its own, with what the template has in it.
    pub(super) async fn scratch_alone(&self, alone: &Alone<'_>) -> Result<(Address, Server), Error> {
        let server = self.host()?.another(&alone.because).await?;
        let address = build_on(&server, alone).await?;
        Ok((address, server))
    }
}

/// Makes the database on a server that has nothing on it.
pub(super) async fn build_on(server: &Server, alone: &Alone<'_>) -> Result<Address, Error> {
    let wait = Duration::from_secs(5);
    let address = postgres::on_server(server.options(), alone.names.first().map_or(UNNAMED, String::as_str));
    let beside = alone.names.iter().skip(1).map(|name| address.sibling(name));
    for address in std::iter::once(address.clone()).chain(beside) {
        // A database that somebody may connect to is made by opening it.
        Connection::open(&address, Access::Write(Durability::Configured), wait).await?.close().await?;
    }
    let mut connection = Connection::open(&address, Access::Write(Durability::None), wait).await?;
    let filled = fill(&mut connection, alone.database, alone.history, alone.fixture).await;
    connection.close_with(filled).await?;
    Ok(address)
}
