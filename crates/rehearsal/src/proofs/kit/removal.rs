//! The statements that remove rows ([`removals`]): the script runs statement by statement on a copy of the state before it.

use crate::Error;
use crate::migration::{Migration, Transaction};
use crate::proofs::kit::checkpoint::EarlierCopy;
use rehearsal_db::lex::{Statement, statements, tokens};
use rehearsal_db::{Connection, Engine, OnDelete, Reference, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The longest part of a statement that is shown, in characters.
const SHOWN: usize = 100;

/// A statement that removes rows of a table.
pub struct Removal {
    /// The statement and what it removes, as a sentence.
    pub sentence: String,
    /// Where the statement begins in the script, in bytes.
    pub start: usize,
}

/// Returns for each of these tables the statement after which it first has fewer rows. Tables for which no statement is found
/// are left out.
///
/// # Errors
/// Fails if the database fails.
pub async fn removals(migration: &Migration, tables: &[&str], mut copy: EarlierCopy) -> Result<Vec<Removal>, Error> {
    let connection = &mut copy.connection;
    if migration.up.transaction == Transaction::Wrapped {
        connection.begin().await?;
    }
    let found = run(migration, tables, connection).await;
    connection.rollback().await;
    copy.close().await?;
    found
}

async fn run(migration: &Migration, tables: &[&str], connection: &mut Connection) -> Result<Vec<Removal>, Error> {
    let engine = connection.engine();
    let sql = migration.up.sql.as_str();
    let references = connection.references().await?;
    let mut counts = BTreeMap::new();
    for table in tables {
        counts.extend(count(connection, table).await?.map(|n| (*table, n)));
    }
    let mut lines = Vec::new();
    let all = statements(sql, engine);
    for statement in &all {
        let is_of_transaction = engine.transaction_control(statement).is_some();
        match connection.execute(statement.text, &[]).await {
            Ok(_) => {}
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(_) => break,
        }
        // In the middle of a rebuild the table is missing. A script that changes its role or `search_path` may not see it.
        for table in tables.iter().filter(|_| !is_of_transaction) {
            let Some(before) = counts.get(table).copied() else { continue };
            let now = match count(connection, table).await {
                Ok(now) => now,
                Err(error) if error.is_transient() => return Err(error),
                Err(_) => return Ok(lines),
            };
            if now.is_some_and(|now| now < before) {
                counts.remove(table);
                lines.push(match filling(engine, &all, statement, table) {
                    Some(cause) => removal(cause, sql, table, "leaves out", ""),
                    None => {
                        let way = way(engine, statement, table, &references);
                        removal(statement, sql, table, "deletes", &way)
                    }
                });
            }
        }
    }
    Ok(lines)
}

/// The number of rows of a table; `None` if there is no such table.
async fn count(connection: &mut Connection, table: &str) -> Result<Option<i64>, Error> {
    // In a transaction of PostgreSQL, an error would end it.
    if !connection.tables().await?.iter().any(|shape| shape.name == table) {
        return Ok(None);
    }
    let sql = format!("SELECT count(*) FROM {}", connection.engine().quote_table(table));
    Ok(connection.query(&sql, &[], 1).await?.scalar().and_then(Value::as_int))
}

/// The statement that fills a new table which takes the place of the old one with `statement`.
fn filling<'s>(
    engine: Engine,
    all: &'s [Statement<'s>],
    statement: &Statement<'_>,
    table: &str,
) -> Option<&'s Statement<'s>> {
    let tokens = tokens(statement.text, engine);
    let is_renamed = engine.mentions(statement.text, &["TO"]) && engine.names_table(statement.text, table);
    let at = tokens.iter().position(|token| token.is("RENAME")).filter(|_| is_renamed)?;
    let from = tokens[at.checked_sub(1)?].unquoted();
    all.iter().find(|statement| engine.mentions(statement.text, &["INSERT", &from]))
}

fn removal(statement: &Statement<'_>, sql: &str, table: &str, verb: &str, way: &str) -> Removal {
    let line = 1 + sql[..statement.start].matches('\n').count();
    let words = statement.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = words.chars().take(SHOWN).collect();
    let rest = if shown.len() < words.len() { "…" } else { "" };
    let sentence = format!("line {line} {verb} rows of \"{table}\": {shown}{rest}{way}");
    Removal { sentence, start: statement.start }
}

/// How a statement that does not name a table deletes rows of it, in parentheses.
fn way(engine: Engine, statement: &Statement<'_>, table: &str, references: &[Reference]) -> String {
    let is_named = |table: &str| engine.names_table(statement.text, table);
    match cascade(table, references, &is_named) {
        _ if is_named(table) => String::new(),
        Some(tables) => format!(" (ON DELETE CASCADE: {})", tables.join(" → ")),
        None => " (through a trigger or a function)".to_owned(),
    }
}

/// The tables through which deleted rows of a table that `is_named` reach this one, by the foreign keys between them.
fn cascade(table: &str, references: &[Reference], is_named: &dyn Fn(&str) -> bool) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![table]]);
    let mut seen = BTreeSet::from([table]);
    while let Some(way) = ways.pop_front() {
        let from = *way.last()?;
        let cascades = |reference: &&Reference| reference.from.0 == from && reference.on_delete == OnDelete::Cascade;
        for reference in references.iter().filter(cascades) {
            let to = reference.to.0.as_str();
            if seen.insert(to) {
                let longer: Vec<&str> = way.iter().copied().chain([to]).collect();
                if is_named(to) {
                    return Some(longer.iter().rev().map(|table| format!("\"{table}\"")).collect());
                }
                ways.push_back(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn ways_of_a_cascade() {
        let reference = |(from, to): &(&str, &str)| Reference {
            from: ((*from).to_owned(), "x".to_owned()),
            to: ((*to).to_owned(), "id".to_owned()),
            on_delete: if *from == "k" { OnDelete::Other } else { OnDelete::Cascade },
        };
        // `d` refers to `c`, which refers to `p`; `s` refers to itself; rows of `k` keep those of `p` from being deleted.
        let references: Vec<Reference> =
            [("c", "p"), ("d", "c"), ("s", "s"), ("k", "p")].iter().map(reference).collect();
        let check = |table: &str, named: &str, expect: Option<&str>| {
            let way = cascade(table, &references, &|table| table == named);
            assert_eq!(way.map(|tables| tables.join(" → ")).as_deref(), expect, "{table} of {named}");
        };
        check("c", "p", Some("\"p\" → \"c\""));
        check("d", "p", Some("\"p\" → \"c\" → \"d\""));
        check("p", "p", None);
        check("c", "d", None);
        check("s", "p", None);
        check("k", "p", None);
    }
}
