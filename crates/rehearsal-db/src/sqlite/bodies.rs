//! Bodies inside statements: the body of a trigger belongs to its `CREATE TRIGGER`, which ends at `; END ;`
//! (`sqlite3_complete` has the same rule).

use crate::lex::Token;

/// Whether the last of these tokens, a semicolon, ends only a statement in the body of a trigger.
pub(super) fn is_inside(tokens: &[Token<'_>]) -> bool {
    is_trigger(tokens) && !ends_trigger(tokens)
}

fn is_trigger(tokens: &[Token<'_>]) -> bool {
    let optional = ["EXPLAIN", "QUERY", "PLAN", "TEMP", "TEMPORARY"];
    let mut words = tokens.iter().filter(|token| !optional.iter().any(|word| token.is(word)));
    words.next().is_some_and(|token| token.is("CREATE")) && words.next().is_some_and(|token| token.is("TRIGGER"))
}

fn ends_trigger(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [.., before, end, _] if before.is(";") && end.is("END"))
}
