//! Another physical order of rows and another time zone, for the `deterministic` proof: a result must depend on
//! neither.

use super::connection::PostgresSession;
use super::schema::{OURS, of_the_user, table, text};
use crate::Session;
use crate::{Engine, Error, Value, is_bookkeeping};

/// The temporary index along which a table is clustered, and the temporary column for it if there is no key.
const INDEX: &str = "_rehearsal_order";

/// Stores the rows of each table in the opposite order of its key, by clustering it along a temporary index. Without
/// a key, the current order is reversed; if that fails, the table is clustered along its fixed-width columns and the
/// hashes of its texts.
pub(crate) async fn reorder_rows(session: &mut PostgresSession) -> Result<Vec<String>, Error> {
    let sql = format!(
        "SELECT {}, n.nspname::text, c.relname::text, \
             (SELECT string_agg(format('%I DESC', a.attname), ', ' ORDER BY k.place) \
              FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place) \
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE i.indrelid = c.oid AND i.indisprimary), \
             (SELECT string_agg(format(CASE WHEN t.typlen > 0 THEN '%I DESC' ELSE 'md5(%I) DESC' END, a.attname), ', ' ORDER BY a.attnum) \
              FROM (SELECT * FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) a \
              JOIN pg_type t ON t.oid = a.atttypid \
              WHERE t.oid = 'text'::regtype OR (t.typlen > 0 AND EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod \
                  WHERE m.amname = 'btree' AND o.opcdefault AND o.opcintype = t.oid))), \
             (SELECT format('%I', ic.relname) FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisclustered), \
             (SELECT string_agg(format('(%s, %s, %s)', s.oid, s.relpages, s.reltuples), ', ') FROM pg_class s \
              WHERE current_setting('is_superuser')::bool AND (s.oid = c.oid OR s.oid IN (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = c.oid))) \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'r' AND {OURS} AND {} ORDER BY 1",
        table("n", "c"),
        of_the_user("pg_class", "c.oid")
    );
    let mut left = Vec::new();
    for row in session.rows(&sql, &[]).await? {
        let name = text(&row[0]);
        let quoted = format!("{}.{}", Engine::Postgres.quote(&text(&row[1])), Engine::Postgres.quote(&text(&row[2])));
        let has_order = format!("SELECT 1::int8 FROM {quoted} OFFSET 1 LIMIT 1");
        if is_bookkeeping(&name) || session.rows(&has_order, &[]).await?.is_empty() {
            continue;
        }
        if !run_first(session, &ways(&quoted, &row)).await? {
            left.push(name);
        }
    }
    Ok(left)
}

/// Scripts that store the rows of a table in another order, the best first.
fn ways(quoted: &str, row: &[Value]) -> Vec<String> {
    let after = match row[5].as_text() {
        Some(index) => format!("CLUSTER ON {index}"),
        None => "SET WITHOUT CLUSTER".to_owned(),
    };
    let index = format!("{}.{INDEX}", Engine::Postgres.quote(&text(&row[1])));
    let along = |columns: &str| {
        format!(
            "CREATE INDEX {INDEX} ON {quoted} ({columns}); CLUSTER {quoted} USING {INDEX}; ALTER TABLE {quoted} {after}; \
             DROP INDEX {index}"
        )
    };
    // The rows are numbered as they are read. An UPDATE would fire triggers, rules and policies.
    let backwards = format!(
        "SET LOCAL synchronize_seqscans = off; ALTER TABLE {quoted} ADD COLUMN {INDEX} bigint GENERATED ALWAYS AS IDENTITY; \
         {}; ALTER TABLE {quoted} DROP COLUMN {INDEX}",
        along(&format!("{INDEX} DESC"))
    );
    let ways = match (row[3].as_text(), row[4].as_text()) {
        (Some(key), _) => vec![along(key)],
        (None, Some(columns)) => vec![backwards, along(columns)],
        (None, None) => vec![backwards],
    };
    // Clustering updates the row counts, and plans based on the new counts could read the rows in yet another order
    // and hide a difference. So the previous counts are restored.
    let forget = row[6].as_text().map(|were| {
        format!(
            "UPDATE pg_class SET relpages = were.pages, reltuples = were.tuples \
             FROM (VALUES {were}) AS were (oid, pages, tuples) WHERE pg_class.oid = were.oid; "
        )
    });
    let whole = |way: String| format!("BEGIN; {way}; {}COMMIT", forget.as_deref().unwrap_or_default());
    ways.into_iter().map(whole).collect()
}

/// Runs the first script that succeeds; false if none does.
async fn run_first(session: &mut PostgresSession, scripts: &[String]) -> Result<bool, Error> {
    for script in scripts {
        match session.execute(script, &[]).await {
            Ok(_) => return Ok(true),
            // The role does not own the table, or a type has an order but no index.
            Err(Error::Statement { .. } | Error::Privilege { .. }) => session.execute("ROLLBACK", &[]).await?,
            Err(error) => return Err(error),
        };
    }
    Ok(false)
}

/// Sets a time zone with a date other than the session's.
pub(crate) async fn change_time_zone(session: &mut PostgresSession) -> Result<(), Error> {
    let sql = "SELECT set_config('timezone', zone, false) FROM (VALUES ('Etc/GMT+12'), ('Etc/GMT-14')) AS there (zone) \
               ORDER BY (now() AT TIME ZONE zone)::date = current_date LIMIT 1";
    session.execute(sql, &[]).await.map(drop)
}
