//! Where PostgreSQL comes from: a server that the environment names, else one of our own from the binaries of this machine.

use super::context::Context;
use super::error::Error;
use super::target::from_environment;
use crate::engine::{Address, Engine};
use crate::postgres_server::{Binaries, Hints, Server};
use crate::sandbox::Host;
use std::path::{Path, PathBuf};

/// The variable that names a server on which databases may be made.
const SERVER: &str = "XTASK_POSTGRES_URL";

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

impl Context<'_> {
    /// A server for scratch databases; none where this machine has no PostgreSQL.
    pub(super) async fn host(&self) -> Result<Option<Host>, Error> {
        if let Some((url, origin)) = from_environment(SERVER)? {
            let address = Address::parse(Engine::Postgres, &url).map_err(|error| Error::UrlFrom { origin, error })?;
            return Ok(match address {
                Address::Postgres(server) => Some(Host::given(server.options().clone())),
                Address::Sqlite(_) => None,
            });
        }
        let hints = hints();
        match Binaries::find(&hints)? {
            Some(binaries) => Ok(Some(Host::own(Server::start(&binaries, &hints).await?))),
            None => Ok(None),
        }
    }
}
