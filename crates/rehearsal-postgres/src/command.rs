//! Runs programs: [`under`] prepares a command for the account of the servers, with a clean environment, and [`run`]
//! reports the end of a failed command's output.

use super::account::Account;
use super::{Error, Hints};
use std::env::split_paths;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The number of lines of a program's output that an error shows.
const TAIL: usize = 15;

/// A command that runs under an account, in a folder that the account may enter. It inherits no environment, because
/// `PGPORT`, `PGDATA` or a locale would change a server's behaviour.
pub(super) fn under(account: &Account, hints: &Hints, program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").env("TZ", "UTC");
    // The account may lack access to some folders of our PATH.
    let mut path = hints.path.clone().unwrap_or_default();
    path.push(":/usr/bin:/bin");
    command.env("PATH", path);
    command.current_dir(folder).stdin(Stdio::null());
    if account.other {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Runs a command to its end and returns its standard output. Standard input is the one that the command was given.
///
/// # Errors
/// [`Error::Command`] if the command fails or cannot be started.
pub(super) fn run(command: &mut Command) -> Result<String, Error> {
    let failed = |command: &Command, status: String, output: &str| Error::Command {
        command: command_line(command),
        status,
        output: last_lines(output),
    };
    match command.output() {
        Ok(output) => {
            let printed = String::from_utf8_lossy(&output.stdout);
            if output.status.success() {
                return Ok(printed.into_owned());
            }
            let printed = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
            Err(failed(command, output.status.to_string(), &printed))
        }
        Err(error) => Err(failed(command, error.to_string(), "")),
    }
}

/// The last lines of an output or a log.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

/// The first file with this name on the PATH.
pub(super) fn on_path(hints: &Hints, program: &str) -> Option<PathBuf> {
    let path = hints.path.as_deref()?;
    split_paths(path).map(|folder| folder.join(program)).find(|file| file.is_absolute() && file.is_file())
}

fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    std::iter::once(program.to_string_lossy()).chain(arguments).collect::<Vec<_>>().join(" ")
}
