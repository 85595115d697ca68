//! Statements that must run outside a transaction, and alone in their query: the server runs several statements of
//! one query as a transaction.

use crate::Engine;
use crate::lex::{Kind, Token, tokens};

/// True for such a statement. Source: `PreventInTransactionBlock` of PostgreSQL 18.
pub(crate) fn requires_autocommit(statement: &str) -> bool {
    let all = tokens(statement, Engine::Postgres);
    let words: Vec<String> = all.iter().filter(|token| token.kind == Kind::Word).map(Token::normal).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_concurrent = words.contains(&"CONCURRENTLY");
    match words.as_slice() {
        ["VACUUM", ..] | ["ALTER", "SYSTEM", ..] | ["DISCARD", "ALL", ..] => true,
        ["CREATE" | "DROP", "DATABASE" | "TABLESPACE", ..] => true,
        ["REINDEX", ..] => is_concurrent || words.iter().any(|word| matches!(*word, "DATABASE" | "SYSTEM" | "SCHEMA")),
        ["CREATE", "INDEX", ..] | ["CREATE", "UNIQUE", "INDEX", ..] | ["DROP", "INDEX", ..] => is_concurrent,
        ["ALTER", "TABLE", ..] => is_concurrent && words.contains(&"DETACH"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn finds_statements_outside_a_transaction() {
        let check = |statement: &str, expect: bool| assert_eq!(requires_autocommit(statement), expect, "{statement}");
        check("create unique index concurrently i ON t (a)", true);
        check("DROP INDEX CONCURRENTLY IF EXISTS i", true);
        check("REINDEX (VERBOSE) TABLE CONCURRENTLY t", true);
        check("REINDEX DATABASE d", true);
        check("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", true);
        check("VACUUM t", true);
        check("ALTER SYSTEM SET work_mem = '8MB'", true);
        check("CREATE DATABASE d", true);
        check("CREATE INDEX i ON t (a)", false);
        check("CREATE INDEX \"concurrently\" ON t (a)", false);
        check("REINDEX TABLE t", false);
        // Works in a transaction.
        check("REFRESH MATERIALIZED VIEW CONCURRENTLY v", false);
        check("INSERT INTO t VALUES ('CREATE INDEX CONCURRENTLY')", false);
    }
}
