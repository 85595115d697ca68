//! Asks a person a question on the terminal.

use std::io::{IsTerminal, Write};

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A person agreed.
    Yes,
    /// A person did not agree.
    No,
    /// There was no question, because standard input or standard error is no terminal.
    None,
}

/// Prints a question to standard error and reads the answer from standard input. Only `y` and `yes` agree.
#[must_use]
pub fn ask(question: &str) -> Answer {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Answer::None;
    }
    let mut error = std::io::stderr().lock();
    drop(write!(error, "{question} [y/N] ").and_then(|()| error.flush()));
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(_) if ["y", "yes"].contains(&line.trim().to_lowercase().as_str()) => Answer::Yes,
        _ => Answer::No,
    }
}
