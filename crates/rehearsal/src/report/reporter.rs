//! [`Reporter`]: a format in which the report of a rehearsal is written.

use super::RehearsalReport;
use crate::event::Event;
use std::io::{self, Write};

/// Writes the report of a rehearsal in one format.
///
/// ```
/// use rehearsal::report::{Reporter, RehearsalReport};
/// use std::io::{self, Write};
///
/// /// One line for each database.
/// struct Lines;
///
/// impl Reporter for Lines {
///     fn name(&self) -> &'static str {
///         "lines"
///     }
///
///     fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> io::Result<()> {
///         report.databases.iter().try_for_each(|one| writeln!(to, "{}: {} findings", one.name, one.failures()))
///     }
/// }
/// ```
pub trait Reporter: Sync {
    /// The name of the format, as `--report` takes it.
    fn name(&self) -> &'static str;

    /// Receives an event of the running rehearsal. Most formats are made from the report alone and ignore events.
    fn event(&self, _event: &Event) {}

    /// Writes a report.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> io::Result<()>;
}
