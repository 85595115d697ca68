//! Foreign keys of a SQLite database, column by column.

use super::connection::SqliteSession;
use super::schema::tables;
use crate::Session;
use crate::{Error, OnDelete, Reference, Value};

pub(crate) async fn references(session: &mut SqliteSession) -> Result<Vec<Reference>, Error> {
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for table in tables(session).await? {
        // A foreign key without column names refers to the primary key.
        let sql = "SELECT f.\"from\", f.\"table\", coalesce(f.\"to\", (SELECT name FROM pragma_table_xinfo(f.\"table\") WHERE pk = f.seq + 1)), f.on_delete \
                   FROM pragma_foreign_key_list($1) AS f ORDER BY f.id, f.seq";
        for row in session.rows(sql, &[table.name.as_str().into()]).await? {
            let on_delete = if text(&row[3]) == "CASCADE" { OnDelete::Cascade } else { OnDelete::Other };
            let (from, to) = ((table.name.clone(), text(&row[0])), (text(&row[1]), text(&row[2])));
            found.push(Reference { from, to, on_delete });
        }
    }
    Ok(found)
}
