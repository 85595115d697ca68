//! Wraps long lines at spaces on a terminal, which would otherwise break them inside a word. A log keeps its lines.

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter, wrap};

/// The most columns at which the text after a label starts; text further right is not indented as far.
const DEEPEST: usize = 40;

/// The labels of lines that a user copies whole: commands and URLs.
const TO_COPY: [&str; 2] = ["reproduce ", "database "];

/// Wraps each line that is wider than `width` columns. The following lines start below its text, after its label.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let line = |line: &str| {
        let is_to_copy = || TO_COPY.iter().any(|label| without_escapes(line).trim_start().starts_with(label));
        if display_width(line) <= width || is_to_copy() {
            return line.to_owned();
        }
        let indent = " ".repeat(hanging(line).min(width / 2));
        let options = Options::new(width).subsequent_indent(&indent).break_words(false);
        wrap(line, options.word_splitter(WordSplitter::NoHyphenation)).join("\n")
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Returns the column at which the text of a line starts: after its indentation, and after a label that at least two spaces
/// separate from the rest.
fn hanging(line: &str) -> usize {
    let plain = without_escapes(line);
    let text = plain.trim_start();
    let indent = plain.len() - text.len();
    match text.find("  ") {
        Some(end) => {
            let gap = text[end..].len() - text[end..].trim_start().len();
            let at = indent + text[..end + gap].chars().count();
            if at <= DEEPEST { at } else { indent + 2 }
        }
        None => indent + 2,
    }
}

/// Removes the escapes of colours.
fn without_escapes(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn long_lines() {
        let check = |text: &str, expect: &str| assert_eq!(wrapped(text, 24), expect);
        check("short\n\nlines", "short\n\nlines");
        check("a sentence that is longer than a line", "a sentence that is\n  longer than a line");
        check("  help      add a column and fill it", "  help      add a column\n            and fill it");
        check(
            "  \u{1b}[2mhelp     \u{1b}[0m add a column and fill it",
            "  \u{1b}[2mhelp     \u{1b}[0m add a column\n            and fill it",
        );
        check("/a/path/without/any/space/in/it", "/a/path/without/any/space/in/it");
        check("  reproduce cargo test --all-targets -- one", "  reproduce cargo test --all-targets -- one");
        check("see /a/path/without/any/space", "see\n  /a/path/without/any/space");
    }
}
