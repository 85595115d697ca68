//! A throwaway workspace: a copy of this repository's databases and fixtures, the commands that run in it, and
//! their results. Start with [`Workspace::new`] or [`Workspace::with_pets`]. In snapshots, placeholders replace
//! values that differ from run to run, such as times, paths and process ids.

use crate::database;
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// The version that creates the pets.
pub(crate) const CREATED: &str = "20250901090000";
/// The version that adds their traits.
pub(crate) const TRAITS: &str = "20250915090000";
/// The development database of the pets.
pub(crate) const PETS: &str = ".dev/pets.sqlite";

/// A workspace that is removed on drop.
pub(crate) struct Workspace {
    _folder: TempDir,
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// Creates a workspace like a fresh checkout, without any database.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let workspace = Self { _folder: folder, root };
        for part in ["migrations", "fixtures", "xtask/src/backfills"] {
            copy(&repository().join(part), &workspace.path(part));
        }
        workspace
    }

    /// Creates another project, with these files and none of this repository's.
    pub(crate) fn of_another_project(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The name of the folder is the name of the project's database.
        let root = folder.path().canonicalize().unwrap().join("shop");
        let workspace = Self { _folder: folder, root };
        // Marks the root of the project, in whose `target` folder rehearsal keeps its files.
        workspace.write("Cargo.lock", "");
        for (path, text) in files {
            workspace.write(path, text);
        }
        workspace
    }

    /// Creates a workspace whose development database has this version and contains the rows of the fixture.
    pub(crate) fn with_pets(version: &str) -> Self {
        let workspace = Self::new();
        workspace.succeed(&format!("migrate pets --to {CREATED}"));
        let fixture = fs::read_to_string(workspace.path("fixtures/pets/populated.sql")).unwrap();
        database::execute(&workspace.path(PETS), &fixture);
        if version != CREATED {
            workspace.succeed(&format!("migrate pets --to {version}"));
        }
        workspace
    }

    /// Applies `arrange` and returns the workspace.
    pub(crate) fn tap(self, arrange: impl FnOnce(&Self) -> &Self) -> Self {
        arrange(&self);
        self
    }

    /// A path below the root.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file, and creates its parent folders.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Removes a file or a folder.
    pub(crate) fn remove(&self, path: &str) -> &Self {
        let path = self.path(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        self
    }

    /// Replaces text in a file, which must contain it.
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{path} does not contain {from}");
        self.write(path, text.replace(from, to))
    }

    /// Writes a migration of the pets: its up file, and its down file unless `down` is empty.
    pub(crate) fn migration(&self, label: &str, up: &str, down: &str) -> &Self {
        self.write(&format!("migrations/pets/{label}.up.sql"), up);
        if !down.is_empty() {
            self.write(&format!("migrations/pets/{label}.down.sql"), down);
        }
        self
    }

    /// Runs statements on the development database of the pets.
    pub(crate) fn execute(&self, sql: &str) -> &Self {
        database::execute(&self.path(PETS), sql);
        self
    }

    /// Inserts `number` pets without traits. None of them is in the fixture.
    pub(crate) fn add_pets(&self, number: u64) {
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
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        database::query(&self.path(PETS), sql)
    }

    /// Returns a command that runs in the root, without environment variables that point to another database.
    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> duct::Expression {
        self.command_in("", &[], arguments)
    }

    /// Returns a command that runs in a folder below the root, with these additional variables.
    pub(crate) fn command_in<'a>(
        &self,
        folder: &str,
        variables: &[(&str, &str)],
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> duct::Expression {
        let points_elsewhere =
            |name: &str| name.ends_with("DATABASE_URL") || ["CARGO_TARGET_DIR", "NO_COLOR", "COLUMNS"].contains(&name);
        let inherited = std::env::vars_os().filter(|(name, _)| !name.to_str().is_some_and(points_elsewhere));
        let added = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let command = duct::cmd(env!("CARGO_BIN_EXE_xtask"), arguments).dir(self.path(folder)).stdin_null();
        command.full_env(inherited.chain(added))
    }

    /// Runs a command that may succeed or fail. Arguments are separated by spaces.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.finish(arguments, self.command(arguments.split_whitespace()))
    }

    /// Runs a command that the snapshot calls `name`.
    pub(crate) fn finish(&self, name: &str, command: duct::Expression) -> Ran {
        let output = command.stdout_capture().stderr_capture().unchecked().run().unwrap();
        self.ran(name, &output)
    }

    /// Returns the result of a command from its output.
    pub(crate) fn ran(&self, name: &str, output: &Output) -> Ran {
        let text =
            |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(self.root.to_str().unwrap(), "<root>");
        Ran {
            command: name.to_owned(),
            exit: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Runs a command that must succeed.
    pub(crate) fn succeed(&self, arguments: &str) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        ran
    }

    /// Returns every file and folder of the workspace with a hash of its content, except those in `target`.
    pub(crate) fn files(&self) -> BTreeMap<String, u64> {
        let mut files = BTreeMap::new();
        list(&self.root, &self.root, &mut files);
        files
    }
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) command: String,
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Command, exit code and output, as a user sees them.
    pub(crate) fn text(&self) -> String {
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
    pub(crate) fn check(&self, exit: i32, folder: &str, snapshot: &str) {
        assert_eq!(self.exit, Some(exit), "{snapshot}\n{}", self.text());
        hold(folder, snapshot, &self.text());
    }
}

