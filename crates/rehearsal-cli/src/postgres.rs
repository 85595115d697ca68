//! Where PostgreSQL comes from: a server that the environment names, else one of our own from the binaries of this machine.

use super::args::PostgresInstallArgs;
use super::context::Context;
use super::error::Error;
use super::target::from_environment;
use rehearsal::Exit;
use rehearsal::sandbox::{Host, NoHost};
use rehearsal::workspace::Fixture;
use rehearsal_db::{Engine, PostgresAddress};
use rehearsal_postgres::{self as server, Binaries, Hints};
use std::path::{Path, PathBuf};

/// The variable that names a server on which databases may be made.
const SERVER: &str = "REHEARSAL_POSTGRES_URL";

/// What the environment says of PostgreSQL.
pub(super) fn hints() -> Hints {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = || home().map(|home| home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }));
    Hints {
        pg_bin: std::env::var_os("PG_BIN").filter(|path| !path.is_empty()).map(PathBuf::from),
        path: std::env::var_os("PATH"),
        cache: cache.or_else(usual).unwrap_or_else(|| Path::new(".cache").to_owned()),
        temp: std::env::temp_dir(),
    }
}

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

impl Context<'_> {
    fn fixture_bytes(&self) -> u64 {
        let on_server = self.workspace.databases.iter().filter(|database| database.engine == Engine::Postgres);
        let rows = on_server.flat_map(|database| &database.fixtures).flat_map(Fixture::rows);
        rows.filter_map(|rows| std::fs::metadata(rows.path).ok()).map(|file| file.len()).sum()
    }

    /// A server for scratch databases, or why there is none.
    pub(super) async fn host(&self) -> Result<Result<Host, NoHost>, Error> {
        if let Some((url, origin)) = from_environment(SERVER)? {
            let server = PostgresAddress::server(&url);
            let server = server.map_err(|error| Error::UrlFrom { origin: origin.clone(), error })?;
            return Ok(Host::given(server, &origin).await);
        }
        let mut hints = hints();
        hints.temp = in_memory(self.fixture_bytes()).unwrap_or(hints.temp);
        match Binaries::find(&hints)? {
            Some(binaries) => Ok(Ok(Host::own(binaries, hints).await?)),
            None => Ok(Err(NoHost::Absent)),
        }
    }
}

/// `postgres install`.
pub(super) fn install(context: &Context<'_>, args: &PostgresInstallArgs) -> Result<Exit, Error> {
    let binaries = server::install(args.major, &hints())?;
    context.terminal.result(&format!("PostgreSQL {}\n  {}", binaries.version, binaries.folder.display()));
    Ok(Exit::Ok)
}

/// Sees to it that there is a PostgreSQL on this machine, for the tests.
pub(super) fn provide(context: &Context<'_>) -> Result<(), Error> {
    let hints = hints();
    if Binaries::find(&hints)?.is_none() {
        context.terminal.note("there is no PostgreSQL on this machine: fetching a private copy");
        server::install(None, &hints)?;
    }
    Ok(())
}
