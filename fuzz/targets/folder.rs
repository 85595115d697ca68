//! A folder of files that each input replaces. Put the folder for temporary files into memory to spare the disk.

use std::fs;
use std::path::{Path, PathBuf};

/// Makes the folder of a target, empty.
pub fn make(target: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("rehearsal-fuzz-{target}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a file, with the folders above it.
#[allow(dead_code, reason = "one target writes no files")]
pub fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}
