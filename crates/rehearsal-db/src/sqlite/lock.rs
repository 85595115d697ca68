//! The lock of a SQLite database: an advisory lock on a file next to it. SQLite has no lock that outlives a
//! transaction, and sqlx's own `Migrate::lock` does nothing on SQLite.

use super::holders::holders;
use crate::{Error, Holder, HolderKind};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(20);

/// A lock that the system releases when its process ends for any reason.
#[derive(Debug)]
pub(crate) struct FileLock {
    /// Closing it releases the lock.
    _file: File,
    path: PathBuf,
}

impl FileLock {
    pub(crate) async fn take(
        database: &Path,
        wait: Duration,
        waiting: &(dyn Fn(String) + Sync),
    ) -> Result<Self, Error> {
        // The lock is the same file for every path and link to the database.
        let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = database
            .canonicalize()
            .or_else(|_| Ok(folder.canonicalize()?.join(database.file_name().unwrap_or_default())));
        let mut path = real.unwrap_or_else(|_: io::Error| database.to_owned()).into_os_string();
        path.push("-rehearsal.lock");
        let path = PathBuf::from(path);
        let deadline = Instant::now() + wait;
        let mut told = false;
        loop {
            let (mut file, locked) = try_lock(database, &path)?;
            if locked && is_still_there(&file, &path) {
                let written = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                // The process id is only for the message of a waiting process, which works without it.
                drop(written);
                return Ok(Self { _file: file, path });
            }
            if !locked && !told {
                told = true;
                waiting(describe(&mut file));
            }
            if Instant::now() >= deadline {
                return Err(Error::Locked {
                    holders: holders(database),
                    waited: wait,
                    place: database.display().to_string(),
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // The lock is still held here. A process that has already opened the file sees that it was removed and opens
        // a new one.
        drop(std::fs::remove_file(&self.path));
    }
}

fn try_lock(database: &Path, path: &Path) -> Result<(File, bool), Error> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Error::ReadOnly {
            place: database.display().to_string(),
            why: format!("its folder is not writable: {source}"),
        },
        _ => Error::Io { what: "lock", path: path.to_owned(), source },
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok((file, true)),
        Err(TryLockError::WouldBlock) => Ok((file, false)),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Whether the locked file still exists at its path. Another process may have removed it after this one opened it;
/// then the lock would exclude no process.
fn is_still_there(file: &File, path: &Path) -> bool {
    same_file::Handle::from_file(match file.try_clone() {
        Ok(file) => file,
        Err(_) => return false,
    })
    .and_then(|held| Ok(held == same_file::Handle::from_path(path)?))
    .unwrap_or(false)
}

fn describe(file: &mut File) -> String {
    let mut text = String::new();
    drop(file.rewind().and_then(|()| file.read_to_string(&mut text)));
    text.trim().parse().map_or_else(
        |_| "another process".to_owned(),
        |pid| {
            Holder { kind: HolderKind::Process, pid, program: format!("another {}", crate::command::name()) }
                .to_string()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lock_is_the_same_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.db"), folder.path().join("link.db"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let quiet = |_: String| {};
        let held = FileLock::take(&file, Duration::ZERO, &quiet).await.unwrap();
        assert!(matches!(FileLock::take(&link, Duration::ZERO, &quiet).await, Err(Error::Locked { .. })));
        assert!(matches!(FileLock::take(&file, Duration::ZERO, &quiet).await, Err(Error::Locked { .. })));
        drop(held);
        drop(FileLock::take(&link, Duration::ZERO, &quiet).await.unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "the lock file is removed");
    }
}
