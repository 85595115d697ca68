//! [`Project`]: a throwaway sqlx project with the commands that run in it. In snapshots, placeholders replace values that
//! differ from run to run, such as times.

use pretty_assertions::assert_eq;
use std::ffi::OsString;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// A project that is removed on drop. Its folder is called `bookshop`.
pub(crate) struct Project {
    _folder: TempDir,
    pub(crate) root: PathBuf,
}

/// The files of a project: path and text.
pub(crate) type Files<'a> = &'a [(&'a str, &'a str)];

/// A history for both engines, in sqlx's simple form.
pub(crate) const PEOPLE: (&str, &str) =
    ("migrations/1_people.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n");
pub(crate) const HATS: (&str, &str) = (
    "migrations/2_hats.sql",
    "CREATE TABLE hats (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES people (id));\n",
);
/// The configuration of a project on SQLite.
pub(crate) const SQLITE: (&str, &str) = ("migrations/rehearsal.toml", "engine = \"sqlite\"\n");
/// A migration that only SQLite can read.
pub(crate) const STRICT: (&str, &str) = ("migrations/3_shoes.sql", "CREATE TABLE shoes (size INTEGER) STRICT;\n");

impl Project {
    /// Creates a project with these files.
    pub(crate) fn new(files: Files<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("bookshop");
        let project = Self { _folder: folder, root };
        // Marks the root of the project, in whose `target` folder rehearsal keeps its files.
        project.write("Cargo.lock", "");
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A path below the root.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file, and creates its parent folders.
    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The project in a folder next to this one, such as a worktree. It ends with this project.
    pub(crate) fn beside(&self, name: &str) -> Beside<'_> {
        let root = self.root.with_file_name(name);
        let folder = tempfile::tempdir().unwrap();
        Beside { project: Self { _folder: folder, root }, _owner: self }
    }

    /// Compares a text with the snapshot with this name.
    pub(crate) fn hold(&self, folder: &str, snapshot: &str, text: &str) {
        hold(folder, snapshot, &text.replace(self.root.to_str().unwrap(), "<root>"));
    }

    /// Runs cargo on the crate `xtask`, with the crates of this repository and its compiled dependencies.
    pub(crate) fn cargo(&self, arguments: &str) -> Ran {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let target = Path::new(env!("CARGO_BIN_EXE_cargo-rehearse")).ancestors().nth(2).unwrap();
        let (subcommand, rest) = arguments.split_once(' ').unwrap_or((arguments, ""));
        let mut words = vec![subcommand.to_owned(), "--offline".to_owned()];
        words.extend(["--manifest-path", "xtask/Cargo.toml", "--target-dir"].map(str::to_owned));
        // A folder of its own, because the binary of the crate may be called like one of this repository.
        words.push(self.root.with_file_name("target").display().to_string());
        words.extend(["--config".to_owned(), format!("build.build-dir='{}'", target.display())]);
        for name in ["rehearsal", "rehearsal-cli", "rehearsal-db", "rehearsal-postgres"] {
            let path = repository.join("crates").join(name);
            words.extend(["--config".to_owned(), format!("patch.crates-io.{name}.path='{}'", path.display())]);
        }
        words.extend(["--config".to_owned(), profiles(&repository.join("Cargo.toml"), self)]);
        words.extend(rest.split_whitespace().map(str::to_owned));
        let command = duct::cmd("cargo", words).dir(&self.root).stdin_null();
        let output = command.stdout_capture().stderr_capture().unchecked().run().unwrap();
        self.ran(&format!("cargo {arguments}"), &output)
    }

    /// Runs `git` with these arguments, separated by spaces, which must succeed.
    pub(crate) fn git(&self, arguments: &str) {
        let upstream = format!("file://{}", self.root.with_file_name("upstream.git").display());
        let arguments = arguments.replace("file://upstream", &upstream);
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"];
        let words = who.into_iter().chain(arguments.split_whitespace());
        let git = duct::cmd("git", words).dir(&self.root).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = git.stdout_capture().stderr_capture().unchecked().run().unwrap();
        assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Commits all files except those of cargo.
    pub(crate) fn commit(&self) {
        self.write(".gitignore", "target\n");
        self.git("add --all");
        self.git("commit --quiet --message change");
    }

    /// Runs `cargo rehearse` with these arguments, separated by spaces, in the root.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_in("", arguments)
    }

