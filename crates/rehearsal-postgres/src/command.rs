//! Running programs: under the account of the servers, in a clean environment, with the end of their output in errors.

use super::account::Account;
use super::{Error, Hints};
use std::env::split_paths;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many of a program's last lines an error shows.
const TAIL: usize = 15;

/// A command that runs under an account, in a folder that it may enter. Nothing of our environment reaches it: `PGPORT`,
/// `PGDATA` or a locale would change what a server does.
pub(super) fn under(account: &Account, hints: &Hints, program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").env("TZ", "UTC");
    // The account may not enter all of our PATH.
    let mut path = hints.path.clone().unwrap_or_default();
    path.push(":/usr/bin:/bin");
    command.env("PATH", path);
    command.current_dir(folder).stdin(Stdio::null());
    if account.other {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Runs a command to its end, with what it was given as standard input, and returns what it wrote to its standard output.
///
/// # Errors
/// [`Error::Command`].
pub(super) fn run(command: &mut Command) -> Result<String, Error> {
    let failed = |command: &Command, status: String, output: &str| Error::Command {
        command: words(command),
        status,
        output: last_lines(output),
    };
    match command.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            if output.status.success() {
                return Ok(said.into_owned());
            }
            let said = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
            Err(failed(command, output.status.to_string(), &said))
        }
        Err(error) => Err(failed(command, error.to_string(), "")),
    }
}

/// The end of an output or a log.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

/// Where a program lies on the PATH.
pub(super) fn on_path(hints: &Hints, program: &str) -> Option<PathBuf> {
    let path = hints.path.as_deref()?;
    split_paths(path).map(|folder| folder.join(program)).find(|file| file.is_absolute() && file.is_file())
}

fn words(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    std::iter::once(program.to_string_lossy()).chain(arguments).collect::<Vec<_>>().join(" ")
}
