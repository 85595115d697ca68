//! The formats of a rehearsal's report. Each is one file here that implements [`Reporter`], a function of the report alone, and
//! one name in [`FORMATS`]. `Text` shows the running rehearsal and its result on the terminal; `Requests` are the reports
//! that flags ask for.

mod causes;
mod closing;
mod finding;
mod fingerprint;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod matrix;
mod requested;
mod sarif;
#[cfg(test)]
mod tests;
mod text;
mod timeline;

pub use finding::{Style, finding};
pub use github::Github;
pub use gitlab::Gitlab;
pub use html::Html;
pub use json::Json;
pub use junit::Junit;
pub use markdown::Markdown;
pub use rehearsal::report::Reporter;
pub(crate) use requested::Requests;
pub use sarif::Sarif;
pub(crate) use text::{Shown, Text};

use crate::terminal::count;
use rehearsal::report::{Command, RehearsalReport};

/// The formats of this crate.
pub const FORMATS: &[&dyn Reporter] = &[&Html, &Json, &Junit, &Sarif, &Markdown, &Github, &Gitlab];

/// Names what a report is about, for a heading.
fn subject(report: &RehearsalReport) -> String {
    let databases = count(report.databases.len() as u64, "database");
    match report.command {
        Command::Rehearsal => format!("Rehearsal of {databases}"),
        Command::Backfill => "Backfill".to_owned(),
        Command::Verify => format!("Checks of {databases}"),
    }
}
