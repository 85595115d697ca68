//! Foreign keys of a PostgreSQL database, column by column.

use super::connection::PostgresSession;
use super::schema::{OURS, table, text};
use crate::Session;
use crate::{Error, OnDelete, Reference, Value};

pub(crate) async fn references(session: &mut PostgresSession) -> Result<Vec<Reference>, Error> {
    let sql = format!(
        "SELECT {}, a.attname::text, {}, ta.attname::text, (k.confdeltype = 'c')::int FROM pg_constraint k \
         JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_class tc ON tc.oid = k.confrelid JOIN pg_namespace tn ON tn.oid = tc.relnamespace \
         CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair (from_number, to_number, place) \
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.from_number \
         JOIN pg_attribute ta ON ta.attrelid = k.confrelid AND ta.attnum = pair.to_number \
         WHERE k.contype = 'f' AND {OURS} ORDER BY 1, k.conname, pair.place",
        table("n", "c"),
        table("tn", "tc")
    );
    let rows = session.rows(&sql, &[]).await?;
    let reference = |row: &Vec<Value>| Reference {
        from: (text(&row[0]), text(&row[1])),
        to: (text(&row[2]), text(&row[3])),
        on_delete: if row[4].as_int() == Some(1) { OnDelete::Cascade } else { OnDelete::Other },
    };
    Ok(rows.iter().map(reference).collect())
}
