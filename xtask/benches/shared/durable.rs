//! A server that flushes every commit to disk, as in production. Commits of a throwaway server cost almost nothing.

use rehearsal_postgres::{Binaries, Hints, Kept};
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Starts a server with its data in `folder`. The server runs until [`Kept::stop`].
pub(crate) async fn start(folder: &Path) -> Result<Kept, Box<dyn Error>> {
    let cache = env::var_os("HOME").map_or_else(env::temp_dir, PathBuf::from).join(".cache");
    let hints = Hints { pg_bin: None, path: env::var_os("PATH"), cache, temp: env::temp_dir() };
    let binaries = Binaries::find(&hints)?.ok_or("no PostgreSQL: run `cargo xtask postgres install`")?;
    Ok(Kept::start(&binaries, &hints, folder).await?)
}
