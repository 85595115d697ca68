//! Removes the servers of killed processes, and initialised data directories that have not been used for two weeks.
//! Every start of a server calls [`sweep`] first.

use super::home::Home;
use super::postmaster::{AT_ONCE, Ending, Postmaster};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The file that a server's owner keeps locked while it lives.
pub(super) const OWNER: &str = "owner.lock";

/// The age at which a server's folder without a lock file counts as abandoned. A living owner creates the lock file
/// within its next two system calls.
const CLAIMING_TAKES: Duration = Duration::from_secs(60);
/// The age at which an unfinished folder counts as abandoned. An `initdb` takes 1 to 2 s, a copy of the binaries less.
const BUILDING_TAKES: Duration = Duration::from_secs(600);
/// The age, since its last use, at which an initialised data directory is removed. The next server recreates it.
const CLUSTER_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Removes all abandoned folders. Ignores errors, because no command should fail for a sweep; the next sweep tries
/// again.
pub(super) fn sweep(home: &Home) {
    for folder in paths(&home.servers()) {
        // Held until the folder is removed, so that no other process sweeps it concurrently.
        let lock = File::open(folder.join(OWNER));
        let dead = match &lock {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => is_older(&folder, CLAIMING_TAKES),
        };
        if dead {
            if let Some(postmaster) = Postmaster::of(&folder.join("data")) {
                postmaster.end(Ending::Immediate, AT_ONCE);
            }
            drop(fs::remove_dir_all(&folder));
        }
    }
    for path in paths(&home.clusters()) {
        if path.extension().is_some() && is_older(&path, CLUSTER_LIFE) && is_free(&path) {
            drop(fs::remove_dir_all(path.with_extension("")));
            drop(fs::remove_file(&path));
        }
    }
    for path in paths(&home.clusters()).into_iter().chain(paths(&home.binaries())) {
        if is_building(&path) && is_older(&path, BUILDING_TAKES) {
            drop(fs::remove_dir_all(&path));
        }
    }
}

fn is_free(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|lock| lock.try_lock().is_ok())
}

fn is_building(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("building-"))
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn is_older(path: &Path, than: Duration) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    modified.and_then(|modified| SystemTime::now().duration_since(modified).ok()).is_some_and(|age| age > than)
}
