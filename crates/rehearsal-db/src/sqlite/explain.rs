//! Converts SQLite's errors by their result code (`https://sqlite.org/rescode.html`).

use super::holders::holders;
use crate::Error;
use sqlx::error::DatabaseError;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// A path in messages.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Converts an error; the low byte of its code is the primary result code.
pub(super) fn explain(path: &Path, wait: Duration, error: sqlx::Error) -> Error {
    let place = shown(path);
    let Some(database) = error.as_database_error() else {
        return Error::Statement { why: error.to_string(), position: None };
    };
    let why = database.message().to_owned();
    let code = code(database);
    match (code, code & 0xff) {
        (_, 5 | 6) => Error::Locked { holders: holders(path), waited: wait, place },
        (_, 8) => Error::ReadOnly { place, why },
        (_, 13) => Error::Full { place, why },
        // SQLITE_IOERR_WRITE and SQLITE_IOERR_SHMSIZE: a file could not be extended.
        (778 | 4874, _) => Error::Full { place, why: format!("{why} while extending a file") },
        (_, 11) => Error::Damaged { place, why },
        (_, 14) if has_write_ahead_log(path) => {
            Error::ReadOnly { place, why: "this user cannot create its -wal and -shm files in that folder".to_owned() }
        }
        (_, 10 | 14 | 26) => Error::Unreadable { place, why },
        _ => Error::Statement { why, position: None },
    }
}

/// True if the header says that the database has a write-ahead log (`https://sqlite.org/fileformat.html`, offset 18).
fn has_write_ahead_log(path: &Path) -> bool {
    let mut header = [0; 20];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok() && header[18] == 2
}

fn code(error: &dyn DatabaseError) -> u32 {
    error.code().and_then(|code| code.parse().ok()).unwrap_or_default()
}
