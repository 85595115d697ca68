//! Chooses the PostgreSQL server for scratch databases: the server that `REHEARSAL_POSTGRES_URL` names, otherwise a
//! private one from the binaries of this machine. [`host`] starts it, and [`Servers`] describes it.

use crate::environment::{hints, variable};
use crate::error::Error;
use rehearsal::sandbox::{Host, NoHost};
use rehearsal::workspace::{Database, Fixture};
use rehearsal_db::{Engine, postgres};
use rehearsal_postgres::Binaries;
use std::path::PathBuf;

/// The variable that names a server on which databases may be created.
const SERVER: &str = "REHEARSAL_POSTGRES_URL";

/// Returns a file system in memory with enough space for fixtures of that many bytes, on which databases are created
/// much faster than on a disk. `None` if there is none.
fn in_memory(fixtures: u64) -> Option<PathBuf> {
    const FOLDER: &str = "/dev/shm";
    const KIB: u64 = 1024;
    // A server and a dozen empty databases take about 150 MiB. Several copies of a fixture exist at the same time.
    let needed = 1024 * KIB * KIB + 20 * fixtures;
    let output = duct::cmd!("df", "-Pk", FOLDER).stderr_null().read().ok()?;
    let free: u64 = output.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    (free * KIB > needed).then(|| PathBuf::from(FOLDER))
}

/// Returns a server for the scratch databases of these databases, or the reason why there is none.
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

/// True if the environment names a server for scratch databases.
pub(crate) fn names_a_server() -> Result<bool, Error> {
    Ok(variable(SERVER)?.is_some())
}

/// The servers of a rehearsal, as far as its results depend on them.
pub(crate) struct Servers {
    postgres: Option<String>,
}

impl Servers {
    /// Describes the server that [`host`] would choose, without starting it. A server that does not answer has no
    /// description.
    pub(crate) async fn describe(databases: &[&Database]) -> Result<Self, Error> {
        if !databases.iter().any(|database| database.engine.storage().is_server()) {
            return Ok(Self { postgres: None });
        }
        if let Some((url, _)) = variable(SERVER)? {
            let described = match postgres::server(&url) {
                Ok(server) => server.server().await.ok(),
                Err(_) => None,
            };
            return Ok(Self { postgres: described });
        }
        // The settings of a private server are part of this program.
        let found = Binaries::find(&hints())?;
        Ok(Self { postgres: found.map(|found| format!("{} in {}", found.version, found.folder.display())) })
    }

    /// Returns the description of an engine's server: empty if the engine needs none, `None` if there is no server.
    pub(crate) fn of(&self, engine: Engine) -> Option<&str> {
        if engine.storage().is_server() { self.postgres.as_deref() } else { Some("") }
    }
}

fn fixture_bytes(databases: &[Database]) -> u64 {
    let on_server = databases.iter().filter(|database| database.engine.storage().is_server());
    let rows = on_server.flat_map(|database| &database.fixtures).flat_map(Fixture::rows);
    rows.filter_map(|rows| std::fs::metadata(rows.path).ok()).map(|file| file.len()).sum()
}
