//! How a rehearsal is reported: events while it runs, the report at the end. Each format is one file here and one line in
//! [`reporter`]; it is a function of the report and looks at nothing else.

mod finding;
mod json;
mod matrix;
mod text;

pub use finding::finding;
pub use json::Json;
pub use text::Text;

use crate::args::Output;
use crate::terminal::Terminal;
use rehearsal::event::Event;
use rehearsal::report::RehearsalReport;

/// Reports a rehearsal.
pub trait Reporter: Sync {
    /// Something happened while it runs.
    fn event(&self, event: Event);

    /// It is over, and this is what it found.
    fn finish(&self, report: &RehearsalReport);
}

/// The reporter of a format.
#[must_use]
pub fn reporter(output: Output, terminal: &Terminal) -> Box<dyn Reporter + '_> {
    match output {
        Output::Text => Box::new(Text::new(terminal)),
        Output::Json => Box::new(Json::new(terminal)),
    }
}
