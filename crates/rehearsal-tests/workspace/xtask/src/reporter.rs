//! A format of reports of this program's own: one line for each database, and how many steps were taken.

use rehearsal::event::Event;
use rehearsal::report::{RehearsalReport, Reporter};
use std::io::{Error, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The format `lines`.
pub(crate) struct Lines {
    steps: AtomicUsize,
}

/// The reporter, which lives as long as the program.
pub(crate) static LINES: Lines = Lines { steps: AtomicUsize::new(0) };

impl Reporter for Lines {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn event(&self, event: &Event) {
        if matches!(event, Event::Step { .. }) {
            self.steps.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> Result<(), Error> {
        for database in &report.databases {
            writeln!(to, "{}: {} proofs, {} findings", database.name, database.proofs.len(), database.findings.len())?;
        }
        let has_steps = self.steps.load(Ordering::Relaxed) > 0;
        writeln!(to, "{}", if has_steps { "with steps" } else { "without steps" })
    }
}
