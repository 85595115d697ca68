//! `postgres install`: installs a private copy of PostgreSQL.

use crate::args::PostgresInstallArgs;
use crate::environment::{self, hints};
use crate::error::Error;
use crate::host::names_a_server;
use crate::terminal::Terminal;
use rehearsal::Exit;
use rehearsal::workspace::Database;
use rehearsal_postgres::{self as server, Binaries};

/// Installs PostgreSQL and prints its version and folder.
pub(super) fn install(terminal: &Terminal, args: &PostgresInstallArgs) -> Result<Exit, Error> {
    let binaries = server::install(args.major, &hints())?;
    terminal.result(&format!("PostgreSQL {}\n  {}", binaries.version, binaries.folder.display()));
    Ok(Exit::Ok)
}

/// Installs PostgreSQL if it is missing.
pub(super) fn provide(terminal: &Terminal) -> Result<(), Error> {
    let hints = hints();
    if Binaries::find(&hints)?.is_none() {
        terminal.note("PostgreSQL is not installed on this machine: installing a private copy (25 MB)");
        server::install(None, &hints)?;
    }
    Ok(())
}

/// Installs PostgreSQL if databases need it, it is missing and nothing forbids it. A failure is printed: it leaves out
/// databases, which the report names.
pub(super) fn provide_for(terminal: &Terminal, databases: &[&Database], no_install: bool) -> Result<(), Error> {
    let is_needed = databases.iter().any(|database| database.engine.storage().is_server());
    if !is_needed || no_install || environment::is_offline() || names_a_server()? {
        return Ok(());
    }
    if let Err(error) = provide(terminal) {
        terminal.note(&format!("{} {error}", terminal.err().warning("PostgreSQL could not be installed:")));
    }
    Ok(())
}
