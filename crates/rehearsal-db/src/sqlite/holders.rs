//! The processes that have a database file open, from `/proc`. On other systems, and for processes of other users,
//! there are none.

use crate::{Holder, HolderKind};
use std::fs;
use std::path::{Path, PathBuf};

/// The other processes that have the database file, its rollback journal or its write-ahead log open, by process id.
pub(super) fn holders(database: &Path) -> Vec<Holder> {
    let Ok(database) = database.canonicalize() else { return Vec::new() };
    let files: Vec<PathBuf> = ["", "-wal", "-journal"]
        .iter()
        .map(|ending| {
            let mut name = database.clone().into_os_string();
            name.push(ending);
            name.into()
        })
        .collect();
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<Holder> = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id() && opens(*pid, &files))
        .map(|pid| Holder { kind: HolderKind::Process, pid, program: program(pid) })
        .collect();
    found.sort_by_key(|holder| holder.pid);
    found
}

fn opens(pid: u32, files: &[PathBuf]) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|target| files.contains(&target)))
}

fn program(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}
