//! The columns of a table and the [`Kind`] of their values, from which the dialect derives an expression for a value
//! that no other row has ([`Dialect::another`](crate::Dialect::another)). *Mutation* uses it for keys.
//!
//! Types without such an expression are [`Kind::Other`]. Floating-point numbers are among them, because the sum of a
//! large one and a small one can be the large one again. So are enums, which have no values but their labels, and
//! domains over numbers and UUIDs, whose checks may reject the value. A domain over text has the category of text and
//! is [`Kind::Text`].

use super::{table, text};
use crate::postgres::connection::PostgresSession;
use crate::{ColumnShape, Error, Kind, Session, Value};

/// The columns of a table. `table_name` contains the schema, unless that is `public`.
pub(crate) async fn columns(session: &mut PostgresSession, table_name: &str) -> Result<Vec<ColumnShape>, Error> {
    // `table` returns the SQL expression for such a name.
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
    Ok(session.rows(&sql, &[table_name.into()]).await?.iter().map(column).collect())
}
