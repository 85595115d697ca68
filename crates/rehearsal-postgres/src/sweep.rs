//! Removes what processes that were killed left behind, and initialised data directories that nobody used for long.

use super::home::Home;
use super::postmaster::{AT_ONCE, Ending, Postmaster};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The file that a living owner has locked.
pub(super) const OWNER: &str = "owner.lock";

/// A folder without a lock file is younger than its owner's next two system calls, or its owner was killed between them.
const CLAIMING_TAKES: Duration = Duration::from_secs(60);
/// An `initdb` takes a second or two, and a copy of the binaries less.
const BUILDING_TAKES: Duration = Duration::from_secs(600);
/// What was not used for so long is made again when it is needed again.
const CLUSTER_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Sweeps. What can't be removed stays for the next time: sweeping is never a reason to fail.
pub(super) fn sweep(home: &Home) {
    for folder in paths(&home.servers()) {
        // Held until the folder is gone, so that nobody else sweeps it at the same time.
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
