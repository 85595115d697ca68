//! Where scratch databases of PostgreSQL are made: a server that the environment names, else one of our own from the binaries of
//! this machine.

use crate::environment::{hints, variable};
use crate::error::Error;
use rehearsal::sandbox::{Host, NoHost};
use rehearsal::workspace::{Database, Fixture};
use rehearsal_db::postgres;
use rehearsal_postgres::Binaries;
use std::path::PathBuf;

/// The variable that names a server on which databases may be made.
const SERVER: &str = "REHEARSAL_POSTGRES_URL";

/// A file system in memory, where there is one with room enough for scratch databases of fixtures of so many bytes: making a
/// database there takes a fraction of the time that it takes on a disk.
fn in_memory(fixtures: u64) -> Option<PathBuf> {
    const FOLDER: &str = "/dev/shm";
    const KIB: u64 = 1024;
    // A server and a dozen empty databases take about 150 MiB; a fixture is there several times at once.
    let needed = 1024 * KIB * KIB + 20 * fixtures;
    let told = duct::cmd!("df", "-Pk", FOLDER).stderr_null().read().ok()?;
    let free: u64 = told.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    (free * KIB > needed).then(|| PathBuf::from(FOLDER))
}

/// A server for the scratch databases of these, or why there is none.
pub(crate) async fn host(databases: &[Database]) -> Result<Result<Host, NoHost>, Error> {
    if let Some((url, origin)) = variable(SERVER)? {
        let server = postgres::server(&url);
        let server = server.map_err(|error| Error::UrlFrom { origin: origin.clone(), error })?;
        return Ok(Host::given(server, &origin).await);
    }
    let mut hints = hints();
    hints.temp = in_memory(fixture_bytes(databases)).unwrap_or(hints.temp);
    match Binaries::find(&hints)? {
        Some(binaries) => Ok(Ok(Host::own(binaries, hints).await?)),
        None => Ok(Err(NoHost::Absent)),
    }
}

fn fixture_bytes(databases: &[Database]) -> u64 {
    let on_server = databases.iter().filter(|database| database.engine.storage().is_server());
    let rows = on_server.flat_map(|database| &database.fixtures).flat_map(Fixture::rows);
    rows.filter_map(|rows| std::fs::metadata(rows.path).ok()).map(|file| file.len()).sum()
}
