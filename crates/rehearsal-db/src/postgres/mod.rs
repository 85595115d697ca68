//! PostgreSQL: databases on a server, with a URL as their address. [`server`] parses the URL of a server;
//! [`on_server`] is for servers that the library started.

mod address;
mod bodies;
mod cluster_objects;
mod connect;
mod connection;
mod constraints_off;
mod crash;
mod databases;
mod defaults;
mod dialect;
mod digest;
mod driver;
mod enum_labels;
mod explain;
mod extensions;
mod host;
mod idle;
mod insertable;
mod ledger;
mod literal;
mod lock;
mod maintenance;
mod missing;
mod order;
mod outside_transaction;
mod places;
mod pressure;
mod privileges;
mod references;
mod refusal;
mod schema;
mod session;
mod session_state;
mod settings;
mod store;
mod types;
mod unit;
mod values;
mod waits;

use crate::{Address, Error, Object, Store};
use address::PostgresAddress;
use sqlx::postgres::PgConnectOptions;

/// The dialect of this engine.
pub(super) static DIALECT: dialect::PostgresDialect = dialect::PostgresDialect;

/// The address of a database on the server with these options. It is created if it is missing.
#[must_use]
pub fn on_server(options: PgConnectOptions, database: &str) -> Address {
    PostgresAddress::on_server(options).sibling(database)
}

/// Parses the URL of a server. The database that it names (`postgres` by default) is the one from which others are
/// created.
///
/// # Errors
/// [`Error::WrongEngine`] for a URL of another engine, [`Error::BadUrl`] for a malformed one.
pub fn server(url: &str) -> Result<Address, Error> {
    PostgresAddress::server(url).map(Address::new)
}

/// Reads a definition from the catalog: the object, and its columns among `names`. Public only for the fuzz targets,
/// which have no server.
#[doc(hidden)]
#[must_use]
pub fn read_definition(label: &str, definition: &str, names: &[String]) -> (Object, Vec<String>) {
    (schema::object(label, definition, None), insertable::mentioned(definition, names))
}
