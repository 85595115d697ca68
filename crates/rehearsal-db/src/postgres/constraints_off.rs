//! Trial writes to a PostgreSQL database without triggers, rules and foreign keys.

use super::connection::PostgresSession;
use super::schema::{OURS, text};
use crate::Error;
use crate::Session;

/// Begins a transaction without triggers, rules and foreign keys. Only a superuser may do that.
pub(crate) async fn begin_without_constraints(session: &mut PostgresSession) -> Result<(), Error> {
    session.execute("BEGIN", &[]).await?;
    session.execute("SET LOCAL session_replication_role = replica", &[]).await.map(drop)
}

/// Enables triggers, rules and foreign keys again, and returns the number of broken references. They are counted here,
/// because no constraint checks the rows that were written without it.
pub(crate) async fn restore_constraints(session: &mut PostgresSession) -> Result<u64, Error> {
    session.execute("SET LOCAL session_replication_role = origin", &[]).await?;
    let pairs = |format: &str, glue: &str| {
        format!(
            "(SELECT string_agg(format('{format}', a.attname, ta.attname), '{glue}') \
             FROM unnest(k.conkey, k.confkey) AS pair (from_number, to_number) \
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.from_number \
             JOIN pg_attribute ta ON ta.attrelid = k.confrelid AND ta.attnum = pair.to_number)"
        )
    };
    let sql = format!(
        "SELECT format('(SELECT count(*) FROM %s AS one WHERE %s AND NOT EXISTS (SELECT FROM %s AS other WHERE %s))', \
             k.conrelid::regclass, {}, k.confrelid::regclass, {}) \
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE k.contype = 'f' AND k.convalidated AND k.conparentid = 0 AND {OURS}",
        pairs("one.%1$I IS NOT NULL", " AND "),
        pairs("one.%1$I = other.%2$I", " AND ")
    );
    let counts: Vec<String> = session.rows(&sql, &[]).await?.iter().map(|row| text(&row[0])).collect();
    if counts.is_empty() {
        return Ok(0);
    }
    let broken = session.rows(&format!("SELECT ({})::int8", counts.join(" + ")), &[]).await?;
    Ok(broken.first().and_then(|row| row[0].as_int()).and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
}