    /// Returns `cargo rehearse` in a folder below the root, without environment variables that point to a database.
    pub(crate) fn command(&self, folder: &str, arguments: &str) -> duct::Expression {
        let points_elsewhere = |name: &str| {
            name.ends_with("DATABASE_URL")
                || ["CARGO_TARGET_DIR", "NO_COLOR", "COLUMNS", "GITHUB_ACTIONS"].contains(&name)
        };
        let inherited: Vec<(OsString, OsString)> =
            std::env::vars_os().filter(|(name, _)| !name.to_str().is_some_and(points_elsewhere)).collect();
        let words = std::iter::once("rehearse").chain(arguments.split_whitespace());
        let command = duct::cmd(env!("CARGO_BIN_EXE_cargo-rehearse"), words).dir(self.path(folder)).stdin_null();
        command.full_env(inherited)
    }

    /// Runs `cargo rehearse` in a folder below the root.
    pub(crate) fn run_in(&self, folder: &str, arguments: &str) -> Ran {
        let command = self.command(folder, arguments);
        let output = command.stdout_capture().stderr_capture().unchecked().run().unwrap();
        self.ran(format!("{} {arguments}", Path::new(folder).display()).trim(), &output)
    }

    fn ran(&self, command: &str, output: &Output) -> Ran {
        let text =
            |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(self.root.to_str().unwrap(), "<root>");
        Ran {
            command: command.to_owned(),
            exit: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// Writes the profiles of a manifest as a configuration of cargo and returns its path: with equal profiles, dependencies that
/// are compiled already are used again.
fn profiles(manifest: &Path, project: &Project) -> String {
    let text = fs::read_to_string(manifest).unwrap();
    let at = text.find("\n[profile").unwrap();
    let path = project.root.with_file_name("profiles.toml");
    fs::write(&path, &text[at..]).unwrap();
    path.display().to_string()
}

/// A project in a folder next to another one.
pub(crate) struct Beside<'p> {
    project: Project,
    _owner: &'p Project,
}

impl Deref for Beside<'_> {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

/// The result of a command.
pub(crate) struct Ran {
    command: String,
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Command, exit code and output, as a user sees them.
    pub(crate) fn text(&self) -> String {
        let exit = self.exit.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
        format!("$ {}\n{exit}\n--- stdout\n{}--- stderr\n{}", self.command, self.stdout, self.stderr)
    }

    /// Compares the exit code, and the whole output with the snapshot with this name.
    pub(crate) fn check(&self, exit: i32, folder: &str, snapshot: &str) {
        assert_eq!(self.exit, Some(exit), "{snapshot}\n{}", self.text());
        hold(folder, snapshot, &self.text());
    }
}

/// Compares a text with the snapshot with this name.
fn hold(folder: &str, snapshot: &str, text: &str) {
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
    (r" *\b(\d+ (µs|ms)|\d+\.\d\d s|\d+ min \d\d s)", " <time>"),
    (r"since 20\d\d-\d\d-\d\d \d\d:\d\d UTC", "since <when>"),
    (r"\b20(2[6-9]|[3-9]\d)\d{10}", "<version>"),
    (r"(applied )20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?", "$1<when>"),
    (
        r"\d+ kills? at \d+ of \d+ commit points?(: every restart resumed correctly)? \(budget 2 s[^)\n]*\)",
        "<n> kills$1 (budget 2 s)",
    ),
    (
        r"\d+ killed process(es)? left a (hot journal|write-ahead log)(, \d+ left a write-ahead log)?",
        "<n> killed processes left a hot journal, <n> left a write-ahead log",
    ),
    (r"kept/\w{6}-(\w+)-\d+\.db", "kept/<random>-$1-<n>.db"),
];
