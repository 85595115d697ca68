//! Renders a finding as text: the fault, its location, the cause and the remedy.

use super::matrix::EMPTY;
use crate::args::Detail;
use crate::terminal::{Paint, count, snippet, table};
use rehearsal::Exit;
use rehearsal::report::{Finding, Severity};
use std::fmt::Write;

/// The most lines of differences without `--verbose`.
const LINES: usize = 24;

/// Formats a finding of a database. `also` lists where else its cause was found.
#[must_use]
pub fn finding(database: &str, finding: &Finding, also: &[String], detail: Detail, paint: Paint) -> String {
    let word = match (finding.severity, finding.code.exit) {
        (Severity::Warning, _) => paint.warning("WARNING"),
        (Severity::Error, Exit::Incomplete) => paint.warning("INCOMPLETE"),
        (Severity::Error, _) => paint.bad("FAILED"),
    };
    let place = match finding.proof {
        Some(proof) => format!("{database} / {proof} / {}", finding.fixture.as_deref().unwrap_or(EMPTY)),
        None => database.to_owned(),
    };
    let mut text = String::new();
    let _ = writeln!(text, "\n{word} {}: {}", paint.strong(place), finding.code);
    let mut add = |name: &str, value: &str| text.push_str(&field(name, value, paint));
    if let Some(step) = &finding.step {
        add("step", step);
    }
    let source = finding.source.as_ref().map(|place| format!("\n{}", snippet(place, paint).trim_end()));
    let details = details(&finding.details, detail, paint);
    add("found", &format!("{}{}{details}", finding.message, source.unwrap_or_default()));
    if !finding.rows.is_empty() {
        add("rows", table(&finding.rows).trim_end());
    }
    if let Some(help) = &finding.help {
        add("help", help);
    }
    if !also.is_empty() {
        add("also in", &also.join(", "));
    }
    if let Some(database) = &finding.database {
        add("database", database);
    }
    if let Some(reproduce) = &finding.reproduce {
        add("reproduce", reproduce);
    }
    text
}

/// Formats the differences or causes, each on lines of its own.
fn details(details: &[String], detail: Detail, paint: Paint) -> String {
    let lines: Vec<&str> = details.iter().flat_map(|text| text.split('\n')).collect();
    let shown = match detail {
        // One more line than shown takes no more space than the sentence about it.
        Detail::Short if lines.len() > LINES + 1 => LINES,
        Detail::Short | Detail::Full => lines.len(),
    };
    let mut text: String = lines[..shown].iter().map(|line| format!("\n{line}")).collect();
    let left = lines.len() - shown;
    if left > 0 {
        let more = format!("{} more; -v prints all", count(left as u64, "line"));
        text.push_str(&format!("\n{}", paint.faint(more)));
    }
    text
}

/// Formats one field of a finding, indented if it has several lines.
fn field(name: &str, value: &str, paint: Paint) -> String {
    format!("  {} {}\n", paint.faint(format!("{name:<9}")), value.replace('\n', "\n            "))
}
