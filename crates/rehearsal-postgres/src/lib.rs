//! PostgreSQL servers for machines where no server is set up.
//!
//! [`Binaries::find`] finds an installation and [`install()`] downloads a private copy of one. [`Server::start`]
//! starts a server that lives as long as this process; [`Kept::start`] starts one that outlives it, for development
//! databases.
//!
//! This crate starts and stops servers but does not manage the databases in them. It never reads the environment:
//! callers pass settings as [`Hints`].

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

/// The oldest supported major version.
pub const OLDEST: u32 = 13;

/// Settings from the environment: where to look for programs, and where to write files.
#[derive(Debug, Clone)]
pub struct Hints {
    /// `PG_BIN`: the folder of the binaries. If it is set, no other folder is tried.
    pub pg_bin: Option<PathBuf>,
    /// `PATH`: the folders to search for binaries, package managers and system commands.
    pub path: Option<OsString>,
    /// The user's cache folder, which contains the private copies of the binaries.
    pub cache: PathBuf,
    /// The folder for temporary files, which contains the data of servers.
    pub temp: PathBuf,
}

#[cfg(test)]
mod tests;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
