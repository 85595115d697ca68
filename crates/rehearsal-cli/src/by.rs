//! Who runs a command, and with which code: what the ledger remembers of a run.

use super::context::Context;
use rehearsal::ledger::By;
use std::path::Path;
use xshell::{Shell, cmd};

/// The user at this machine, and the commit that is checked out; the number of the release where that is not known.
pub(super) fn by(context: &Context<'_>) -> By {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = variable("USER").or_else(|| variable("LOGNAME")).or_else(|| asked("id", &["-un"], Path::new(".")));
    let machine = variable("HOSTNAME").or_else(|| asked("uname", &["-n"], Path::new(".")));
    let who = [user, machine].into_iter().flatten().collect::<Vec<_>>().join("@");
    let root = &context.workspace.root;
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let commit = asked("git", &["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"], root);
    By {
        who: if who.is_empty() { "somebody".to_owned() } else { who },
        version: commit.unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
    }
}

/// The first line that a program prints, where it is there and has something to say.
fn asked(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let shell = Shell::new().ok()?;
    shell.change_dir(folder);
    let output = cmd!(shell, "{program} {arguments...}").quiet().ignore_stderr().read().ok()?;
    output.lines().next().map(ToOwned::to_owned).filter(|line| !line.is_empty())
}
