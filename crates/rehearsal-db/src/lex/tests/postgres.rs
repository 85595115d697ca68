//! Tokens of PostgreSQL agree with those of `squawk-lexer`, which follows the server's own rules.

use super::pieces::{script, text};
use crate::Engine;
use crate::lex::{Kind, tokens};
use proptest::prelude::*;
use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// A token: kind, position and text.
type Shown<'a> = (Kind, usize, &'a str);

/// The tokens of `squawk-lexer` in the form of [`tokens`], up to the first text whose tokens differ on purpose: the
/// position of that text is the second value.
fn theirs(sql: &str) -> (Vec<Shown<'_>>, usize) {
    let mut found = Vec::new();
    let mut end = 0;
    // The end of an escape string, if only white space and line comments follow it.
    let mut escaped: Option<usize> = None;
    for token in tokenize(sql) {
        let start = end;
        end += token.len as usize;
        let text = &sql[start..end];
        // A prefix of a string or name is a word before it, because the other engine has no such prefixes, and names
        // and strings are compared without them.
        let mut prefixed = |prefix: usize, kind: Kind| {
            found.push((Kind::Word, start, &text[..1]));
            found.extend((prefix == 2).then(|| (Kind::Punct, start + 1, &text[1..2])));
            found.push((kind, start + prefix, &text[prefix..]));
        };
        match token.kind {
            // A byte order mark is white space for psql, but the server takes it for a letter.
            TokenKind::Whitespace if text == squawk_lexer::BOM => return (found, start),
            TokenKind::Whitespace | TokenKind::Eof => continue,
            TokenKind::LineComment => {
                found.push((Kind::Comment, start, text));
                continue;
            }
            TokenKind::BlockComment { .. } => found.push((Kind::Comment, start, text)),
            TokenKind::Ident => found.push((Kind::Word, start, text)),
            // The server refuses a dollar without digits, and letters after a parameter.
            TokenKind::PositionalParam { trailing_junk_start }
                if trailing_junk_start == 1 || trailing_junk_start < token.len =>
            {
                return (found, start);
            }
            TokenKind::PositionalParam { .. } => found.push((Kind::Word, start, text)),
            TokenKind::QuotedIdent { uescape: true, .. } => prefixed(2, Kind::Quoted),
            TokenKind::QuotedIdent { uescape: false, .. } => found.push((Kind::Quoted, start, text)),
            TokenKind::Literal { kind } => match kind {
                // The server refuses an exponent without digits.
                LiteralKind::Numeric { empty_exponent_start: Some(_), .. } => return (found, start),
                LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => found.push((Kind::Word, start, text)),
                // The server continues the escape string, so that its backslashes escape quotes.
                LiteralKind::Str { .. } if escaped.is_some_and(|end| sql[end..start].contains(['\n', '\r'])) => {
                    return (found, start);
                }
                LiteralKind::Str { .. } | LiteralKind::DollarQuotedString { .. } => {
                    found.push((Kind::String, start, text));
                }
                LiteralKind::UnicodeEscStr { .. } => prefixed(2, Kind::String),
                LiteralKind::EscStr { .. }
                | LiteralKind::BitStr { .. }
                | LiteralKind::ByteStr { .. }
                | LiteralKind::NationalStr { .. } => prefixed(1, Kind::String),
            },
            _ => found.push((Kind::Punct, start, text)),
        }
        let is_escaped = matches!(token.kind, TokenKind::Literal { kind: LiteralKind::EscStr { .. } });
        escaped = is_escaped.then_some(end);
    }
    (found, end)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn tokens_agree_with_another_lexer(sql in prop_oneof![script(), text(), "[^\\x00]{0,40}"]) {
        let (theirs, end) = theirs(&sql);
        let ours = tokens(&sql, Engine::Postgres);
        let ours: Vec<Shown<'_>> = ours
            .iter()
            .filter(|token| token.start < end)
            .map(|token| (token.kind, token.start, token.text))
            .collect();
        prop_assert_eq!(ours, theirs);
    }
}
