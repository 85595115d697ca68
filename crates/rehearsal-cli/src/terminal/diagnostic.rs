//! Errors as a person reads them: what failed, where (file, line, the line itself with a mark), and what to type next.

use super::Paint;
use miette::Diagnostic;
use rehearsal::report::{Place, place_of};
use std::fmt::Write;

/// Renders an error with everything that it knows, each line ended. An error that `explain` explains has its code.
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

/// The line of a file that something is about, with a mark.
pub(crate) fn snippet(place: &Place, paint: Paint) -> String {
    let Place { file, line, column, text, mark, width } = place;
    let number = line.to_string();
    let pad = " ".repeat(number.len());
    let (arrow, bar) = (paint.faint("-->"), paint.faint("|"));
    let (lead, mark) = (" ".repeat(*mark), paint.bad("^".repeat(*width)));
    format!(" {pad}{arrow} {file}:{line}:{column}\n {pad} {bar}\n {number} {bar} {text}\n {pad} {bar} {lead}{mark}\n")
}
