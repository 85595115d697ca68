//! Errors as a person reads them: what failed, where (file, line, the line itself with a mark), and what to type next.

use super::Paint;
use miette::{Diagnostic, SourceSpan};
use rehearsal_db::lex::position;
use std::fmt::Write;

/// Renders an error with everything that it knows, each line ended.
#[must_use]
pub fn diagnostic(error: &dyn Diagnostic, paint: Paint) -> String {
    let mut text = String::new();
    let heading = paint.bad("error:");
    let _ = writeln!(text, "{heading} {error}");
    details(error, paint, &mut text);
    for related in error.related().into_iter().flatten() {
        let _ = writeln!(text, "\n{heading} {related}");
        details(related, paint, &mut text);
    }
    text
}

fn details(error: &dyn Diagnostic, paint: Paint, text: &mut String) {
    text.push_str(&place(error, paint).unwrap_or_default());
    if let Some(help) = error.help() {
        let _ = writeln!(text, "  {} {help}", paint.good("help:"));
    }
}

/// The lines that an error is about, each with a mark.
pub(crate) fn place(error: &dyn Diagnostic, paint: Paint) -> Option<String> {
    let (source, labels) = (error.source_code()?, error.labels()?);
    Some(labels.filter_map(|label| snippet(source, label.inner(), paint)).collect())
}

fn snippet(source: &dyn miette::SourceCode, span: &SourceSpan, paint: Paint) -> Option<String> {
    // The whole text: positions are counted from its start.
    let whole = source.read_span(&(0, 0).into(), 0, usize::MAX).ok()?;
    let all = std::str::from_utf8(whole.data()).ok()?;
    let (line_number, column, line) = position(all, span.offset());
    let name = whole.name().unwrap_or_default();
    let number = line_number.to_string();
    let pad = " ".repeat(number.len());
    let bar = paint.faint("|");
    // A line of a dump may be megabytes long; the part around the mark is enough.
    let skipped = column.saturating_sub(60);
    let shown: String = line.chars().skip(skipped).take(110).map(|c| if c == '\t' { ' ' } else { c }).collect();
    let shown = shown.trim_end();
    let marked = all.get(span.offset()..span.offset() + span.len()).unwrap_or_default();
    let width = marked
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        .clamp(1, 110 - column.saturating_sub(skipped).min(109));
    let mark = paint.bad("^".repeat(width));
    let lead = " ".repeat(column - 1 - skipped);
    let arrow = paint.faint("-->");
    Some(format!(
        " {pad}{arrow} {name}:{line_number}:{column}\n {pad} {bar}\n {number} {bar} {shown}\n {pad} {bar} {lead}{mark}\n"
    ))
}
