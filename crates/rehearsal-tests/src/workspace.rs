//! A throwaway workspace: a copy of a suite's databases and fixtures, the commands that run in it, and their results.

use crate::{Suite, database};
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// The version that creates the pets.
pub const CREATED: &str = "20250901090000";
/// The version that adds their traits.
pub const TRAITS: &str = "20250915090000";
/// The development database of the pets.
pub const PETS: &str = ".dev/pets.sqlite";

/// A workspace that is removed on drop.
pub struct Workspace {
    _folder: TempDir,
    /// The root.
    pub root: PathBuf,
    suite: &'static Suite,
}

impl Workspace {
    /// Creates a workspace like a fresh checkout, without any database.
    pub fn new(suite: &'static Suite) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let workspace = Self { _folder: folder, root, suite };
        for part in ["migrations", "fixtures", "xtask/src/backfills"] {
            copy(&Path::new(suite.workspace).join(part), &workspace.path(part));
        }
        workspace
    }

    /// Creates another project, with these files and none of the suite's workspace.
    pub fn of_another_project(suite: &'static Suite, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The name of the folder is the name of the project's database.
        let root = folder.path().canonicalize().unwrap().join("shop");
        let workspace = Self { _folder: folder, root, suite };
        // Marks the root of the project, in whose `target` folder rehearsal keeps its files.
        workspace.write("Cargo.lock", "");
        for (path, text) in files {
            workspace.write(path, text);
        }
        workspace
    }

    /// Creates a workspace whose development database has this version and contains the rows of the fixture.
    pub fn with_pets(suite: &'static Suite, version: &str) -> Self {
        let workspace = Self::new(suite);
        workspace.succeed(&format!("migrate pets --to {CREATED}"));
        let fixture = fs::read_to_string(workspace.path("fixtures/pets/populated.sql")).unwrap();
        database::execute(&workspace.path(PETS), &fixture);
        if version != CREATED {
            workspace.succeed(&format!("migrate pets --to {version}"));
        }
        workspace
    }

    /// Applies `arrange` and returns the workspace.
    pub fn tap(self, arrange: impl FnOnce(&Self) -> &Self) -> Self {
        arrange(&self);
        self
    }

    /// A path below the root.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file, and creates its parent folders.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Removes a file or a folder.
    pub fn remove(&self, path: &str) -> &Self {
        let path = self.path(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        self
    }

    /// Replaces text in a file, which must contain it.
    pub fn replace(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{path} does not contain {from}");
        self.write(path, text.replace(from, to))
    }

    /// Writes a migration of the pets: its up file, and its down file unless `down` is empty.
    pub fn migration(&self, label: &str, up: &str, down: &str) -> &Self {
        self.write(&format!("migrations/pets/{label}.up.sql"), up);
        if !down.is_empty() {
            self.write(&format!("migrations/pets/{label}.down.sql"), down);
        }
        self
    }

    /// Runs statements on the development database of the pets.
    pub fn execute(&self, sql: &str) -> &Self {
        database::execute(&self.path(PETS), sql);
        self
    }

    /// Inserts `number` pets without traits. None of them is in the fixture.
    pub fn add_pets(&self, number: u64) {
        self.execute(&format!(
            r#"INSERT INTO "User" VALUES ('u', 'Momo', '2025-01-01T00:00:00.000Z');
               WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})
               INSERT INTO "Pet" ("id", "name", "userId", "friendliness", "energyTrait", "curiosity", "patience", "playfulness",
                                  "createdAt", "updatedAt")
               SELECT printf('%08x-%04x-4000-8000-%012x', (i * 2654435761) & 0xffffffff, (i * 40503) & 0xffff, i), 'Pet ' || i,
                      'u', 1, 2, 3, 4, 5, '2025-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z' FROM n"#
        ));
    }

    /// Returns the first column of a query on the development database of the pets.
    pub fn query(&self, sql: &str) -> Vec<String> {
        database::query(&self.path(PETS), sql)
    }

    /// Returns a command that runs in the root, without environment variables that point to another database.
    pub fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> duct::Expression {
        self.command_in("", &[], arguments)
    }

    /// Returns a command that runs in a folder below the root, with these additional variables.
    pub fn command_in<'a>(
        &self,
        folder: &str,
        variables: &[(&str, &str)],
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> duct::Expression {
        let points_elsewhere = |name: &str| {
            name.ends_with("DATABASE_URL")
                || ["CARGO_TARGET_DIR", "NO_COLOR", "COLUMNS", "GITHUB_ACTIONS"].contains(&name)
        };
        let inherited = std::env::vars_os().filter(|(name, _)| !name.to_str().is_some_and(points_elsewhere));
        let added = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let command = duct::cmd(self.suite.program, arguments).dir(self.path(folder)).stdin_null();
        command.full_env(inherited.chain(added))
    }

    /// Runs a command that may succeed or fail. Arguments are separated by spaces.
    pub fn run(&self, arguments: &str) -> Ran {
        self.finish(arguments, self.command(arguments.split_whitespace()))
    }

    /// Runs a command that the snapshot calls `name`.
    pub fn finish(&self, name: &str, command: duct::Expression) -> Ran {
        let output = command.stdout_capture().stderr_capture().unchecked().run().unwrap();
        self.ran(name, &output)
    }

    /// Returns the result of a command from its output.
    pub fn ran(&self, name: &str, output: &Output) -> Ran {
        let text =
            |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(self.root.to_str().unwrap(), "<root>");
        Ran {
            command: name.to_owned(),
            exit: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            suite: self.suite,
        }
    }

    /// Runs a command that must succeed.
    pub fn succeed(&self, arguments: &str) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        ran
    }

    /// Returns every file and folder of the workspace with a hash of its content, except those in `target`.
    pub fn files(&self) -> BTreeMap<String, u64> {
        let mut files = BTreeMap::new();
        list(&self.root, &self.root, &mut files);
        files
    }
}

/// The result of a command.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The arguments, as the snapshot shows them.
    pub command: String,
    /// The exit code; `None` if a signal ended the process.
    pub exit: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The suite to which it belongs.
    pub suite: &'static Suite,
}

impl Ran {
    /// Command, exit code and output, as a user sees them.
    pub fn text(&self) -> String {
        let exit = self.exit.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
        let part = |name: &str, text: &str| if text.is_empty() { String::new() } else { format!("--- {name}\n{text}") };
        format!(
            "$ cargo xtask {}\n{exit}\n{}{}",
            self.command,
            part("stdout", &self.stdout),
            part("stderr", &self.stderr)
        )
    }

    /// Compares the exit code with `exit`, and the text with a snapshot.
    pub fn check(&self, exit: i32, folder: &str, snapshot: &str) {
        assert_eq!(self.exit, Some(exit), "{snapshot}\n{}", self.text());
        self.suite.hold(folder, snapshot, &self.text());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { fs::copy(entry.path(), &to).map(drop).unwrap() }
    }
}

fn list(root: &Path, folder: &Path, files: &mut BTreeMap<String, u64>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let mut hash = DefaultHasher::new();
        if path.is_dir() {
            if name == "target" {
                continue;
            }
            list(root, &path, files);
        } else {
            fs::read(&path).unwrap().hash(&mut hash);
        }
        files.insert(name, hash.finish());
    }
}
