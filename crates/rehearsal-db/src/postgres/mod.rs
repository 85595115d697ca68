//! PostgreSQL: databases on a server, reached by a URL.

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
mod host;
mod insertable;
mod ledger;
mod literal;
mod lock;
mod missing;
mod order;
mod outside_transaction;
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
mod values;
mod waits;

use crate::{Address, Error, Store};
use address::PostgresAddress;
use sqlx::postgres::PgConnectOptions;

/// What is special about this engine.
pub(super) static DIALECT: dialect::PostgresDialect = dialect::PostgresDialect;

/// The address of a database on a server that is reached with these options. It is created where it is missing.
#[must_use]
pub fn on_server(options: PgConnectOptions, database: &str) -> Address {
    PostgresAddress::on_server(options).sibling(database)
}

/// Reads the URL of a server: the database that it names, `postgres` where it names none, is the one from which others are
/// made.
///
/// # Errors
/// [`Error::WrongEngine`] for another engine's URL, [`Error::BadUrl`] for a malformed one.
pub fn server(url: &str) -> Result<Address, Error> {
    PostgresAddress::server(url).map(Address::new)
}
