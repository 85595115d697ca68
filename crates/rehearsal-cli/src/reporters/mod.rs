//! Reports a rehearsal: events while it runs, the result at the end. Each format is one file here, which implements
//! [`Reporter`] from the report alone, and one line in [`reporter`].

mod causes;
mod closing;
mod finding;
mod json;
mod matrix;
mod text;

pub use finding::finding;
pub use json::Json;
pub use text::Text;

use crate::args::{Detail, Output};
use crate::terminal::Terminal;
use rehearsal::event::Event;
use rehearsal::report::{DatabaseReport, RehearsalReport};

/// An output format for rehearsals.
///
/// ```
/// use rehearsal::event::Event;
/// use rehearsal::report::{DatabaseReport, RehearsalReport};
/// use rehearsal_cli::reporters::Reporter;
/// use std::sync::Mutex;
///
/// /// Keeps one line for each database.
/// struct Lines(Mutex<Vec<String>>);
///
/// impl Reporter for Lines {
///     fn event(&self, _: Event) {}
///
///     fn database(&self, report: &DatabaseReport) {
///         let line = format!("{}: {} findings", report.name, report.failures());
///         self.0.lock().unwrap().push(line);
///     }
///
///     fn finish(&self, _: &RehearsalReport) {}
/// }
/// ```
pub trait Reporter: Sync {
    /// Shows an event of the running rehearsal.
    fn event(&self, event: Event);

    /// Shows the result of a database, as soon as it is known.
    fn database(&self, report: &DatabaseReport);

    /// Ends the output with the report of the whole rehearsal.
    fn finish(&self, report: &RehearsalReport);
}

/// Returns the reporter of a format.
#[must_use]
pub fn reporter(output: Output, detail: Detail, terminal: &Terminal) -> Box<dyn Reporter + '_> {
    match output {
        Output::Text => Box::new(Text::new(terminal, detail)),
        Output::Json => Box::new(Json::new(terminal)),
    }
}
