//! The location of a problem in a file: file, line and column, with the text of the line. [`place_of`] reads it
//! from an error.

use miette::{Diagnostic, SourceSpan};
use rehearsal_db::lex::position;
use serde::Serialize;

/// The most characters of a line that are kept: a line of a dump can be megabytes long.
const SHOWN: usize = 110;
/// The most characters before the caret that are kept.
const BEFORE: usize = 60;

/// A location in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The path of the file, as displayed.
    #[serde(skip)]
    pub file: String,
    /// The line, from 1.
    #[serde(skip)]
    pub line: usize,
    /// The column in characters, from 1.
    #[serde(skip)]
    pub column: usize,
    /// The part of the line around the column.
    pub text: String,
    /// The start of the marked characters in `text`, in characters from 0.
    pub mark: usize,
    /// The number of marked characters.
    pub width: usize,
}

/// Returns the locations that an error labels, in the order of the labels.
#[must_use]
pub fn place_of(error: &dyn Diagnostic) -> Vec<Place> {
    let (Some(source), Some(labels)) = (error.source_code(), error.labels()) else { return Vec::new() };
    labels.filter_map(|label| place(source, label.inner())).collect()
}

fn place(source: &dyn miette::SourceCode, span: &SourceSpan) -> Option<Place> {
    // Read the whole text, because positions are counted from its start.
    let whole = source.read_span(&(0, 0).into(), 0, usize::MAX).ok()?;
    let all = std::str::from_utf8(whole.data()).ok()?;
    Some(Place::of(whole.name().unwrap_or_default(), all, span.offset(), span.len()))
}

impl Place {
    /// Returns the location of some bytes of a file, which is displayed as `file` and contains `all`.
    #[must_use]
    pub fn of(file: &str, all: &str, offset: usize, length: usize) -> Self {
        let (line, column, text) = position(all, offset);
        let skipped = column.saturating_sub(BEFORE);
        let shown: String = text.chars().skip(skipped).take(SHOWN).map(|c| if c == '\t' { ' ' } else { c }).collect();
        let marked = all.get(offset..offset + length).unwrap_or_default();
        let width = marked.lines().next().unwrap_or_default().chars().count();
        let width = width.clamp(1, SHOWN - column.saturating_sub(skipped).min(SHOWN - 1));
        let (text, mark) = (shown.trim_end().to_owned(), column - 1 - skipped);
        Self { file: file.to_owned(), line, column, text, mark, width }
    }
}
