//! The command line of the app: shows, draws and creates pets in the development database.
//!
//! `main` handles only arguments, stdout, stderr and the exit code. The commands are in `cli`, on top of the
//! library; add a new command there.

mod cli;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

/// A command failed.
const FAILED: u8 = 1;
/// The command line or the configuration is wrong; clap exits with this code too.
const USAGE: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match cli::run(cli::Args::parse()).await {
        Ok(text) => write_out(&text).map_err(|message| (FAILED, message)),
        Err(error) => Err((if error.is_usage() { USAGE } else { FAILED }, error.to_string())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => {
            // If stderr cannot be written to, the exit code still reports the failure.
            let _ = writeln!(io::stderr().lock(), "error: {message}");
            ExitCode::from(code)
        }
    }
}

/// Writes `text` to stdout. A closed pipe is not a failure: `head`, for example, closes it after the lines it needs.
fn write_out(text: &str) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("could not write to standard output: {error}. Check where the output goes, then try again"))
        }
        _ => Ok(()),
    }
}
