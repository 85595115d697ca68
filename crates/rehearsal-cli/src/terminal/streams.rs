//! Writes results to standard output and everything else to standard error.

use super::Paint;
use indicatif::MultiProgress;
use std::io::{BufWriter, IsTerminal, Write};

/// Standard output and standard error, with their paints and progress bars.
#[derive(Debug)]
pub struct Terminal {
    out: Paint,
    err: Paint,
    bars: Option<MultiProgress>,
}

impl Terminal {
    /// Detects whether standard output and standard error are terminals. `no_color` is true if `NO_COLOR` is set and
    /// not empty.
    #[must_use]
    pub fn new(no_color: bool) -> Self {
        let paint = |is_terminal: bool| if is_terminal && !no_color { Paint::Colour } else { Paint::Plain };
        let is_terminal = std::io::stderr().is_terminal();
        Self {
            out: paint(std::io::stdout().is_terminal()),
            err: paint(is_terminal),
            bars: is_terminal.then(MultiProgress::new),
        }
    }

    /// Returns the paint of standard output.
    #[must_use]
    pub fn out(&self) -> Paint {
        self.out
    }

    /// Returns the paint of standard error.
    #[must_use]
    pub fn err(&self) -> Paint {
        self.err
    }

    /// Returns the container of progress bars. `None` if standard error is not a terminal.
    #[must_use]
    pub fn bars(&self) -> Option<&MultiProgress> {
        self.bars.as_ref()
    }

    /// Writes a result and a line break to standard output.
    pub fn result(&self, text: &str) {
        self.write(text, |text| drop(writeln!(std::io::stdout().lock(), "{}", text.trim_end_matches('\n'))));
    }

    /// Returns a writer for a result of any length. It locks standard output.
    pub fn raw(&self) -> impl Write {
        BufWriter::new(std::io::stdout().lock())
    }

    /// Writes a message and a line break to standard error.
    pub fn note(&self, text: &str) {
        self.write(text, |text| drop(writeln!(std::io::stderr().lock(), "{}", text.trim_end_matches('\n'))));
    }

    /// Writes a text without disturbing progress bars. A failure is ignored, because a closed pipe (`| head`) must
    /// not stop the work.
    fn write(&self, text: &str, write: impl Fn(&str)) {
        match &self.bars {
            Some(bars) => bars.suspend(|| write(text)),
            None => write(text),
        }
    }
}

/// Writes a line to standard output for another program, without a [`Terminal`].
pub fn say(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Writes a line to standard error, without a [`Terminal`]; nothing if it is empty.
pub(super) fn log(line: &str) {
    if !line.is_empty() {
        drop(writeln!(std::io::stderr().lock(), "{line}"));
    }
}

/// Writes a line to standard error from a signal handler, without a [`Terminal`].
pub fn urgent(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "\n{text}"));
}
