//! SQLite: a database is one file, with one writer at a time. [`file()`] and [`new_file`] return its address.

mod address;
mod bodies;
mod connection;
mod constraints_off;
mod counters;
mod crash;
mod defaults;
mod dialect;
mod digest;
mod driver;
mod explain;
mod holders;
mod insertable;
mod ledger;
mod literal;
mod locate;
mod lock;
mod missing;
mod moments;
mod nul;
mod order;
mod parameters;
mod rebuild;
mod references;
mod refusal;
mod schema;
mod session;
mod stale;
mod store;
mod strict;
mod table;
mod values;

use crate::{Address, Mode};
use address::SqliteAddress;
use std::path::Path;

/// The dialect of this engine.
pub(super) static DIALECT: dialect::SqliteDialect = dialect::SqliteDialect;

/// The address of a file that must exist.
#[must_use]
pub fn file(path: &Path) -> Address {
    Address::new(SqliteAddress::new(path, Mode::Write))
}

/// The address of a file that is created, with its folder, if it is missing.
#[must_use]
pub fn new_file(path: &Path) -> Address {
    Address::new(SqliteAddress::new(path, Mode::Create))
}
