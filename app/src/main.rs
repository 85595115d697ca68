//! The command line of the app: shows, draws and creates pets in the development database.
//!
//! Only the way in and out: arguments, the two streams, the exit code. What the commands do is in `cli`, and they do it
//! by calling the library.

mod cli;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

/// A command failed.
const FAILED: u8 = 1;
/// The command line or the configuration is wrong; clap uses the same.
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
            // If even this cannot be written, the exit code is all that is left to say it.
            let _ = writeln!(io::stderr().lock(), "error: {message}");
            ExitCode::from(code)
        }
    }
}

/// A reader that has seen enough, such as `head`, closes the pipe; that is no failure.
fn write_out(text: &str) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("could not write to standard output: {error}. Check where the output goes, then try again"))
        }
        _ => Ok(()),
    }
}
