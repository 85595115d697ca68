//! The name of the command line that runs this crate, for the commands that its messages advise.

use std::sync::OnceLock;

static NAME: OnceLock<&'static str> = OnceLock::new();

/// What the binary of this project is called where no command line has said otherwise.
const DEFAULT: &str = "cargo rehearse";

/// Tells the crate the name of the command line that runs it. Only the first call counts.
pub fn set_command_name(name: &'static str) {
    // Losing to an earlier call is what the documentation promises.
    let _ = NAME.set(name);
}

/// The command with these arguments: `cargo rehearse postgres install`.
pub(crate) fn command(arguments: &str) -> String {
    format!("{} {arguments}", NAME.get().copied().unwrap_or(DEFAULT))
}
