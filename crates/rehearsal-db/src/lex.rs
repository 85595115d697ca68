//! A lexer for SQL: it separates statements, comments, strings and identifiers, so that a file can run statement by
//! statement and an error can show its location. It does not check whether the SQL is valid. [`statements`] and
//! [`tokens`] are the entry points.

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
    /// Whether a byte order mark counts as white space; otherwise it is an error.
    pub skips_byte_order_mark: bool,
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
    /// A keyword, an unquoted identifier or a number.
    Word,
    /// An identifier in double quotes, backticks or brackets.
    Quoted,
    /// A string in single quotes.
    String,
    /// A comment of either form.
    Comment,
    /// Any other single character.
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

    /// The content of a dollar-quoted string and its position, in bytes.
    pub fn body(&self) -> Option<(usize, &'a str)> {
        let mark = self.text.strip_prefix('$')?.find('$')? + 2;
        let body = self.text.get(mark..self.text.len().checked_sub(mark)?)?;
        Some((self.start + mark, body))
    }

    /// The name in a quoted identifier.
    pub fn unquoted(&self) -> String {
        let mut inner = self.text.chars();
        let (open, close) = (inner.next(), inner.next_back());
        let inner = inner.as_str();
        match (open, close) {
            (Some('['), Some(']')) => inner.to_owned(),
            (Some(open), Some(close)) if open == close => {
                inner.replace(&[close; 2].iter().collect::<String>(), &close.to_string())
            }
            // Not closed.
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
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let kind = match bytes[at] {
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ if lexical.skips_byte_order_mark && sql[at..].starts_with('\u{feff}') => {
                at += '\u{feff}'.len_utf8();
                continue;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = sql[at..].find('\n').map_or(bytes.len(), |n| at + n);
                Kind::Comment
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = end_of_comment(bytes, at, lexical);
                Kind::Comment
            }
            b'$' if lexical.strings == StringForms::DollarsAndEscapes
                && let Some(end) = end_of_dollars(sql, at) =>
            {
                at = end;
                Kind::String
            }
            b'\'' if lexical.strings == StringForms::DollarsAndEscapes && follows_e(&tokens, start) => {
                at = close_escaped(bytes, at + 1);
                Kind::String
            }
            b'\'' => {
                at = close(bytes, at + 1, b'\'');
                Kind::String
            }
            b'"' => {
                at = close(bytes, at + 1, b'"');
                Kind::Quoted
            }
            open if let Some((_, end)) = lexical.quotes.iter().find(|(begin, _)| *begin == char::from(open)) => {
                at = match u8::try_from(*end) {
                    // A doubled quote does not close it.
                    Ok(end) if end == open => close(bytes, at + 1, end),
                    _ => sql[at..].find(*end).map_or(bytes.len(), |n| at + n + end.len_utf8()),
                };
                Kind::Quoted
            }
            b if b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii() => {
                while at < bytes.len()
                    && (bytes[at].is_ascii_alphanumeric()
                        || matches!(bytes[at], b'_' | b'$' | b'.')
                        || !bytes[at].is_ascii())
                {
                    // A dot belongs to a number, not between two identifiers.
                    if bytes[at] == b'.' && !bytes[start].is_ascii_digit() {
                        break;
                    }
                    at += 1;
                }
                Kind::Word
            }
            _ => {
                at += 1;
                Kind::Punct
            }
        };
        tokens.push(Token { kind, start, text: &sql[start..at] });
    }
    tokens
}

