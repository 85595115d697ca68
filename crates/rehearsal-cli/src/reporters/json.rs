//! The report as one line of JSON. `docs/report.md` documents its shape.

use rehearsal::report::{RehearsalReport, Reporter};
use std::io::{Error, Write};

/// The format `json`.
pub struct Json;

impl Reporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> Result<(), Error> {
        serde_json::to_writer(&mut *to, report)?;
        writeln!(to)
    }
}
