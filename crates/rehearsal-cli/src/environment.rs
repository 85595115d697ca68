//! Reads the surroundings of the process: environment variables, `.env`, the working folder, arguments, the user and
//! the version of the code. No other file of the crates may do so.

use crate::error::Error;
use rehearsal::ledger::By;
use rehearsal_postgres::Hints;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// Returns the arguments of this process; the first one is the program.
pub(crate) fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

/// Returns the executable of this program, from which rehearsals start further processes.
pub(crate) fn program() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(Error::Program)
}

/// Returns the working folder.
pub(crate) fn working_folder() -> Result<PathBuf, Error> {
    std::env::current_dir().map_err(|source| Error::Folder { path: PathBuf::from("."), source })
}

/// Changes the working folder.
pub(crate) fn work_in(folder: &Path) -> Result<(), Error> {
    std::env::set_current_dir(folder).map_err(|source| Error::Folder { path: folder.to_owned(), source })
}

/// Returns true if `NO_COLOR` is set and not empty.
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Returns true if the terminal understands no escapes.
pub(crate) fn is_dumb_terminal() -> bool {
    std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

/// Returns true if cargo must not use the network, so nothing is downloaded.
pub(crate) fn is_offline() -> bool {
    std::env::var("CARGO_NET_OFFLINE").is_ok_and(|value| value == "true")
}

/// A step of a job of GitHub Actions, in which this process runs.
pub(crate) struct GithubActions {
    /// The file to which a step appends its summary.
    pub(crate) summary: Option<PathBuf>,
}

/// Returns the step in which this process runs; `None` on other machines.
pub(crate) fn github_actions() -> Option<GithubActions> {
    let is_set = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from);
    is_set.then_some(GithubActions { summary })
}

/// Returns cargo's target folder for the project at `root`.
pub(crate) fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Returns a variable from the environment or `.env`, and its origin for messages. `None` if it is not set.
pub(crate) fn variable(name: &str) -> Result<Option<(String, String)>, Error> {
    match std::env::var(name).ok().filter(|value| !value.is_empty()) {
        Some(value) => Ok(Some((value, name.to_owned()))),
        None => Ok(from_dot_env(name)?.map(|value| (value, format!("{name} in .env")))),
    }
}

fn from_dot_env(variable: &str) -> Result<Option<String>, Error> {
    // As sqlx-cli, which also reads the file of a folder above.
    let folder = working_folder().unwrap_or_default();
    let file = folder.ancestors().map(|folder| folder.join(".env")).find(|file| file.is_file());
    let Some(file) = file else { return Ok(None) };
    let entries = match dotenvy::from_path_iter(&file) {
        Ok(entries) => entries,
        Err(error) if error.not_found() => return Ok(None),
        Err(error) => return Err(Error::DotEnv { why: error.to_string() }),
    };
    for entry in entries {
        let (name, value) = entry.map_err(|error| Error::DotEnv { why: describe(&error, &file) })?;
        if name == variable {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Names the faulty line without showing it, because it may contain a password.
fn describe(error: &dotenvy::Error, file: &Path) -> String {
    let dotenvy::Error::LineParse(wrong, _) = error else { return error.to_string() };
    let text = std::fs::read_to_string(file).unwrap_or_default();
    match text.lines().position(|line| line.trim() == wrong.trim()) {
        Some(index) => format!("line {} is not of the form NAME=value", index + 1),
        None => "a line is not of the form NAME=value".to_owned(),
    }
}

/// Returns the folders in which PostgreSQL may be installed or stored.
pub(crate) fn hints() -> Hints {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = || home().map(|home| home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }));
    Hints {
        pg_bin: std::env::var_os("PG_BIN").filter(|path| !path.is_empty()).map(PathBuf::from),
        path: std::env::var_os("PATH"),
        cache: cache.or_else(usual).unwrap_or_else(|| Path::new(".cache").to_owned()),
        temp: std::env::temp_dir(),
    }
}

/// Returns the user and machine, and the commit checked out at `root`, or the version of this crate if git does not
/// report one.
pub(crate) fn by(root: &Path) -> By {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = variable("USER").or_else(|| variable("LOGNAME")).or_else(|| first_line("id", &["-un"], Path::new(".")));
    let machine = variable("HOSTNAME").or_else(|| first_line("uname", &["-n"], Path::new(".")));
    let who = [user, machine].into_iter().flatten().collect::<Vec<_>>().join("@");
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let commit = first_line("git", &["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"], root);
    By {
        who: if who.is_empty() { "unknown user".to_owned() } else { who },
        version: commit.unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
    }
}

/// Returns the first line of a program's output. `None` if the program cannot be run, fails or prints nothing.
fn first_line(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let shell = Shell::new().ok()?;
    shell.change_dir(folder);
    let output = cmd!(shell, "{program} {arguments...}").quiet().ignore_stderr().read().ok()?;
    output.lines().next().map(ToOwned::to_owned).filter(|line| !line.is_empty())
}
