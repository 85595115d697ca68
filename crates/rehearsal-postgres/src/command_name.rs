//! The name of the command line that uses this crate, for the commands in its help texts. See [`set_command_name`].

use std::sync::OnceLock;

static NAME: OnceLock<&'static str> = OnceLock::new();

/// The name until [`set_command_name`] is called.
const DEFAULT: &str = "cargo rehearse";

/// Sets the name of the command line that uses this crate. Only the first call has an effect.
pub fn set_command_name(name: &'static str) {
    // `set` fails if an earlier call was first, which is documented.
    let _ = NAME.set(name);
}

/// The command line with these arguments, as in `cargo rehearse postgres install`.
pub(crate) fn command(arguments: &str) -> String {
    format!("{} {arguments}", NAME.get().copied().unwrap_or(DEFAULT))
}
