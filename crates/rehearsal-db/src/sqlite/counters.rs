//! The counters of AUTOINCREMENT columns, from SQLite's table `sqlite_sequence`.

use super::connection::SqliteSession;
use crate::{Counter, Error, Reuse, Session, Value, is_bookkeeping};

/// The counters: SQLite gives each number once, even after its row was deleted.
pub(crate) async fn counters(
    session: &mut SqliteSession,
    wanted: &(dyn for<'a> Fn(&'a str) -> bool + Sync),
) -> Result<Vec<Counter>, Error> {
    let there = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'";
    if session.rows(there, &[]).await?.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT s.name, coalesce(max(s.seq), 0), (SELECT c.name FROM pragma_table_info(s.name) c WHERE c.pk = 1) \
               FROM sqlite_sequence s JOIN sqlite_schema t ON t.name = s.name AND t.type = 'table' GROUP BY s.name ORDER BY 1";
    let mut counters = Vec::new();
    for row in session.rows(sql, &[]).await? {
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned();
        let (table, column) = (text(0), text(2));
        if is_bookkeeping(&table) || !wanted(&table) {
            continue;
        }
        let quoted = session.engine().quote(&table);
        let greatest = session.rows(&format!("SELECT max(rowid) FROM {quoted}"), &[]).await?;
        let greatest = greatest.first().and_then(|row| row.first()?.as_int()).map(i128::from);
        let given = i128::from(row.get(1).and_then(Value::as_int).unwrap_or_default());
        let literal = session.engine().literal(&Value::Text(table.clone()));
        counters.push(Counter {
            name: format!("the AUTOINCREMENT of \"{table}\""),
            next: given.max(greatest.unwrap_or_default()) + 1,
            greatest,
            reuse: Reuse::Never,
            narrow: None,
            catch_up: format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'NEW_NAME', seq FROM sqlite_sequence WHERE name = {literal}; before \
                 the rows are copied"
            ),
            table,
            column,
        });
    }
    Ok(counters)
}