/// The end of a quoted token that starts before `at`; a doubled quote does not end it.
fn close(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

/// The end of a block comment.
fn end_of_comment(bytes: &[u8], start: usize, lexical: &Lexical) -> usize {
    let (mut at, mut depth) = (start + 2, 1);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            (b'/', Some(b'*')) if lexical.nests_comments => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a dollar-quoted string; `None` if no tag begins at `start`.
fn end_of_dollars(sql: &str, start: usize) -> Option<usize> {
    let rest = &sql[start + 1..];
    let tag_end = rest.find('$')?;
    let tag = &rest[..tag_end];
    let is_tag = !tag.starts_with(|c: char| c.is_ascii_digit()) && tag.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mark = &sql[start..start + tag_end + 2];
    let body = start + mark.len();
    is_tag.then(|| sql[body..].find(mark).map_or(sql.len(), |n| body + n + mark.len()))
}

/// True if the last token is the `E` of an escape string that starts at `start`.
fn follows_e(tokens: &[Token<'_>], start: usize) -> bool {
    tokens.last().is_some_and(|last| last.text.eq_ignore_ascii_case("E") && last.start + 1 == start)
}

/// The end of a string with backslash escapes.
fn close_escaped(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// One statement of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The position of its first token, in bytes.
    pub start: usize,
    /// Its text, from its first token to its semicolon.
    pub text: &'a str,
}

/// The statements of `sql`, each with its semicolon. Comments between statements belong to none of them. A body
/// ([`Lexical::is_inside`]) belongs to the statement around it.
pub fn statements(sql: &str, engine: Engine) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let mut current: Vec<Token<'_>> = Vec::new();
    for token in tokens(sql, engine).into_iter().filter(|token| token.kind != Kind::Comment) {
        if current.is_empty() && token.is(";") {
            continue;
        }
        current.push(token);
        if token.is(";") && !(engine.lexical().is_inside)(&current) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    #[test]
    fn splits_statements() {
        let check = |sql: &str, expect: &[&str]| {
            assert_eq!(statements(sql, Engine::Sqlite).iter().map(|s| s.text).collect::<Vec<_>>(), expect, "{sql}");
        };
        check("", &[]);
        check(" ; ;\n-- only a comment", &[]);
        check("SELECT 1", &["SELECT 1"]);
        check("a; -- b;\nc /* ; */ d;", &["a;", "c /* ; */ d;"]);
        check("a ';' '''' b; \"x;\"\"\" [;] `;`;", &["a ';' '''' b;", "\"x;\"\"\" [;] `;`;"]);
        check(
            "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END; e;",
            &[
                "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END;",
                "e;",
            ],
        );
        check("CREATE TABLE trigger_log (a); b", &["CREATE TABLE trigger_log (a);", "b"]);
        check("a 'never closed; b", &["a 'never closed; b"]);
        check("sélect 'é'; x", &["sélect 'é';", "x"]);
        check("a.b = 1.5e3;", &["a.b = 1.5e3;"]);
        check("\u{feff}CREATE TRIGGER t BEGIN a; END; b", &["CREATE TRIGGER t BEGIN a; END;", "b"]);
    }

    #[test]
    fn splits_statements_of_postgres() {
        let check = |sql: &str, expect: &[&str]| {
            assert_eq!(statements(sql, Engine::Postgres).iter().map(|s| s.text).collect::<Vec<_>>(), expect, "{sql}");
        };
        check("a $$ ; $$; b $x$ $$ ; $y$ $x$; c", &["a $$ ; $$;", "b $x$ $$ ; $y$ $x$;", "c"]);
        check("a $1; b", &["a $1;", "b"]);
        check(r"a E'\';' ; b '\'; c", &[r"a E'\';' ;", r"b '\';", "c"]);
        check("a /* /* ; */ ; */ b; c", &["a /* /* ; */ ; */ b;", "c"]);
        check("a ARRAY['x;y']; b[1]; c", &["a ARRAY['x;y'];", "b[1];", "c"]);
        check("CREATE TRIGGER t EXECUTE FUNCTION f(); b;", &["CREATE TRIGGER t EXECUTE FUNCTION f();", "b;"]);
        check(
            "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END; b",
            &["CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END;", "b"],
        );
    }

    #[test]
    fn converts_offsets_to_lines_and_columns() {
        let check =
            |text: &str, offset: usize, expect: (usize, usize, &str)| assert_eq!(position(text, offset), expect);
        check("", 0, (1, 1, ""));
        check("ab\ncd", 4, (2, 2, "cd"));
        check("é\r\nüx\r\ny", 6, (2, 2, "üx"));
        check("ab", 99, (1, 3, "ab"));
    }

    proptest! {
        #[test]
        fn statements_contain_every_token(sql in "[a-cE;'\"\\-/* \n\\[\\]`é$\\\\]{0,60}", postgres in any::<bool>()) {
            let engine = if postgres { Engine::Postgres } else { Engine::Sqlite };
            let all: Vec<_> = tokens(&sql, engine).into_iter().filter(|t| t.kind != Kind::Comment && t.text != ";").map(|t| t.start).collect();
            let kept: Vec<_> = statements(&sql, engine)
                .into_iter()
                .flat_map(|s| tokens(s.text, engine).into_iter().map(move |t| (t.kind, t.text, t.start + s.start)))
                .filter(|(kind, text, _)| *kind != Kind::Comment && *text != ";")
                .map(|(_, _, start)| start)
                .collect();
            prop_assert_eq!(all, kept);
            tokens(&sql, engine).iter().for_each(|token| drop(token.normal()));
        }
    }
}
