//! Bodies inside of statements: that of a trigger belongs to its `CREATE TRIGGER`, by the rule of `sqlite3_complete`: it ends
//! at `; END ;`.

use crate::lex::Token;

/// Whether a semicolon, the last of these tokens, ends only a statement in the body of a trigger.
pub(super) fn is_inside(tokens: &[Token<'_>]) -> bool {
    is_trigger(tokens) && !ends_trigger(tokens)
}

fn is_trigger(tokens: &[Token<'_>]) -> bool {
    let mut words = tokens.iter().filter(|token| !token.is("TEMP") && !token.is("TEMPORARY"));
    words.next().is_some_and(|token| token.is("CREATE")) && words.next().is_some_and(|token| token.is("TRIGGER"))
}

fn ends_trigger(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [.., before, end, _] if before.is(";") && end.is("END"))
}
