//! Bodies inside statements: a function body between `BEGIN ATOMIC` and `END` belongs to its `CREATE`, and so do the
//! actions of a rule between parentheses.

use crate::lex::Token;

/// Whether the last of these tokens, a semicolon, ends only a statement in the body of a function or an action of a
/// rule.
pub(super) fn is_inside(tokens: &[Token<'_>]) -> bool {
    is_in_rule(tokens) || is_in_function(tokens)
}

fn is_in_rule(tokens: &[Token<'_>]) -> bool {
    let mut words = tokens.iter().filter(|token| !token.is("OR") && !token.is("REPLACE"));
    let is_rule =
        words.next().is_some_and(|word| word.is("CREATE")) && words.next().is_some_and(|word| word.is("RULE"));
    let count = |parenthesis: &str| tokens.iter().filter(|token| token.is(parenthesis)).count();
    is_rule && count("(") > count(")")
}

fn is_in_function(tokens: &[Token<'_>]) -> bool {
    let atomic = tokens.windows(2).position(|pair| pair[0].is("BEGIN") && pair[1].is("ATOMIC"));
    atomic.is_some_and(|at| {
        // `CASE … END` is the only other construct that ends with END.
        let count = |word: &str| tokens[at..].iter().filter(|token| token.is(word)).count();
        tokens.first().is_some_and(|first| first.is("CREATE")) && count("END") < 1 + count("CASE")
    })
}
