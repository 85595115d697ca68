//! Statements that begin or end a transaction: [`Engine::transaction_control`].

use crate::Engine;
use crate::lex::{Kind, Statement, tokens};

/// The effect of a statement on the transaction around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionControl {
    /// Begins one.
    Begin,
    /// Commits it.
    Commit,
    /// Commits it and begins another one.
    CommitAndChain,
    /// Rolls it back.
    Rollback,
    /// Rolls it back and begins another one.
    RollbackAndChain,
}

impl Engine {
    /// The effect of a statement on the transaction around it; `None` if it has none.
    pub fn transaction_control(self, statement: &Statement<'_>) -> Option<TransactionControl> {
        let tokens = tokens(statement.text, self);
        let words: Vec<_> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
        let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is(word));
        let one_of = |those: &[&str]| those.iter().any(|word| is(0, word));
        let chains = words.windows(2).any(|pair| pair[0].is("AND") && pair[1].is("CHAIN"));
        if is(0, "BEGIN") || (is(0, "START") && is(1, "TRANSACTION")) {
            return Some(TransactionControl::Begin);
        }
        // `ROLLBACK TO` and `ROLLBACK TRANSACTION TO` return to a savepoint and leave the transaction open.
        if one_of(&["ROLLBACK"]) && (is(1, "TO") || is(2, "TO")) {
            return None;
        }
        if one_of(&["COMMIT", "END"]) {
            return Some(if chains { TransactionControl::CommitAndChain } else { TransactionControl::Commit });
        }
        if one_of(&["ROLLBACK", "ABORT"]) {
            return Some(if chains { TransactionControl::RollbackAndChain } else { TransactionControl::Rollback });
        }
        None
    }
}
