//! Shows the current steps of a rehearsal in one changing line on a terminal; a log contains only the results.

use super::Terminal;
use indicatif::{ProgressBar, ProgressStyle};
use rehearsal::event::Event;
use std::time::Duration;

/// The line with the current step.
#[derive(Debug)]
pub struct Steps {
    line: Option<ProgressBar>,
}

impl Steps {
    /// Creates the line. Shows nothing if standard error is not a terminal.
    #[must_use]
    pub fn new(terminal: &Terminal) -> Self {
        let line = terminal.bars().map(|bars| {
            let line = bars.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {spinner} {wide_msg}") {
                line.set_style(style);
            }
            line.enable_steady_tick(Duration::from_millis(100));
            line
        });
        Self { line }
    }

    /// Shows a step; ignores any other event.
    pub fn show(&self, event: Event) {
        if let (Some(line), Event::Step { database, step }) = (&self.line, event) {
            line.set_message(format!("{database}: {step}"));
        }
    }

    /// Removes the line.
    pub fn end(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.end();
    }
}
