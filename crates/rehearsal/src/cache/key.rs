//! The [`Key`] of the answers about a database: the digest of its [`Inputs`]. Types are hashed as a whole and
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

/// The digest of all inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(u128);

impl Key {
    /// Computes the key; `program` is the digest of the executable.
    ///
    /// # Errors
    /// Fails if the file of a fixture cannot be read.
    pub fn new(program: u128, inputs: &Inputs<'_>) -> Result<Self, db::Error> {
        let Inputs { database, history, checks, depth, server } = inputs;
        let History { folder, migrations, warnings: _ } = history;
        let mut hasher = Xxh3Default::new();
        (program, server, depth, database, folder, migrations, checks).hash(&mut hasher);
        for rows in database.fixtures.iter().flat_map(|fixture| fixture.rows()) {
            of_file(&rows.path)?.hash(&mut hasher);
        }
        Ok(Self(hasher.digest128()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::{Migration, Script, Transaction};
    use crate::workspace::{Fixture, Origin, Rows, Setup, Stated};
    use pretty_assertions::assert_eq;
    use rehearsal_db::Engine;
    use std::collections::{BTreeSet, HashSet};
    use std::path::PathBuf;
    use std::time::Duration;

    /// A change of one input.
    type Change = fn(&mut All);

    /// All inputs, as a test changes them.
    #[derive(Clone)]
    struct All {
        program: u128,
        database: Database,
        migrations: Vec<Migration>,
        checks: Vec<Check>,
        depth: Depth,
        server: &'static str,
    }

    fn script(path: &str, sql: &str) -> Script {
        Script { path: PathBuf::from(path), sql: sql.to_owned(), transaction: Transaction::Wrapped }
    }

    fn all(fixture: &Path) -> All {
        let down = Some(script("1_toy.down.sql", "DROP TABLE toy;"));
        let up = script("1_toy.up.sql", "CREATE TABLE toy (id INTEGER);");
        let (loses, requires) = (Vec::new(), Vec::new());
        let rows = Fixture {
            name: "few".to_owned(),
            path: fixture.to_owned(),
            version: 1,
            stated: Stated::Comment,
            later: Vec::new(),
        };
        All {
            program: 1,
            database: Database {
                fixtures: vec![rows],
                ..Database::new("toys".to_owned(), Engine::Sqlite, PathBuf::from("migrations"), Origin::Workspace)
            },
            migrations: vec![Migration {
                version: 1,
                name: "toy".to_owned(),
                up,
                down,
                loses,
                requires,
                ignored_chars: BTreeSet::new(),
            }],
            checks: Vec::new(),
            depth: Depth::Sample,
            server: "15.1",
        }
    }

    fn key(All { program, database, migrations, checks, depth, server }: &All) -> String {
        let history = History { folder: database.folder.clone(), migrations: migrations.clone(), warnings: Vec::new() };
        let inputs = Inputs { database, history: &history, checks, depth: *depth, server };
        Key::new(*program, &inputs).unwrap().to_string()
    }

    #[test]
    fn each_input_changes_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let fixture = folder.path().join("few.sql");
        std::fs::write(&fixture, "INSERT INTO toy VALUES (1);").unwrap();
        let base = all(&fixture);
        let mut keys = HashSet::from([key(&base)]);
        let changes: &[(&str, Change)] = &[
            ("the program", |all| all.program = 2),
            ("the server", |all| all.server = "15.2"),
            ("the depth", |all| all.depth = Depth::Exhaustive),
            ("the up file", |all| all.migrations[0].up.sql.push(' ')),
            ("the down file", |all| all.migrations[0].down = None),
            ("the kind of transaction", |all| all.migrations[0].up.transaction = Transaction::None),
            ("a required backfill", |all| all.migrations[0].requires.push("fill".to_owned())),
            ("the setup", |all| {
                all.database.setup.push(Setup { path: PathBuf::from("setup.sql"), sql: "SELECT 1".to_owned() });
            }),
            ("a volatile column", |all| all.database.volatile.push(("toy".to_owned(), "id".to_owned()))),
            ("the longest wait", |all| all.database.max_wait = Duration::from_secs(3)),
            ("the version of the fixture", |all| all.database.fixtures[0].version = 2),
            ("further rows", |all| {
                let path = all.database.fixtures[0].path.clone();
                all.database.fixtures[0].later.push(Rows { path, version: 2 });
            }),
        ];
        for (what, change) in changes {
            let mut changed = base.clone();
            change(&mut changed);
            assert!(keys.insert(key(&changed)), "{what} is part of the key");
        }
        assert_eq!(key(&base), key(&all(&fixture)), "equal inputs have equal keys");
        std::fs::write(&fixture, "INSERT INTO toy VALUES (2);").unwrap();
        assert!(keys.insert(key(&base)), "the rows of a fixture are part of the key");
    }
}
