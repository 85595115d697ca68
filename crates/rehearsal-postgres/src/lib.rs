//! PostgreSQL servers of our own, for machines on which nobody set one up: finding the binaries, a server that lives as long
//! as the process that started it, one that is kept for development databases, and a private copy of the binaries.
//!
//! What happens inside of a server is no subject of this module, and nothing here reads the environment: what comes from it
//! is handed in as [`Hints`].

mod account;
mod address;
mod binaries;
mod cluster;
mod command;
mod command_name;
mod error;
mod home;
mod install;
mod kept;
mod mirror;
mod pinned;
mod postmaster;
mod server;
mod sweep;

pub use binaries::{Binaries, Origin};
pub use command_name::set_command_name;
pub use error::Error;
pub use install::install;
pub use kept::Kept;
pub use server::Server;

use std::ffi::OsString;
use std::path::PathBuf;

/// The oldest major version that the tool works with.
pub const OLDEST: u32 = 13;

/// What the environment says, and where things may be put.
#[derive(Debug, Clone)]
pub struct Hints {
    /// `PG_BIN`: the folder with the binaries. What it names is used, or it is an error.
    pub pg_bin: Option<PathBuf>,
    /// `PATH`: where binaries, clients of package registries and the usual commands are looked for.
    pub path: Option<OsString>,
    /// The user's cache folder, below which a private copy of the binaries lies.
    pub cache: PathBuf,
    /// The folder for temporary files, below which the data of servers lie.
    pub temp: PathBuf,
}

#[cfg(test)]
mod tests;

/// The examples of the README, which compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
