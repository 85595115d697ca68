//! A finding: what happened and where, the rows that show it, what to do, and what the code means.

use super::source;
use crate::reporters::causes::Cause;
use crate::reporters::matrix::EMPTY;
use crate::terminal::count;
use maud::{Markup, html};
use rehearsal::report::{DatabaseReport, Finding, FindingRow, Severity};

/// The most rows that are shown.
const ROWS: usize = 20;
/// The most lines of differences that are shown.
const LINES: usize = 200;

/// Returns the article of a finding.
pub(super) fn article(id: &str, database: &DatabaseReport, cause: &Cause<'_>) -> Markup {
    let finding = cause.finding;
    let (class, colour) = match finding.severity {
        Severity::Error => ("error", "bad"),
        Severity::Warning => ("warning", "care"),
    };
    let explanation = finding.code.explanation;
    html! {
        article class=(class) id=(id) {
            h4 { code class=(colour) { (finding.code) } " " (&finding.message) }
            @if let Some(place) = finding.place() { p.faint { (&place) } }
            @if let Some(place) = &finding.source { (source::line(database.engine, place)) }
            @if !finding.details.is_empty() { (details(&finding.details)) }
            @if !finding.rows.is_empty() { (rows(&finding.rows)) }
            dl {
                @if let Some(help) = &finding.help { dt { "help" } dd { (lines(help)) } }
                dt { "found by" } dd { (found_by(finding, cause)) }
                @if let Some(step) = &finding.step { dt { "step" } dd { (step) } }
                @if let Some(url) = &finding.database { dt { "database" } dd { code { (url) } } }
                @if let Some(command) = &finding.reproduce { dt { "reproduce" } dd { code { (command) } } }
            }
            details {
                summary.faint { "What " code { (finding.code) } " means" }
                p { (explanation.meaning) }
                p { span.faint { "Example: " } (explanation.example) }
                p { span.faint { "Fix: " } (explanation.fix) }
                p { span.faint { "If it is intended: " } (explanation.allow) }
            }
        }
    }
}

fn details(details: &[String]) -> Markup {
    let mut lines = details.iter().flat_map(|detail| detail.lines());
    let shown: Vec<&str> = lines.by_ref().take(LINES).collect();
    let more = lines.count();
    html! {
        pre { (shown.join("\n")) }
        @if more > 0 { p.faint { (count(more as u64, "more line")) " not shown" } }
    }
}

fn lines(text: &str) -> Markup {
    html! { @for (n, line) in text.lines().enumerate() { @if n > 0 { br; } (line) } }
}

fn found_by(finding: &Finding, cause: &Cause<'_>) -> String {
    let first = finding.proof.map(|proof| format!("{proof} / {}", finding.fixture.as_deref().unwrap_or(EMPTY)));
    let all: Vec<String> = first.into_iter().chain(cause.also.iter().cloned()).collect();
    if all.is_empty() { "checks of the files".to_owned() } else { all.join(", ") }
}

fn rows(rows: &[FindingRow]) -> Markup {
    let heading: Vec<&str> = rows.iter().take(1).flat_map(|row| &row.0).map(|(name, _)| name.as_str()).collect();
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "NULL".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |row: &FindingRow| html! { @for (_, value) in &row.0 { td { code { (text(value)) } } } };
    super::table(&heading, &rows.iter().take(ROWS).map(row).collect::<Vec<_>>())
}
