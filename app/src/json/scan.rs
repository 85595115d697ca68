//! Splits a JSON text into tokens; see [`tokens`].
//!
//! A loop instead of recursion, so that nesting can be arbitrarily deep. The text is expected to be valid JSON;
//! for any other text the tokens are meaningless, but the iterator still ends.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// The start of an object or a list.
    Open(Bracket),
    /// The end of an object or a list.
    Close(Bracket),
    /// The separator between two elements or two entries.
    Comma,
    /// The separator between a key and its value.
    Colon,
    /// A string with its quotes: a key or a value.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Word(&'a str),
}

/// The kind of a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    /// `{}`
    Object,
    /// `[]`
    List,
}

/// Iterates over the tokens of a JSON text.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let (token, length) = match first {
            '{' => (Token::Open(Bracket::Object), 1),
            '[' => (Token::Open(Bracket::List), 1),
            '}' => (Token::Close(Bracket::Object), 1),
            ']' => (Token::Close(Bracket::List), 1),
            ',' => (Token::Comma, 1),
            ':' => (Token::Colon, 1),
            '"' => {
                let end = text_end(rest);
                (Token::Text(&rest[..end]), end)
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '{' | '}' | '[' | ']' | '"');
                let end = rest.find(ends).unwrap_or(rest.len());
                (Token::Word(&rest[..end]), end)
            }
        };
        rest = &rest[length..];
        Some(token)
    })
}

/// Iterates over all strings of a JSON text, keys and values, with their quotes.
pub(super) fn texts(text: &str) -> impl Iterator<Item = &str> {
    tokens(text).filter_map(|token| match token {
        Token::Text(text) => Some(text),
        _ => None,
    })
}

/// The length in bytes of the string at the start of `text`, with its quotes.
fn text_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
