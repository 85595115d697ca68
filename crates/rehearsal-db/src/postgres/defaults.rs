//! Nondeterministic defaults of a PostgreSQL database, including those of domains and identity columns.

use super::connection::PostgresSession;
use super::schema::{OURS, of_the_user, table, text};
use crate::Session;
use crate::volatile::{Source, VolatileDefault, called, source};
use crate::{Engine, Error, is_bookkeeping};
use std::collections::BTreeSet;

pub(crate) async fn volatile_defaults(session: &mut PostgresSession) -> Result<Vec<VolatileDefault>, Error> {
    let sql = format!(
        "SELECT {}, a.attname::text, coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault, ''), a.attidentity <> '' \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' \
         JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {OURS} AND {} \
         AND (d.adbin IS NOT NULL OR t.typdefault IS NOT NULL OR a.attidentity <> '') ORDER BY 1, a.attnum",
        table("n", "c"),
        of_the_user("pg_class", "c.oid")
    );
    let rows = session.rows(&sql, &[]).await?;
    let names: BTreeSet<String> = rows.iter().flat_map(|row| called(&text(&row[2]), Engine::Postgres)).collect();
    let volatile = volatile_among(session, &names).await?;
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| !is_bookkeeping(&text(&row[0]))) {
        let (expression, source) = match text(&row[3]).as_str() {
            "true" => ("identity".to_owned(), Some(Source::Counter)),
            _ => (text(&row[2]), source(&text(&row[2]), Engine::Postgres, |name| volatile.contains(name))),
        };
        let default = |source| VolatileDefault { table: text(&row[0]), column: text(&row[1]), expression, source };
        found.extend(source.map(default));
    }
    Ok(found)
}

/// The volatile functions among these.
async fn volatile_among(session: &mut PostgresSession, names: &BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
    if names.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = format!(
        "SELECT DISTINCT p.proname::text FROM pg_proc p JOIN {} AS called (name) ON called.name = p.proname::text \
         WHERE p.provolatile = 'v'",
        Engine::Postgres.each_text("$1")
    );
    let list = serde_json::json!(names).to_string();
    Ok(session.rows(&sql, &[list.into()]).await?.iter().map(|row| text(&row[0])).collect())
}
