//! The [`Key`] of the answers about a database: one digest for each of its [`Inputs`]. Types are hashed as a whole and
//! [`Inputs`] is taken apart without `..`, so a new field is part of the key, or the code does not compile.

use crate::check::Check;
use crate::migration::History;
use crate::proofs::Depth;
use crate::workspace::Database;
use rehearsal_db as db;
use std::fmt;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::Path;
use xxhash_rust::xxh3::Xxh3Default;

/// Everything that the proofs of a database depend on, besides the program.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The database: its configuration, its setup SQL and its fixtures, whose files are read.
    pub database: &'a Database,
    /// Its migrations.
    pub history: &'a History,
    /// Its checks in SQL. Those in Rust are part of the program.
    pub checks: &'a [Check],
    /// How many cases the proofs try.
    pub depth: Depth,
    /// The version and the settings of the server, in any form; empty if the engine is part of the program.
    pub server: &'a str,
}

/// The digests of all inputs, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(Vec<(String, u128)>);

impl Key {
    /// Computes the key; `program` is the digest of the executable.
    ///
    /// # Errors
    /// Fails if the file of a fixture cannot be read.
    pub fn new(program: u128, inputs: &Inputs<'_>) -> Result<Self, db::Error> {
        let Inputs { database, history, checks, depth, server } = inputs;
        let mut digests = vec![
            ("program".to_owned(), program),
            ("server".to_owned(), of(server)),
            ("depth".to_owned(), of(depth)),
            ("database".to_owned(), of(database)),
        ];
        let History { folder, migrations, warnings: _ } = history;
        digests.push((folder.display().to_string(), of(folder)));
        digests.extend(migrations.iter().map(|migration| (migration.label(), of(migration))));
        digests.extend(checks.iter().map(|check| (check.path.display().to_string(), of(check))));
        for rows in database.fixtures.iter().flat_map(|fixture| fixture.rows()) {
            digests.push((rows.path.display().to_string(), of_file(&rows.path)?));
        }
        Ok(Self(digests))
    }

    /// Returns the names of the inputs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hasher = Xxh3Default::new();
        self.0.hash(&mut hasher);
        write!(f, "{:032x}", hasher.digest128())
    }
}

fn of<T: Hash + ?Sized>(value: &T) -> u128 {
    let mut hasher = Xxh3Default::new();
    value.hash(&mut hasher);
    hasher.digest128()
}

/// Returns the digest of a file's bytes, in constant memory.
pub(super) fn of_file(path: &Path) -> Result<u128, db::Error> {
    let failed = |source| db::Error::Io { what: "read", path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut buffer) = (Xxh3Default::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(hasher.digest128()),
            length => hasher.write(&buffer[..length]),
        }
    }
}
