//! [`sweep`] removes folders of killed processes, templates that were not used for two weeks, and old kept copies.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The file that a living process keeps locked.
pub(super) const OWNER: &str = "owner.lock";
/// The name prefix of the folders of processes.
pub(super) const PROCESS: &str = "process-";

/// Age after which a folder without a lock file is abandoned: its owner creates the file within a few system calls.
const CLAIMING_TAKES: Duration = Duration::from_secs(60);
/// Templates are removed if they were not used for this long, and rebuilt when needed.
const TEMPLATE_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);
/// Maximum number of kept copies of failures.
const KEPT: usize = 20;

/// Removes abandoned files. Files that cannot be removed stay until the next sweep, which never fails.
pub(super) fn sweep(root: &Path) {
    for folder in paths(&root.join("scratch")) {
        if is_dead(&folder) {
            drop(fs::remove_dir_all(&folder));
        }
    }
    for template in paths(&root.join("templates")) {
        let life =
            if template.extension().is_some_and(|ending| ending == "db") { TEMPLATE_LIFE } else { CLAIMING_TAKES * 60 };
        if age(&template).is_some_and(|age| age > life) {
            drop(fs::remove_file(&template));
        }
    }
    let mut kept = paths(&root.join("kept"));
    kept.sort_by_key(|path| age(path));
    for path in kept.iter().skip(KEPT) {
        drop(fs::remove_file(path));
    }
}

fn is_dead(folder: &Path) -> bool {
    match File::open(folder.join(OWNER)) {
        Ok(owner) => owner.try_lock().is_ok(),
        Err(_) => age(folder).is_some_and(|age| age > CLAIMING_TAKES),
    }
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn age(path: &Path) -> Option<Duration> {
    SystemTime::now().duration_since(fs::metadata(path).ok()?.modified().ok()?).ok()
}
