//! `postgres install`: installs a private copy of PostgreSQL.

use crate::args::PostgresInstallArgs;
use crate::context::Context;
use crate::environment::hints;
use crate::error::Error;
use crate::terminal::Terminal;
use rehearsal::Exit;
use rehearsal_postgres::{self as server, Binaries};

/// Installs PostgreSQL and prints its version and folder.
pub(super) fn install(terminal: &Terminal, args: &PostgresInstallArgs) -> Result<Exit, Error> {
    let binaries = server::install(args.major, &hints())?;
    terminal.result(&format!("PostgreSQL {}\n  {}", binaries.version, binaries.folder.display()));
    Ok(Exit::Ok)
}

/// Installs PostgreSQL if it is missing, for the tests.
pub(super) fn provide(context: &Context<'_>) -> Result<(), Error> {
    let hints = hints();
    if Binaries::find(&hints)?.is_none() {
        context.terminal.note("PostgreSQL is not installed on this machine: installing a private copy");
        server::install(None, &hints)?;
    }
    Ok(())
}
