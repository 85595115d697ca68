//! Casts between the types of text in conditions ([`without_text_casts`]): the server adds them when it stores a condition, by the
//! types that the columns have then, and keeps them when a column gets another type of text.

use crate::Engine;
use crate::lex::{Kind, Token, tokens};

/// The types of text, in upper case, by their words.
const TYPES: &[&[&str]] = &[&["TEXT"], &["CHARACTER", "VARYING"], &["VARCHAR"], &["BPCHAR"], &["CHARACTER"], &["CHAR"]];

/// Removes casts to types of text from a condition, and the parentheses that they needed. Only for comparison.
pub(super) fn without_text_casts(condition: &str) -> String {
    let all = tokens(condition, Engine::Postgres);
    let mut kept: Vec<&Token<'_>> = Vec::new();
    let mut at = 0;
    while at < all.len() {
        match cast(&all[at..]) {
            0 => {
                kept.push(&all[at]);
                at += 1;
            }
            length => at += length,
        }
    }
    while let Some((open, close)) = needless(&kept) {
        kept.remove(close);
        kept.remove(open);
    }
    kept.iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
}

/// The number of tokens of the cast to a type of text at the beginning; 0 if there is none.
fn cast(tokens: &[Token<'_>]) -> usize {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    if !(is(0, ":") && is(1, ":")) {
        return 0;
    }
    let is_type = |words: &&&[&str]| words.iter().enumerate().all(|(place, word)| is(2 + place, word));
    let Some(words) = TYPES.iter().find(is_type) else { return 0 };
    let mut end = 2 + words.len();
    // A cast with a length cuts the text.
    if is(end, "(") {
        return 0;
    }
    if is(end, "[") && is(end + 1, "]") {
        end += 2;
    }
    end
}

/// The first pair of parentheses that changes nothing: around a single token or an array, and not those of a call, or
/// directly inside other ones.
fn needless(tokens: &[&Token<'_>]) -> Option<(usize, usize)> {
    let mut open = Vec::new();
    let mut pairs = vec![None; tokens.len()];
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" => open.push(at),
            ")" | "]" => {
                let from = open.pop()?;
                pairs[from] = Some(at);
            }
            _ => {}
        }
    }
    let is_needless = |open: usize| {
        let close = pairs[open].filter(|_| tokens[open].is("("))?;
        let before = open.checked_sub(1).map(|at| tokens[at]);
        let is_call =
            before.is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Quoted) && !is_operator(token));
        let is_single = close == open + 2;
        let is_array = tokens.get(open + 1).is_some_and(|token| token.is("ARRAY"))
            && pairs.get(open + 2) == Some(&Some(close - 1));
        let is_double = tokens.get(open + 1).is_some_and(|token| token.is("(")) && pairs[open + 1] == Some(close - 1);
        (is_double || !is_call && (is_single || is_array)).then_some((open, close))
    };
    (0..tokens.len()).find_map(is_needless)
}

/// True for a word after which a parenthesis does not begin the arguments of a call.
fn is_operator(token: &Token<'_>) -> bool {
    ["AND", "OR", "NOT", "WHERE", "CHECK", "IS", "LIKE", "THEN", "ELSE", "WHEN"].iter().any(|word| token.is(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn conditions_that_differ_by_casts() {
        let check = |one: &str, other: &str, is_equal: bool| {
            assert_eq!(without_text_casts(one) == without_text_casts(other), is_equal, "{one} / {other}");
        };
        check("lower((a)::text)", "lower(a)", true);
        check("(((a)::text = 'x'::text))", "((a = 'x'::character varying))", true);
        check(
            "((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))",
            "(a = ANY (ARRAY['x'::text, 'y'::text]))",
            true,
        );
        check("COALESCE(a, ''::text)", "COALESCE(a, ''::character varying)", true);
        check("lower((a)::text)", "lower(b)", false);
        check("((a)::citext)", "(a)", false);
        check("((a)::character varying(3))", "(a)", false);
        check("(a)::integer > 1", "a > 1", false);
        check("(a > 1) AND (b > 2)", "(a > 1) OR (b > 2)", false);
        check("(a + b) * c", "a + b * c", false);
        check("('x'::text)", "('y'::text)", false);
    }
}
