//! Where text comes out: results on standard output, everything else on standard error.

use super::Paint;
use indicatif::MultiProgress;
use std::io::{BufWriter, IsTerminal, Write};

/// Standard output and standard error, with what is known of them.
#[derive(Debug)]
pub struct Terminal {
    out: Paint,
    err: Paint,
    bars: Option<MultiProgress>,
}

impl Terminal {
    /// Looks at what standard output and standard error are. `no_color` is whether `NO_COLOR` is set and not empty.
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

    /// How standard output is painted.
    #[must_use]
    pub fn out(&self) -> Paint {
        self.out
    }

    /// How standard error is painted.
    #[must_use]
    pub fn err(&self) -> Paint {
        self.err
    }

    /// Where progress bars go; none where nobody would see them move.
    #[must_use]
    pub fn bars(&self) -> Option<&MultiProgress> {
        self.bars.as_ref()
    }

    /// Writes a result and ends the line.
    pub fn result(&self, text: &str) {
        self.write(text, |text| drop(writeln!(std::io::stdout().lock(), "{}", text.trim_end_matches('\n'))));
    }

    /// Standard output as it is, for a result of any length. Nothing else is written meanwhile.
    pub fn raw(&self) -> impl Write {
        BufWriter::new(std::io::stdout().lock())
    }

    /// Writes something about the work and ends the line.
    pub fn note(&self, text: &str) {
        self.write(text, |text| drop(writeln!(std::io::stderr().lock(), "{}", text.trim_end_matches('\n'))));
    }

    /// A reader that went away (`| head`) is no reason to stop the work: what can't be written is dropped.
    fn write(&self, text: &str, write: impl Fn(&str)) {
        match &self.bars {
            Some(bars) => bars.suspend(|| write(text)),
            None => write(text),
        }
    }
}

/// Writes a line of a result at once, from wherever something is told to another program.
pub fn say(line: &str) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Writes a line about the work at once, from wherever a signal was noticed.
pub fn urgent(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "\n{text}"));
}
