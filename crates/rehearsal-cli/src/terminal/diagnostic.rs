//! Renders errors as text: the failure, its location (file, line and the marked text of the line) and the next step.

use super::Paint;
use miette::Diagnostic;
use rehearsal::report::{Place, place_of};
use std::fmt::Write;

/// Renders an error with its location, help and related errors; the text ends with a line break. An error that
/// `explain` knows shows its code.
#[must_use]
pub fn diagnostic(error: &dyn Diagnostic, paint: Paint) -> String {
    let mut text = String::new();
    one(error, paint, &mut text);
    for related in error.related().into_iter().flatten() {
        text.push('\n');
        one(related, paint, &mut text);
    }
    text
}

fn one(error: &dyn Diagnostic, paint: Paint, text: &mut String) {
    let code = error.code().map(|code| format!("[{code}]")).unwrap_or_default();
    let _ = writeln!(text, "{} {error}", paint.bad(format!("error{code}:")));
    details(error, paint, text);
}

fn details(error: &dyn Diagnostic, paint: Paint, text: &mut String) {
    text.extend(place_of(error).iter().map(|place| snippet(place, paint)));
    if let Some(help) = error.help() {
        let _ = writeln!(text, "  {} {help}", paint.good("help:"));
    }
}

/// Renders the line of a file with its number, and a caret below the marked text.
pub(crate) fn excerpt(place: &Place, paint: Paint) -> String {
    let Place { line, text, mark, width, .. } = place;
    let number = line.to_string();
    let (pad, bar) = (" ".repeat(number.len()), paint.faint("|"));
    let (lead, mark) = (" ".repeat(*mark), paint.bad("^".repeat(*width)));
    format!("{} {bar} {text}\n{pad} {bar} {lead}{mark}\n", paint.faint(number))
}

/// Renders the place and the line of a file, with a caret below the marked text.
fn snippet(place: &Place, paint: Paint) -> String {
    let Place { file, line, column, text, mark, width } = place;
    let number = line.to_string();
    let pad = " ".repeat(number.len());
    let (arrow, bar) = (paint.faint("-->"), paint.faint("|"));
    let (lead, mark) = (" ".repeat(*mark), paint.bad("^".repeat(*width)));
    format!(" {pad}{arrow} {file}:{line}:{column}\n {pad} {bar}\n {number} {bar} {text}\n {pad} {bar} {lead}{mark}\n")
}
