//! Nondeterministic defaults of a SQLite database.

use super::connection::SqliteSession;
use super::schema::tables;
use crate::Session;
use crate::volatile::{Source, VolatileDefault, source};
use crate::{Engine, Error};

/// The functions that return random values.
const DRAWING: &[&str] = &["random", "randomblob"];

pub(crate) async fn volatile_defaults(session: &mut SqliteSession) -> Result<Vec<VolatileDefault>, Error> {
    let mut found = Vec::new();
    for table in tables(session).await? {
        let sql = "SELECT x.name, x.dflt_value, upper(x.type) = 'INTEGER' AND x.pk > 0 AND NOT l.wr \
                   FROM pragma_table_xinfo($1) AS x JOIN pragma_table_list($1) AS l ON l.schema = 'main' ORDER BY x.cid";
        for row in session.rows(sql, &[table.name.as_str().into()]).await? {
            let column = row[0].as_text().unwrap_or_default().to_owned();
            // An INTEGER PRIMARY KEY is the rowid: a row without a value gets the next number.
            let is_rowid = row[2].as_int() == Some(1) && table.key.len() == 1;
            let default = row[1].as_text().unwrap_or_default();
            let of_default = source(default, Engine::Sqlite, |name| DRAWING.contains(&name));
            let (source, expression) = match of_default {
                Some(source) => (source, default.to_owned()),
                None if is_rowid => (Source::Counter, "rowid".to_owned()),
                None => continue,
            };
            found.push(VolatileDefault { table: table.name.clone(), column, expression, source });
        }
    }
    Ok(found)
}
