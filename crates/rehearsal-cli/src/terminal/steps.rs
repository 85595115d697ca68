//! What a rehearsal is doing, in one line that changes, where somebody can see it change; a log gets the answers only.

use super::Terminal;
use indicatif::{ProgressBar, ProgressStyle};
use rehearsal::event::Event;
use std::time::Duration;

/// The line.
#[derive(Debug)]
pub struct Steps {
    line: Option<ProgressBar>,
}

impl Steps {
    /// A line on that terminal, if it is one.
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

    /// Shows a step; any other event is not for here.
    pub fn show(&self, event: Event) {
        if let (Some(line), Event::Step { database, step }) = (&self.line, event) {
            line.set_message(format!("{database}: {step}"));
        }
    }

    /// Takes the line away.
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
