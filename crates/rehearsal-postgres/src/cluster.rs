//! Initialised data directories. [`Cluster::ready`] creates one per version and set of flags; every server then
//! copies it, because `initdb` takes ten times as long as a copy.
//!
//! A new directory consists mostly of three databases with 300 files each, and creating files dominates the time of
//! a copy (on some file systems, recently removed files slow this down further). `template0` accepts no connections;
//! this module closes `template1` as well. The files of both then never change, and servers share them as hard
//! links.

use super::binaries::Binaries;
use super::command::{run, under};
use super::home::Home;
use super::{Error, Hints};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

/// A socket in a private folder needs no password; loopback, which every user of the machine can reach, does. WAL
/// segments of 1 MB make the directory smaller and the copy faster. Every version since 13 has these flags.
const FLAGS: [&str; 7] = [
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--wal-segsize=1",
];

/// An initialised data directory, which is not swept while this value lives.
#[derive(Debug)]
pub(super) struct Cluster {
    folder: PathBuf,
    _lock: File,
}

impl Cluster {
    /// Returns the directory for these binaries, and creates it if it is missing. If several processes need it at
    /// once, one creates it and the others wait.
    pub(super) fn ready(binaries: &Binaries, hints: &Hints, home: &Home) -> Result<Self, Error> {
        let (version, program) = (&binaries.version, binaries.folder.display());
        let hash = xxh3_128(format!("2 {version} {program} {} {FLAGS:?}", home.account.uid).as_bytes());
        let folder = home.clusters().join(format!("{hash:032x}"));
        let lock_path = folder.with_extension("lock");
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(Error::io("open", &lock_path))?;
        lock.lock_shared().map_err(Error::io("lock", &lock_path))?;
        if !folder.is_dir() {
            lock.unlock().and_then(|()| lock.lock()).map_err(Error::io("lock", &lock_path))?;
            if !folder.is_dir() {
                initialise(binaries, hints, home, &folder)?;
            }
        }
        // Sweeping relies on the time of the last use. If this fails, the next server may have to run `initdb` again.
        drop(lock.set_modified(SystemTime::now()));
        Ok(Self { folder, _lock: lock })
    }

    /// The data directory to copy.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The password for connections over loopback.
    pub(super) fn password(&self) -> Result<String, Error> {
        let path = self.folder.join("password");
        Ok(fs::read_to_string(&path).map_err(Error::io("read", &path))?.trim().to_owned())
    }
}

/// Creates the directory under a temporary name first, so that a directory with the final name is always complete.
fn initialise(binaries: &Binaries, hints: &Hints, home: &Home, folder: &Path) -> Result<(), Error> {
    let building = home.clusters().join(format!("building-{}", Uuid::new_v4().simple()));
    home.make(&building)?;
    let password = building.join("password");
    let made = fs::write(&password, Uuid::new_v4().simple().to_string())
        .map_err(Error::io("write", &password))
        .and_then(|()| home.account.own(&password))
        .and_then(|()| {
            let mut initdb = under(&home.account, hints, binaries.folder.join("initdb"), &building);
            initdb.args(FLAGS).arg("--pgdata").arg(building.join("data")).arg("--pwfile").arg(&password);
            run(&mut initdb)
        })
        .and_then(|_| close_template(binaries, hints, home, &building))
        .and_then(|()| fs::rename(&building, folder).map_err(Error::io("rename", &building)));
    if made.is_err() {
        drop(fs::remove_dir_all(&building));
    }
    made
}

/// Closes `template1` to connections. Uses PostgreSQL's single-user mode, which needs no socket and reads one
/// statement per line from standard input.
fn close_template(binaries: &Binaries, hints: &Hints, home: &Home, building: &Path) -> Result<(), Error> {
    let path = building.join("statements");
    let write = Error::io("write", &path);
    fs::write(&path, "UPDATE pg_database SET datallowconn = false WHERE datname = 'template1'\n").map_err(write)?;
    let statements = File::open(&path).map_err(Error::io("read", &path))?;
    let mut postgres = under(&home.account, hints, binaries.folder.join("postgres"), building);
    postgres.args(["--single", "-F", "-c", "exit_on_error=on", "-D"]).arg(building.join("data")).arg("postgres");
    run(postgres.stdin(statements)).map(drop)
}
