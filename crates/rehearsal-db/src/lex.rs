//! A lexer for SQL: it separates statements, comments, strings and identifiers, so that a file can run statement by
//! statement and an error can show its location. It does not check whether the SQL is valid. [`statements`] and
//! [`tokens`] are the entry points.

pub(crate) mod scan;
#[cfg(test)]
mod tests;

use super::Engine;

/// The lexical rules of an engine.
#[derive(Debug)]
pub struct Lexical {
    /// The quotes around identifiers, in addition to double quotes.
    pub quotes: &'static [(char, char)],
    /// The kinds of strings, in addition to single quotes.
    pub strings: StringForms,
    /// Whether block comments nest.
    pub nests_comments: bool,
    /// Whether a block comment without an end is an error; otherwise it extends to the end.
    pub refuses_unclosed_comments: bool,
    /// The characters that end a line comment.
    pub line_ends: &'static [char],
    /// Whether a vertical tab is white space anywhere; otherwise only after other white space, as in SQLite.
    pub skips_vertical_tabs: bool,
    /// Whether a byte order mark counts as white space; otherwise it is an error.
    pub skips_byte_order_mark: bool,
    /// The end of the parameter at this position, such as `$1`; `None` if there is none.
    pub end_of_parameter: fn(&[u8], usize) -> Option<usize>,
    /// Whether the semicolon at the end of these tokens is inside a body and does not end the statement. The tokens
    /// contain no comments.
    pub is_inside: fn(&[Token<'_>]) -> bool,
}

/// The kinds of strings of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringForms {
    /// Single quotes only.
    Plain,
    /// Also `$tag$` quotes, and backslash escapes in `E''`.
    DollarsAndEscapes,
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, an unquoted identifier, a number or a parameter.
    Word,
    /// An identifier in double quotes, backticks or brackets.
    Quoted,
    /// A string in single quotes or dollar quotes. A prefix such as the `E` of `E''` is a word before it.
    String,
    /// A comment of either form.
    Comment,
    /// Any other single character, or two dots.
    Punct,
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Its position, in bytes.
    pub start: usize,
    /// Its text as written.
    pub text: &'a str,
}

impl<'a> Token<'a> {
    /// True for this word in any case.
    pub fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Punct) && self.text.eq_ignore_ascii_case(word)
    }

    /// The content of a dollar-quoted string and its position, in bytes; `None` without its end.
    pub fn body(&self) -> Option<(usize, &'a str)> {
        let tag = self.text.strip_prefix('$').filter(|_| self.kind == Kind::String)?;
        let (open, rest) = self.text.split_at_checked(tag.find('$')? + 2)?;
        Some((self.start + open.len(), rest.strip_suffix(open)?))
    }

    /// The name in a quoted identifier, or the text in single quotes with its backslashes. A token without its end is
    /// returned as written.
    pub fn unquoted(&self) -> String {
        let mut inner = self.text.chars();
        let (open, close) = (inner.next(), inner.next_back());
        let inner = inner.as_str();
        match (open, close) {
            (Some('['), Some(']')) => inner.to_owned(),
            (Some(quote @ ('"' | '`' | '\'')), Some(close)) if quote == close => {
                let parts: Vec<&str> = inner.split(&[quote; 2].iter().collect::<String>()).collect();
                // The last quote belongs to a doubled quote.
                let is_open = parts.iter().any(|part| part.contains(quote));
                if is_open { self.text.to_owned() } else { parts.join(&quote.to_string()) }
            }
            _ => self.text.to_owned(),
        }
    }

    /// The token in normal form, for comparison: keywords in upper case, identifiers without quotes.
    pub fn normal(&self) -> String {
        match self.kind {
            Kind::Word => self.text.to_ascii_uppercase(),
            Kind::Quoted => self.unquoted().to_ascii_uppercase(),
            Kind::String | Kind::Comment | Kind::Punct => self.text.to_owned(),
        }
    }
}

