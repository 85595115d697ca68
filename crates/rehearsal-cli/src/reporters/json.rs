//! Prints the report as one line of JSON on standard output. `docs/report.md` documents its shape.

use super::Reporter;
use crate::terminal::{Steps, Terminal};
use rehearsal::event::Event;
use rehearsal::report::{DatabaseReport, RehearsalReport};

/// Prints the report as JSON.
pub struct Json<'t> {
    terminal: &'t Terminal,
    steps: Steps,
}

impl<'t> Json<'t> {
    /// Creates a reporter that writes to this terminal.
    #[must_use]
    pub fn new(terminal: &'t Terminal) -> Self {
        Self { terminal, steps: Steps::new(terminal) }
    }
}

impl Reporter for Json<'_> {
    fn event(&self, event: Event) {
        self.steps.show(event);
    }

    fn database(&self, _: &DatabaseReport) {}

    fn finish(&self, report: &RehearsalReport) {
        self.steps.end_all();
        // A report contains only text, numbers and lists, so serialisation cannot fail.
        self.terminal.json(&serde_json::to_string(report).unwrap_or_default());
    }
}
