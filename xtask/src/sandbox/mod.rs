//! Throwaway databases. A template is built once from migrations and a fixture and kept, addressed by the hash of all that
//! went into it; a scratch database is a copy of one. Nothing outside this module can make a [`Scratch`], so that a proof,
//! which takes nothing else, can't be handed a database that somebody cares for.

mod error;
mod scratch;
mod sweep;
mod template;

pub use error::Error;
pub use scratch::Scratch;
pub use template::Template;

use crate::engine;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The sandbox of one process: a folder of its own for scratch databases, beside those of other processes.
#[derive(Debug)]
pub struct Sandbox {
    root: PathBuf,
    own: TempDir,
    /// Held as long as this process lives: a folder whose owner's lock can be had belongs to a dead process.
    _owner: File,
}

impl Sandbox {
    /// Makes this process's part below `root` (usually `target/xtask`), and sweeps what dead processes left there.
    ///
    /// # Errors
    /// [`engine::Error::Io`].
    pub fn open(root: &Path) -> Result<Self, Error> {
        let scratch = root.join("scratch");
        for folder in [&scratch, &root.join("templates"), &root.join("kept")] {
            fs::create_dir_all(folder).map_err(|source| engine::Error::Io {
                what: "create",
                path: folder.clone(),
                source,
            })?;
        }
        sweep::sweep(root);
        let failed = |source| engine::Error::Io { what: "write into", path: scratch.clone(), source };
        let own = tempfile::Builder::new().prefix(sweep::PROCESS).tempdir_in(&scratch).map_err(failed)?;
        // Locked under another name first: whoever sees the name must find the lock held.
        let (claiming, claimed) = (own.path().join("claiming.lock"), own.path().join(sweep::OWNER));
        let owner = File::create(&claiming).map_err(failed)?;
        owner.try_lock().map_err(|error| failed(error.into()))?;
        fs::rename(&claiming, &claimed).map_err(failed)?;
        Ok(Self { root: root.to_owned(), own, _owner: owner })
    }

    fn templates(&self) -> PathBuf {
        self.root.join("templates")
    }

    fn kept(&self) -> PathBuf {
        self.root.join("kept")
    }
}
