//! Writes results to standard output and everything else to standard error.

use super::Paint;
use super::wrap::wrapped;
use indicatif::MultiProgress;
use std::io::{BufWriter, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use terminal_size::{Height, Width, terminal_size_of};

/// Standard output and standard error, with their paints and progress bars.
#[derive(Debug)]
pub struct Terminal {
    out: Paint,
    err: Paint,
    bars: Option<MultiProgress>,
    /// True if a report goes to standard output, so that everything else goes to standard error.
    yields: AtomicBool,
    /// The width of standard output and of standard error, in columns. `None` if it is no terminal.
    widths: (Option<usize>, Option<usize>),
}

impl Terminal {
    /// Detects whether standard output and standard error are terminals.
    #[must_use]
    pub fn new(colours: Colours) -> Self {
        let paint = |is_terminal: bool| match colours {
            Colours::Always => Paint::Colour,
            Colours::OnTerminals if is_terminal => Paint::Colour,
            Colours::OnTerminals | Colours::Never | Colours::Nothing => Paint::Plain,
        };
        let is_terminal = std::io::stderr().is_terminal();
        let columns = |size: Option<(Width, Height)>| size.map(|(Width(columns), _)| usize::from(columns));
        Self {
            out: paint(std::io::stdout().is_terminal()),
            err: paint(is_terminal),
            yields: AtomicBool::new(false),
            bars: (is_terminal && colours != Colours::Nothing).then(MultiProgress::new),
            widths: (columns(terminal_size_of(std::io::stdout())), columns(terminal_size_of(std::io::stderr()))),
        }
    }

    /// Returns the paint of standard output.
    #[must_use]
    pub fn out(&self) -> Paint {
        self.out
    }

    /// Returns the number of columns of standard output; of a log, as many as are easy to read.
    #[must_use]
    pub fn width(&self) -> usize {
        self.widths.0.unwrap_or(LOG)
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

    /// Writes results to standard error from now on, because a report goes to standard output.
    pub fn yield_output(&self) {
        self.yields.store(true, Ordering::Relaxed);
    }

    /// Writes a result and a line break to standard output.
    pub fn result(&self, text: &str) {
        if self.yields.load(Ordering::Relaxed) {
            return self.note(text);
        }
        let text = fitted(text, self.widths.0);
        self.write(&text, |text| drop(writeln!(std::io::stdout().lock(), "{text}")));
    }

    /// Writes a result for a program and a line break to standard output, without wrapping it.
    pub fn json(&self, text: &str) {
        if self.yields.load(Ordering::Relaxed) {
            return self.write(text, |text| drop(writeln!(std::io::stderr().lock(), "{text}")));
        }
        self.write(text, |text| drop(writeln!(std::io::stdout().lock(), "{text}")));
    }

    /// Returns a writer for a result of any length. It locks standard output.
    pub fn raw(&self) -> impl Write {
        BufWriter::new(std::io::stdout().lock())
    }

    /// Writes a message and a line break to standard error.
    pub fn note(&self, text: &str) {
        let text = fitted(text, self.widths.1);
        self.write(&text, |text| drop(writeln!(std::io::stderr().lock(), "{text}")));
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

/// The number of columns of a log.
const LOG: usize = 120;

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// On a terminal.
    OnTerminals,
    /// Always.
    Always,
    /// Never.
    Never,
    /// Never, and nothing changes that was printed before: the terminal understands no escapes.
    Nothing,
}

/// Removes the line break at the end of a text, and wraps it for a terminal.
fn fitted(text: &str, width: Option<usize>) -> String {
    let text = text.trim_end_matches('\n');
    width.map_or_else(|| text.to_owned(), |width| wrapped(text, width))
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
