//! Renders errors as text: the failure, its location (file, line and the marked text of the line) and the next step.

use super::Paint;
use super::visible::one_line;
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

/// Renders the line of a file with its number, and a caret below the marked text. Of a line that needs more than `columns`, the
/// part around the mark is shown.
pub(crate) fn excerpt(place: &Place, columns: usize, paint: Paint) -> String {
    let number = place.line.to_string();
    let (text, mark, width) = around(place, columns.saturating_sub(number.len() + 3).max(NARROWEST));
    let (pad, bar) = (" ".repeat(number.len()), paint.faint("|"));
    let (lead, mark) = (" ".repeat(mark), paint.bad("^".repeat(width)));
    format!("{} {bar} {text}\n{pad} {bar} {lead}{mark}\n", paint.faint(number))
}

/// The fewest columns in which a line of SQL is shown.
const NARROWEST: usize = 20;

/// Cuts a line so that it fits into this many columns and the mark is visible. Returns it with the start and the width of the mark.
fn around(place: &Place, columns: usize) -> (String, usize, usize) {
    let text: Vec<char> = place.text.chars().collect();
    if text.len() <= columns {
        return (one_line(&place.text), place.mark, place.width);
    }
    // A third of the columns shows what precedes the mark.
    let start = place.mark.saturating_sub(columns / 3).min(text.len() - columns);
    let end = start + columns;
    let mut shown = text[start..end].to_vec();
    if let Some(first) = shown.first_mut().filter(|_| start > 0) {
        *first = '…';
    }
    if let Some(last) = shown.last_mut().filter(|_| end < text.len()) {
        *last = '…';
    }
    let mark = place.mark - start;
    (one_line(&String::from_iter(shown)), mark, place.width.min(columns - mark))
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

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn lines_fit() {
        let check = |text: &str, mark: usize, width: usize, expect: &str| {
            let place = Place { file: String::new(), line: 7, column: 1, text: text.to_owned(), mark, width };
            assert_eq!(excerpt(&place, 24, Paint::Plain), expect);
        };
        check("DROP TABLE a;", 5, 5, "7 | DROP TABLE a;\n  |      ^^^^^\n");
        check("CREATE TABLE a (b int, c int);", 0, 6, "7 | CREATE TABLE a (b i…\n  | ^^^^^^\n");
        check("CREATE TABLE a (b int, c int);", 23, 1, "7 | …E a (b int, c int);\n  |              ^\n");
        check("tab\u{1b}", 0, 3, "7 | tab␛\n  | ^^^\n");
    }
}
