//! Renders a finding as text: where, what, why, the rows that show it, and how to fix it.

use super::matrix::EMPTY;
use crate::args::Detail;
use crate::terminal::{Paint, count, excerpt, one_line, table, visible};
use rehearsal::Exit;
use rehearsal::report::{Finding, Severity};
use std::fmt::Write;

/// The most lines of differences without `--verbose`.
const LINES: usize = 24;
/// The most rows without `--verbose`.
const ROWS: usize = 3;

/// How findings are rendered.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// How much is shown.
    pub detail: Detail,
    /// Whether text is coloured.
    pub paint: Paint,
    /// The number of columns, which tables do not exceed.
    pub width: usize,
}

/// Formats a finding of a database. `also` lists where else its cause was found.
#[must_use]
pub fn finding(database: &str, finding: &Finding, also: &[String], style: Style) -> String {
    let paint = style.paint;
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
    let _ = writeln!(text, "\n{word} {}: {}", paint.strong(one_line(&place)), finding.code);
    let mut add = |name: &str, value: &str| text.push_str(&field(name, value, paint));
    match (&finding.source, &finding.file) {
        (Some(place), _) => {
            let at = format!("{}:{}:{}", place.file, place.line, place.column);
            add(
                "at",
                &format!("{}\n{}", one_line(&at), excerpt(place, style.width.saturating_sub(INDENT), paint).trim_end()),
            );
        }
        // A message that names the file says where.
        (None, Some(file)) if !finding.message.contains(file.as_str()) => {
            add("at", &one_line(&finding.place().unwrap_or_default()));
        }
        (None, _) => {}
    }
    if let Some(step) = finding.step.as_ref().filter(|_| finding.file.is_none() || style.detail == Detail::Full) {
        add("step", &visible(step));
    }
    add("what", &visible(&finding.message));
    if !finding.details.is_empty() {
        add("why", &details(&finding.details, style));
    }
    if !finding.rows.is_empty() {
        add("rows", &rows(finding, style));
    }
    if let Some(help) = &finding.help {
        add("fix", &visible(help));
    }
    if !also.is_empty() {
        add("also in", &one_line(&also.join(", ")));
    }
    if let Some(database) = &finding.database {
        add("database", &one_line(database));
    }
    if let Some(reproduce) = &finding.reproduce {
        add("reproduce", &one_line(reproduce));
    }
    text
}

/// Formats the differences or causes, each on lines of its own.
fn details(details: &[String], style: Style) -> String {
    let details: Vec<String> = details.iter().map(|text| visible(text)).collect();
    let lines: Vec<&str> = details.iter().flat_map(|text| text.split('\n')).collect();
    let shown = match style.detail {
        // One more line than shown takes no more space than the sentence about it.
        Detail::Short if lines.len() > LINES + 1 => LINES,
        Detail::Short | Detail::Full => lines.len(),
    };
    let mut text = lines[..shown].join("\n");
    let left = lines.len() - shown;
    if left > 0 {
        let more = format!("{} more; -v prints all", count(left as u64, "line"));
        let _ = write!(text, "\n{}", style.paint.faint(more));
    }
    text
}

fn rows(finding: &Finding, style: Style) -> String {
    let shown = match style.detail {
        Detail::Short if finding.rows.len() > ROWS => ROWS,
        Detail::Short | Detail::Full => finding.rows.len(),
    };
    let table = table(&finding.rows[..shown], style.width.saturating_sub(INDENT));
    // The field is indented already.
    let lines: Vec<&str> = table.trim_end().lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    let mut text = lines.join("\n");
    let left = finding.rows.len() - shown;
    if left > 0 {
        let more = format!("{} more; -v prints all", count(left as u64, "row"));
        let _ = write!(text, "\n{}", style.paint.faint(more));
    }
    text
}

/// The column at which the values of fields begin.
const INDENT: usize = 12;

/// Formats one field of a finding, indented if it has several lines.
fn field(name: &str, value: &str, paint: Paint) -> String {
    let indent = format!("\n{:INDENT$}", "");
    format!("  {} {}\n", paint.faint(format!("{name:<9}")), value.replace('\n', &indent))
}