/// Compares a text with the snapshot with this name.
pub(crate) fn hold(folder: &str, snapshot: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, placeholder) in PLACEHOLDERS {
        settings.add_filter(pattern, *placeholder);
    }
    settings.bind(|| insta::assert_snapshot!(snapshot, text));
}

/// Patterns of text that differs from run to run, and their placeholders.
const PLACEHOLDERS: &[(&str, &str)] = &[
    (r"running for [^\n]*\n", ""),
    (r" *\b(\d+ (µs|ms)|\d+\.\d\d s|\d+ min \d\d s)", " <time>"),
    (r#"(applied |"applied_at":"|"started_at": ?")20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?"#, "$1<when>"),
    (r"since 20\d\d-\d\d-\d\d \d\d:\d\d UTC", "since <when>"),
    (r"( rows? +)20\d\d-\d\d-\d\d \d\d:\d\d:\d\d( to \d\d:\d\d:\d\d)? *", "$1<when>  "),
    (r#""seconds":( ?)[\d.e-]+"#, r#""seconds":$1<time>"#),
    (r"three concurrent runs \([^)\n]*\)", "three concurrent runs (<some>)"),
    // The number of kills within a time limit depends on the machine.
    (
        r"\d+ kills? at \d+ of \d+ commit points?(: every restart resumed correctly)? \(budget 2 s[^)\n]*\)",
        "<n> kills$1 (budget 2 s)",
    ),
    (
        r"\d+ killed process(es)? left a (hot journal|write-ahead log)(, \d+ left a write-ahead log)?",
        "<n> killed processes left a hot journal, <n> left a write-ahead log",
    ),
    (
        r"sessions were terminated [\w ]*?times?( and the server crashed [^:\n]*)?: [^\n]*",
        "sessions were terminated <n> times$1",
    ),
    (r#""figures":\{"budget_ms"[^}]*\}"#, r#""figures":<figures>"#),
    (r#"\{"during":.*?"writes":\{[^}]*\}\}"#, "<figures>"),
    (r#""duration_ms":\d+"#, r#""duration_ms":<time>"#),
    (r#""engine_version":"[\d.]+"#, r#""engine_version":"<version>"#),
    (r"\b20(2[6-9]|[3-9]\d)\d{10}", "<version>"),
    (r"\b20(2[6-9]|[3-9]\d)(_\d{3}){3}_\d\b", "<version>"),
    (r"\.dev/reports/(\w+)-\d{8}T\d{6}Z(-\d+)?", ".dev/reports/$1-<when>"),
    (r"\.backfill-report-\w{6}", ".backfill-report-<random>"),
    (r"\bprocess-\w{6}\b", "process-<random>"),
    (r"kept/\w{6}-(\w+)-\d+\.db", "kept/<random>-$1-<n>.db"),
    (r"(process-<random>/\w+)-\d+\.db", "$1-<n>.db"),
    (r"/rehearsal-scratch-\w{6}-([\w-]+)-\d+\?host=", "/rehearsal-<random>-$1-<n>?host="),
    (r"host=\S*/servers/[0-9a-f]{12}", "host=<server>"),
    (r"(, [\w-]+ \(process \d+\))+", ""),
    (r"\bit-[0-9a-f]+ \(process \d+\)", "<this test> (process <pid>)"),
    (r"\(process \d+\)", "(process <pid>)"),
    (r"\(session \d+\)", "(session <pid>)"),
    (r"\b[0-9a-f]{32}\b", "<hash>"),
    (r"wrote \d+ times \([^)]*\)", "wrote <n> times (<kinds>)"),
    (r#"was lost \(\d+ values? compared\)(; the next run processed [^\n"]*)?"#, "was lost (<n> values compared)"),
];

/// The repository that these tests belong to.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
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
