//! Another order of rows, for the `deterministic` proof: a result must not depend on it.

use super::connection::SqliteSession;
use super::constraints_off::take_triggers;
use crate::Session;
use crate::{Engine, Error, Value, is_bookkeeping};

/// Reverses the rowids of each table. A result may not depend on them, because VACUUM may change them. A table whose
/// rowid is its key stays unchanged, and so does one to which a virtual table may refer by rowid.
pub(crate) async fn reorder_rows(session: &mut SqliteSession) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT wr \
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let tables = session.rows(sql, &[]).await?;
    let is_virtual = "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'";
    let has_virtual = !session.rows(is_virtual, &[]).await?.is_empty();
    let mut left = Vec::new();
    session.execute("BEGIN IMMEDIATE", &[]).await?;
    let triggers = take_triggers(session).await?;
    for name in tables.iter().map(|row| text(&row[0])).filter(|name| !is_bookkeeping(name)) {
        let Some(rowid) = rowid(session, &name).await? else { continue };
        let table = Engine::Sqlite.quote(&name);
        let ends = session.rows(&format!("SELECT count(*), min({rowid}), max({rowid}) FROM {table}"), &[]).await?;
        let number = |at: usize| ends.first().and_then(|row| row[at].as_int()).unwrap_or_default();
        if number(0) < 2 {
            continue;
        }
        if has_virtual || number(1) < 1 || number(2) == i64::MAX {
            left.push(name);
            continue;
        }
        // In two steps, so that no number is used twice in between.
        let (away, back) = (format!("-{rowid}"), format!("{rowid} + {}", number(1) + number(2)));
        for to in [away, back] {
            session.execute(&format!("UPDATE {table} SET {rowid} = {to}"), &[]).await?;
        }
    }
    for sql in &triggers {
        session.execute(sql, &[]).await?;
    }
    session.execute("COMMIT", &[]).await?;
    Ok(left)
}

/// A name for a table's rowid that none of its columns has; `None` if the rowid is the key.
async fn rowid(session: &mut SqliteSession, table: &str) -> Result<Option<&'static str>, Error> {
    let sql = "SELECT lower(name), pk > 0 AND upper(type) = 'INTEGER', count(*) FILTER (WHERE pk > 0) OVER () \
               FROM pragma_table_xinfo($1)";
    let columns = session.rows(sql, &[table.into()]).await?;
    let is_key = |row: &Vec<Value>| row[1].as_int() == Some(1) && row[2].as_int() == Some(1);
    if columns.iter().any(is_key) {
        return Ok(None);
    }
    let is_free = |name: &&str| columns.iter().all(|row| row[0].as_text() != Some(name));
    Ok(["rowid", "_rowid_", "oid"].into_iter().find(is_free))
}

fn text(value: &Value) -> String {
    value.as_text().unwrap_or_default().to_owned()
}
