//! Scratch databases: copies that proofs work on.

use super::{Error, Sandbox, Template};
use crate::engine::{self, Address, Connection, Target};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A database that this tool made, and drops when it has served.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    target: Target,
    /// The beginning of the names of copies that are kept.
    kept: PathBuf,
}

impl Sandbox {
    /// A copy of a template, named after what it is for.
    ///
    /// # Errors
    /// [`engine::Error::Io`].
    pub fn scratch(&self, template: &Template, name: &str) -> Result<Scratch, Error> {
        self.copy(&template.path, name)
    }

    /// A copy of a scratch database as it is now. No connection to that may be in a transaction.
    ///
    /// # Errors
    /// [`engine::Error::Io`].
    pub fn snapshot(&self, of: &Scratch, name: &str) -> Result<Scratch, Error> {
        self.copy(&of.path, name)
    }

    /// A path in this process's folder that nothing has yet.
    pub(super) fn unused(&self, name: &str) -> PathBuf {
        self.own.path().join(format!("{name}-{}.db", NUMBER.fetch_add(1, Ordering::Relaxed)))
    }

    fn copy(&self, from: &Path, name: &str) -> Result<Scratch, Error> {
        let path = self.unused(name);
        // Where the file system shares blocks between copies, this does.
        fs::copy(from, &path).map_err(|source| engine::Error::Io { what: "copy", path: from.to_owned(), source })?;
        let unique = self.own.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let kept = self.kept().join(format!("{}-{name}", unique.trim_start_matches(super::sweep::PROCESS)));
        Ok(Scratch { target: Target::of_copy(&path), path, kept })
    }
}

impl Scratch {
    /// The database, for the functions that work on any.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Opens it.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn open(&self) -> Result<Connection, Error> {
        Ok(self.target.open().await?)
    }

    /// Keeps a copy of it for a person to look at, and returns its URL.
    ///
    /// # Errors
    /// [`engine::Error::Io`].
    pub fn keep(&self) -> Result<String, Error> {
        let mut kept = self.kept.clone().into_os_string();
        kept.push(format!("-{}.db", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let kept = PathBuf::from(kept);
        fs::copy(&self.path, &kept).map_err(|source| engine::Error::Io {
            what: "copy",
            path: self.path.clone(),
            source,
        })?;
        Ok(Address::file(&kept).url())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The whole folder goes when this process ends; this only frees the space sooner.
        drop(fs::remove_file(&self.path));
    }
}
