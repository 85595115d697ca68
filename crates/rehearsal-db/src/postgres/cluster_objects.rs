//! Changes of a script outside its database: in its statements and in the bodies of its blocks and functions.
//! [`changes_outside`] finds them.

use crate::Engine;
use crate::cluster_objects::{Outside, OutsideChange};
use crate::lex::{Kind, Token, tokens};

pub(super) fn changes_outside(sql: &str) -> Vec<OutsideChange> {
    let mut found = Vec::new();
    scan(sql, 0, &mut found);
    found
}

fn scan(sql: &str, offset: usize, found: &mut Vec<OutsideChange>) {
    let all = tokens(sql, Engine::Postgres);
    let words: Vec<Token<'_>> = all.into_iter().filter(|token| token.kind != Kind::Comment).collect();
    for (i, token) in words.iter().enumerate() {
        if token.kind == Kind::String {
            if let Some((start, body)) = code(&words[..i], token) {
                scan(body, offset + start, found);
            }
            continue;
        }
        if let Some(what) = reached(&words, i) {
            let shown: Vec<&str> =
                words[i..].iter().take(4).take_while(|word| !word.is(";")).map(|word| word.text).collect();
            found.push(OutsideChange { at: offset + token.start, words: shown.join(" "), what });
        }
    }
}

/// The part of a string that runs as code, with its position: the body of a block or function, or the text of EXECUTE.
pub(super) fn code<'a>(before: &[Token<'_>], string: &Token<'a>) -> Option<(usize, &'a str)> {
    if let Some(body) = string.body() {
        return Some(body);
    }
    let executed = match before {
        [.., last] if last.is("EXECUTE") => true,
        [.., format, last] => format.is("FORMAT") && last.is("("),
        _ => false,
    };
    let body = string.text.get(1..string.text.len().saturating_sub(1)).filter(|_| executed)?;
    Some((string.start + 1, body))
}

fn reached(words: &[Token<'_>], i: usize) -> Option<Outside> {
    let is = |at: usize, those: &[&str]| words.get(at).is_some_and(|token| those.iter().any(|word| token.is(word)));
    let begins = i == 0 || is(i - 1, &[";", "BEGIN", "THEN", "ELSE", "LOOP"]);
    if begins && is(i, &["CREATE", "ALTER", "DROP"]) {
        if is(i + 1, &["ROLE", "GROUP", "TABLESPACE"]) || (is(i + 1, &["USER"]) && !is(i + 2, &["MAPPING"])) {
            return Some(Outside::Server);
        }
        if is(i, &["ALTER"]) && is(i + 1, &["SYSTEM"]) {
            return Some(Outside::Server);
        }
        if is(i + 1, &["DATABASE"]) {
            let name = words.get(i + 2).and_then(name);
            return match name {
                _ if is(i, &["DROP"]) => Some(Outside::Server),
                Some(name) if is(i, &["CREATE"]) => Some(Outside::NewDatabase(name)),
                Some(name) => Some(Outside::Database(name)),
                None => None,
            };
        }
    }
    if is(i, &["ON"]) && is(i + 1, &["DATABASE"]) && !is(i + 3, &["."]) {
        return words.get(i + 2).and_then(name).map(Outside::Database);
    }
    None
}

/// The name in a token.
fn name(token: &Token<'_>) -> Option<String> {
    match token.kind {
        Kind::Word => Some(token.text.to_lowercase()),
        Kind::Quoted => Some(token.unquoted()),
        Kind::String | Kind::Comment | Kind::Punct => None,
    }
}
