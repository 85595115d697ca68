//! Bodies inside statements: a function body between `BEGIN ATOMIC` and `END` belongs to its `CREATE`.

use crate::lex::Token;

/// Whether the last of these tokens, a semicolon, ends only a statement in the body of a function.
pub(super) fn is_inside(tokens: &[Token<'_>]) -> bool {
    let atomic = tokens.windows(2).position(|pair| pair[0].is("BEGIN") && pair[1].is("ATOMIC"));
    atomic.is_some_and(|at| {
        // `CASE … END` is the only other construct that ends with END.
        let count = |word: &str| tokens[at..].iter().filter(|token| token.is(word)).count();
        tokens.first().is_some_and(|first| first.is("CREATE")) && count("END") < 1 + count("CASE")
    })
}
