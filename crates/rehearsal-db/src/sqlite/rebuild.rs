//! Explains a rebuild of a table that empties other tables. SQLite changes a table by creating it anew. Dropping the
//! old one deletes its rows like DELETE, with the ON DELETE actions of all rows that refer to them.

use super::connection::SqliteSession;
use crate::Session;
use crate::lex::{Kind, Token, statements, tokens};
use crate::{Engine, Error, Value};
use std::collections::BTreeSet;

/// A foreign key with an ON DELETE action: the referencing table, the referenced table and the action.
type Acting = (String, String, String);

/// Explains lost rows or lost references in the tables `suffered`, if the file drops a table that they refer to.
pub(crate) async fn explain_deleted_rows(
    session: &mut SqliteSession,
    sql: &str,
    suffered: &[&str],
) -> Result<Option<String>, Error> {
    let acting = "SELECT lower(m.name), lower(f.\"table\"), f.on_delete FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f \
                  WHERE m.type = 'table' AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')";
    let text = |row: &[Value], at: usize| row[at].as_text().unwrap_or_default().to_owned();
    let acting = session.rows(acting, &[]).await?;
    let acting: Vec<Acting> = acting.iter().map(|row| (text(row, 0), text(row, 1), text(row, 2))).collect();
    Ok(explanation(sql, suffered, &acting))
}

fn explanation(sql: &str, suffered: &[&str], acting: &[Acting]) -> Option<String> {
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
                dropped.push(table.to_ascii_lowercase())
            }
            // Outside a transaction the pragma works, so the drop is not the cause.
            ["PRAGMA", "FOREIGN_KEYS", ..] if !is_inside => return None,
            ["PRAGMA", "FOREIGN_KEYS", ..] => turns_off = true,
            ["PRAGMA", "DEFER_FOREIGN_KEYS", ..] => defers = true,
            ["BEGIN", ..] => is_inside = true,
            _ => {}
        }
    }
    let reached = reached(dropped, acting);
    if !suffered.iter().any(|table| reached.contains(&table.to_ascii_lowercase())) {
        return None;
    }
    let pragma = if turns_off && sql.starts_with("-- no-transaction") {
        "`PRAGMA foreign_keys = OFF` prevents this only before `BEGIN`. "
    } else if turns_off {
        "`PRAGMA foreign_keys = OFF` prevents this only outside the transaction in which sqlx runs the file. "
    } else if defers {
        "`PRAGMA defer_foreign_keys` defers the check of foreign keys, not the actions of ON DELETE. "
    } else {
        ""
    };
    Some(format!(
        "DROP TABLE deletes the rows of its table first, and ON DELETE CASCADE or SET NULL then deletes or changes the \
         rows that refer to them. {pragma}To prevent that, make `-- no-transaction` the first line of the file, and \
         write\nPRAGMA foreign_keys = OFF;\nBEGIN;\n…\nCOMMIT;\nPRAGMA foreign_keys = ON;"
    ))
}

/// The tables that lose rows or references when the tables in `dropped` are dropped.
fn reached(mut dropped: Vec<String>, acting: &[Acting]) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    while let Some(table) = dropped.pop() {
        for (from, _, action) in acting.iter().filter(|(_, to, _)| *to == table) {
            if reached.insert(from.clone()) && action == "CASCADE" {
                dropped.push(from.clone());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn explains_lost_rows() {
        // Dropping `p` deletes the rows of `c`, and so those of `d`, and clears the references of `s`; `t` refers to
        // itself, and `x` is unrelated.
        let acting = [("c", "p", "CASCADE"), ("d", "c", "CASCADE"), ("s", "p", "SET NULL"), ("t", "t", "CASCADE")];
        let acting = acting.map(|(from, to, action)| (from.to_owned(), to.to_owned(), action.to_owned()));
        let check = |sql: &str, suffered: &[&str], part: Option<&str>| {
            let why = explanation(sql, suffered, &acting);
            let told = why.as_deref().and_then(|why| part.map(|part| why.contains(part)));
            assert_eq!((why.is_some(), told.unwrap_or(part.is_none())), (part.is_some(), true), "{sql}: {why:?}");
        };
        let rebuild = "CREATE TABLE n (a); INSERT INTO n SELECT * FROM p; DROP TABLE \"P\"; ALTER TABLE n RENAME TO p;";
        for suffered in ["c", "C", "d", "s"] {
            check(rebuild, &["x", suffered], Some("refer to them. To prevent that"));
        }
        check(rebuild, &["p"], None);
        check(rebuild, &["x"], None);
        check(rebuild, &[], None);
        check(
            "INSERT INTO n SELECT * FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;",
            &["t"],
            Some("refer to them. To prevent that"),
        );
        check(&format!("PRAGMA foreign_keys=OFF; {rebuild}"), &["c"], Some("in which sqlx runs the file. To"));
        check(&format!("PRAGMA foreign_keys=OFF; {rebuild} DELETE FROM p;"), &["p"], None);
        check(&format!("PRAGMA foreign_keys=OFF; {rebuild} DELETE FROM x;"), &["x"], None);
        check(
            &format!("PRAGMA defer_foreign_keys = ON; {rebuild}"),
            &["c"],
            Some("`PRAGMA defer_foreign_keys` defers"),
        );
        check(&format!("-- no-transaction\nPRAGMA foreign_keys = OFF; {rebuild}"), &["c"], None);
        check(
            &format!("-- no-transaction\nBEGIN; PRAGMA foreign_keys = OFF; {rebuild}"),
            &["c"],
            Some("only before `BEGIN`. To"),
        );
        check("DELETE FROM c;", &["c"], None);
        check("DELETE FROM p; DROP TABLE x;", &["p", "c"], None);
    }
}
