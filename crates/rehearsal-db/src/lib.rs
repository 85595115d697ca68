//! Everything that differs between database engines: addresses, connections, locks, the lexer for SQL, catalogs and
//! digests. The other crates talk to a database through [`Connection`] and do not depend on its engine. An engine
//! implements [`Dialect`], [`Store`], [`Session`] and [`Driver`] in its own folder.

mod address;
mod catalog;
mod cluster_objects;
pub mod command;
mod commit_hook;
mod connection;
mod constraints_off;
mod copy;
mod crash;
mod dialect;
mod digest;
mod driver;
mod dropped;
mod enum_types;
mod error;
mod foreign_words;
pub mod insertable;
mod lease;
pub mod lex;
mod literal;
mod lock;
mod masked;
mod migration_table;
mod missing;
mod offenders;
pub mod postgres;
mod pressure;
mod refusal;
mod registry;
mod retry;
mod rows_of;
mod script;
mod script_facts;
mod session;
mod session_state;
pub mod sqlite;
mod store;
mod table_lock;
mod target;
mod transaction_control;
mod value;
mod volatile;

pub use address::{Address, Mode};
pub use catalog::{ColumnShape, Kind, Seen};
pub use catalog::{
    Counter, Extent, Frozen, Object, OnDelete, Reference, Reuse, RowAccess, SQLX_TABLE, Schema, SeenRows, Sequence,
    Stale, TableShape, is_bookkeeping,
};
pub use cluster_objects::Outside;
pub use commit_hook::{Commit, CommitHook, CommitPhase};
pub use connection::{Access, Connection, Durability};
pub use copy::{positions_of_parts, run_rows};
pub use crash::Journal;
pub use dialect::{Dialect, Storage};
pub use digest::TableDigest;
pub use driver::{Driver, Fetched, Found, Key, Page, PageError, UnitOrder, Which};
pub use dropped::Dropped;
pub use error::{Error, Holder, HolderKind, MissingPrivilege};
pub use foreign_words::Whose;
pub use lock::{Lock, Sharing};
pub use masked::masked;
pub use migration_table::{MigrationTable, schema_named};
pub use missing::Missing;
pub use pressure::Pressure;
pub use refusal::{Broken, Refusal};
pub use registry::Engine;
pub use retry::Retries;
pub use script::{Around, Remains, run_script};
pub use session::{Session, Settings};
pub use store::{Claim, HeldLock, Store};
pub use table_lock::{Blocks, TableLock};
pub use target::Target;
pub use transaction_control::TransactionControl;
pub use value::{Row, Rows, Value};
pub use volatile::{Source, VolatileDefault};

/// The examples of the README, compiled as doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
