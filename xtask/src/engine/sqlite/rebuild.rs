//! The rebuild of a table that empties others: SQLite changes a table by making it anew, and dropping the old one deletes its
//! rows, as a DELETE would, with all that `ON DELETE` says of those that refer to them.

use crate::engine::Engine;
use crate::engine::lex::{Kind, Token, statements, tokens};

/// Explains rows that went from `suffered`, or lost their references, where the file drops another table.
pub(crate) fn why_rows_went(sql: &str, suffered: &[&str]) -> Option<String> {
    let mut dropped = Vec::new();
    let (mut turns_off, mut defers, mut is_inside) = (false, false, !sql.starts_with("-- no-transaction"));
    for statement in statements(sql, Engine::Sqlite) {
        let words: Vec<String> = tokens(statement.text, Engine::Sqlite)
            .iter()
            .filter(|token| token.kind != Kind::Comment)
            .map(Token::normal)
            .collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["DROP", "TABLE", "IF", "EXISTS", table, ..] | ["DROP", "TABLE", table, ..] => {
                dropped.push((*table).to_owned())
            }
            // Here it does something, and it is not to blame.
            ["PRAGMA", "FOREIGN_KEYS", ..] if !is_inside => return None,
            ["PRAGMA", "FOREIGN_KEYS", ..] => turns_off = true,
            ["PRAGMA", "DEFER_FOREIGN_KEYS", ..] => defers = true,
            ["BEGIN", ..] => is_inside = true,
            _ => {}
        }
    }
    let is_dropped = |table: &str| dropped.iter().any(|dropped| dropped.eq_ignore_ascii_case(table));
    // A table that is made anew may have lost rows on the way; that others lost some is a riddle.
    let is_riddle = suffered.iter().any(|table| turns_off || defers || !is_dropped(table));
    if dropped.is_empty() || !is_riddle {
        return None;
    }
    let pragma = if turns_off {
        "sqlx runs the file in a transaction, where `PRAGMA foreign_keys = OFF` does nothing, so "
    } else if defers {
        "`PRAGMA defer_foreign_keys` puts off the check of references, not what ON DELETE says, so "
    } else {
        "foreign keys are on, so "
    };
    Some(format!(
        "{pragma}DROP TABLE deleted the rows of the table first, and ON DELETE CASCADE or SET NULL went through the rows that \
         refer to them. Make `-- no-transaction` the first line of the file, and write\n\
         PRAGMA foreign_keys = OFF;\nBEGIN;\n…\nCOMMIT;\nPRAGMA foreign_keys = ON;"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn riddles() {
        let check = |sql: &str, suffered: &[&str], begins: Option<&str>| {
            let why = why_rows_went(sql, suffered);
            let told = why.as_deref().and_then(|why| begins.map(|begins| why.starts_with(begins)));
            assert_eq!((why.is_some(), told.unwrap_or(begins.is_none())), (begins.is_some(), true), "{sql}: {why:?}");
        };
        let rebuild = "CREATE TABLE n (a); INSERT INTO n SELECT * FROM p; DROP TABLE \"P\"; ALTER TABLE n RENAME TO p;";
        check(rebuild, &["c"], Some("foreign keys are on"));
        check(rebuild, &["p"], None);
        check(rebuild, &[], None);
        check(&format!("PRAGMA foreign_keys=OFF; {rebuild}"), &["c"], Some("sqlx runs the file in a transaction"));
        check(&format!("PRAGMA foreign_keys=OFF; {rebuild}"), &["p"], Some("sqlx runs the file in a transaction"));
        check(
            &format!("PRAGMA defer_foreign_keys = ON; {rebuild}"),
            &["c"],
            Some("`PRAGMA defer_foreign_keys` puts off"),
        );
        check(&format!("-- no-transaction\nPRAGMA foreign_keys = OFF; {rebuild}"), &["c"], None);
        check(&format!("-- no-transaction\nBEGIN; PRAGMA foreign_keys = OFF; {rebuild}"), &["c"], Some("sqlx runs"));
        check("DELETE FROM c;", &["c"], None);
    }
}
