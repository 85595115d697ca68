//! The tokens of a JSON text, one after the other.
//!
//! A loop over bytes, so that no nesting is too deep. It is meant for texts that are known to be JSON; of others it gives
//! tokens, too, and ends.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// The beginning of an object or of a list.
    Open(Bracket),
    /// The end of one.
    Close(Bracket),
    /// Between two elements, or two keys with their values.
    Comma,
    /// Between a key and its value.
    Colon,
    /// A text with its quotes: a key or a value.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Word(&'a str),
}

/// What is opened and closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    /// `{}`
    Object,
    /// `[]`
    List,
}

/// All tokens.
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

/// All texts with their quotes, keys and values.
pub(super) fn texts(text: &str) -> impl Iterator<Item = &str> {
    tokens(text).filter_map(|token| match token {
        Token::Text(text) => Some(text),
        _ => None,
    })
}

/// How many bytes a text takes that begins with a quote.
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
