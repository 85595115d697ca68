//! Files with both directions of a migration: a line begins the statements of each.

/// Returns a part of a text, from `start` to `end` in bytes, with everything else blank: positions stay those of the text.
pub(super) fn only(text: &str, start: usize, end: usize) -> String {
    let blank = |part: &str| -> String {
        part.chars().map(|c| if c == '\n' || c == '\r' { c.to_string() } else { " ".repeat(c.len_utf8()) }).collect()
    };
    format!("{}{}{}", blank(&text[..start]), &text[start..end], blank(&text[end..]))
}

/// A line of a text.
pub(super) struct Line<'t> {
    /// Its position, in bytes.
    pub(super) start: usize,
    /// Its text, without white space around it.
    pub(super) text: &'t str,
}

/// The lines of a text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        Line { start, text: line.trim() }
    })
}
