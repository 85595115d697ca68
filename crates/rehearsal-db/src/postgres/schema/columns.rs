//! The columns of a table and the kinds of their values.

use super::{table, text};
use crate::postgres::connection::PostgresSession;
use crate::{ColumnShape, Error, Kind, Session, Value};

/// The columns of a table.
pub(crate) async fn columns(session: &mut PostgresSession, name: &str) -> Result<Vec<ColumnShape>, Error> {
    let sql = format!(
        "SELECT a.attname::text, (a.attgenerated <> '')::int4, CASE WHEN t.typname = 'uuid' THEN 'uuid' \
             WHEN t.typname IN ('int2', 'int4', 'int8', 'numeric') THEN 'number' WHEN t.typcategory = 'S' THEN 'text' END \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid \
         WHERE c.relkind IN ('r', 'p') AND {} = $1 ORDER BY a.attnum",
        table("n", "c")
    );
    let column = |row: &Vec<Value>| ColumnShape {
        name: text(&row[0]),
        is_generated: row[1].as_int() == Some(1),
        kind: match row[2].as_text() {
            Some("uuid") => Kind::Uuid,
            Some("number") => Kind::Number,
            Some("text") => Kind::Text,
            _ => Kind::Other,
        },
    };
    Ok(session.rows(&sql, &[name.into()]).await?.iter().map(column).collect())
}
