//! Makes characters visible that a terminal, a browser or a log would obey or hide ([`visible`]): texts of a report can hold
//! values of rows.

/// Returns the text with a visible sign for each control character, except line breaks and tabs, and for each character that
/// has no width or changes the direction of others.
pub(crate) fn visible(text: &str) -> String {
    if !text.chars().any(is_unseen) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            // The block "control pictures" has a sign for each of these, in the same order.
            '\0'..='\u{1f}' if is_unseen(char) => shown.extend(char::from_u32(0x2400 + u32::from(char))),
            '\u{7f}' => shown.push('␡'),
            char if is_unseen(char) => shown.extend(char.escape_unicode()),
            char => shown.push(char),
        }
    }
    shown
}

/// Returns the text on one line.
pub(crate) fn one_line(text: &str) -> String {
    visible(&text.replace("\r\n", "\n").replace(['\n', '\r'], "⏎"))
}

fn is_unseen(char: char) -> bool {
    match char {
        '\n' | '\t' => false,
        // Marks of direction, embeddings, overrides and isolates, and characters without a width.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}' => true,
        // Line breaks in a browser or an editor, but in no test of a single line.
        '\u{2028}' | '\u{2029}' => true,
        char => char.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn signs() {
        let check = |text: &str, expect: &str, in_line: &str| {
            assert_eq!((visible(text), one_line(text)), (expect.to_owned(), in_line.to_owned()));
        };
        check("größe 😀", "größe 😀", "größe 😀");
        check("a\tb\nc\r\nd", "a\tb\nc␍\nd", "a\tb⏎c⏎d");
        check("\u{1b}[31m\0\u{7f}\u{85}", "␛[31m␀␡\\u{85}", "␛[31m␀␡\\u{85}");
        check(
            "\u{202e}txt.exe\u{feff}\u{2028}",
            "\\u{202e}txt.exe\\u{feff}\\u{2028}",
            "\\u{202e}txt.exe\\u{feff}\\u{2028}",
        );
    }
}