/// The tokens of `sql`, with comments and without white space. An unclosed token extends to the end.
pub fn tokens(sql: &str, engine: Engine) -> Vec<Token<'_>> {
    let bytes = sql.as_bytes();
    let lexical = engine.lexical();
    let has_dollars = lexical.strings == StringForms::DollarsAndEscapes;
    let mut tokens = Vec::new();
    let mut at = 0;
    // The end of the last string with escapes, if only line comments follow it.
    let mut escaped: Option<usize> = None;
    while at < bytes.len() {
        let start = at;
        let next = bytes.get(at + 1).copied();
        let kind = match bytes[at] {
            b if b.is_ascii_whitespace() || lexical.skips_vertical_tabs && b == b'\x0b' => {
                at = scan::end_of_space(bytes, at);
                continue;
            }
            _ if lexical.skips_byte_order_mark && sql[at..].starts_with('\u{feff}') => {
                at += '\u{feff}'.len_utf8();
                continue;
            }
            b'-' if next == Some(b'-') => {
                at = sql[at..].find(lexical.line_ends).map_or(bytes.len(), |n| at + n);
                Kind::Comment
            }
            b'/' if next == Some(b'*') && (lexical.refuses_unclosed_comments || at + 2 < bytes.len()) => {
                at = scan::end_of_comment(bytes, at, lexical.nests_comments).unwrap_or(bytes.len());
                Kind::Comment
            }
            b'$' if has_dollars && let Some(end) = scan::end_of_dollars(sql, at) => {
                at = end;
                Kind::String
            }
            b'\'' if has_dollars && (follows_e(&tokens, start) || continues(sql, escaped, start)) => {
                at = scan::end_of_escaped(bytes, at + 1);
                escaped = Some(at);
                Kind::String
            }
            b'\'' => {
                at = scan::end_of_quoted(bytes, at + 1, b'\'');
                Kind::String
            }
            b'"' => {
                at = scan::end_of_quoted(bytes, at + 1, b'"');
                Kind::Quoted
            }
            open if let Some((_, end)) = lexical.quotes.iter().find(|(begin, _)| *begin == char::from(open)) => {
                at = match u8::try_from(*end) {
                    // A doubled quote does not close it.
                    Ok(end) if end == open => scan::end_of_quoted(bytes, at + 1, end),
                    _ => sql[at..].find(*end).map_or(bytes.len(), |n| at + n + end.len_utf8()),
                };
                Kind::Quoted
            }
            _ if let Some(end) = (lexical.end_of_parameter)(bytes, at) => {
                at = end;
                Kind::Word
            }
            b'0'..=b'9' => {
                at = scan::end_of_number(bytes, at);
                Kind::Word
            }
            b'.' if next.is_some_and(|b| b.is_ascii_digit()) => {
                at = scan::end_of_number(bytes, at);
                Kind::Word
            }
            b if scan::starts_word(b) => {
                at = scan::end_of_word(bytes, at);
                Kind::Word
            }
            // In `1..n` no dot belongs to a number.
            b'.' if next == Some(b'.') => {
                at += 2;
                Kind::Punct
            }
            _ => {
                at += 1;
                Kind::Punct
            }
        };
        if escaped != Some(at) && !sql[start..].starts_with("--") {
            escaped = None;
        }
        tokens.push(Token { kind, start, text: &sql[start..at] });
    }
    tokens
}

/// True if the last token is the `E` of an escape string that starts at `start`.
fn follows_e(tokens: &[Token<'_>], start: usize) -> bool {
    tokens.last().is_some_and(|last| last.text.eq_ignore_ascii_case("E") && last.start + 1 == start)
}

/// True if a string at `start` continues one that ended at `escaped`: PostgreSQL joins strings on successive lines, and
/// the escapes of the first one apply to all.
fn continues(sql: &str, escaped: Option<usize>, start: usize) -> bool {
    escaped.is_some_and(|end| sql[end..start].contains(['\n', '\r']))
}

/// One statement of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The position of its first token, in bytes.
    pub start: usize,
    /// Its text, from its first token to its semicolon.
    pub text: &'a str,
}

/// The statements of `sql`, each with its semicolon. Comments between statements belong to none of them, except one
/// without its end that the engine refuses. A body ([`Lexical::is_inside`]) belongs to the statement around it.
pub fn statements(sql: &str, engine: Engine) -> Vec<Statement<'_>> {
    let lexical = engine.lexical();
    let is_refused = |token: &Token<'_>| {
        lexical.refuses_unclosed_comments
            && token.text.starts_with("/*")
            && scan::end_of_comment(token.text.as_bytes(), 0, lexical.nests_comments).is_none()
    };
    let mut found = Vec::new();
    let mut current: Vec<Token<'_>> = Vec::new();
    for token in tokens(sql, engine).into_iter().filter(|token| token.kind != Kind::Comment || is_refused(token)) {
        if current.is_empty() && token.is(";") {
            continue;
        }
        current.push(token);
        if token.is(";") && !(lexical.is_inside)(&current) {
            found.extend(statement(sql, &current));
            current.clear();
        }
    }
    found.extend(statement(sql, &current));
    found
}

fn statement<'a>(sql: &'a str, tokens: &[Token<'a>]) -> Option<Statement<'a>> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    Some(Statement { start: first.start, text: &sql[first.start..last.start + last.text.len()] })
}

/// The line, the column (both from 1, the column in characters) and the text of the line of a byte offset.
pub fn position(text: &str, offset: usize) -> (usize, usize, &str) {
    let offset = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    let line_end = text[offset..].find('\n').map_or(text.len(), |n| offset + n);
    let line = text[line_start..line_end].trim_end_matches('\r');
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1, line)
}
