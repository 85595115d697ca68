//! Settings of a session: what changes how the catalog and values are shown, and what changes how queries are planned.

use super::connection::PostgresSession;
use crate::{Error, Session, Settings, Value};

/// Has rows looked up in indexes where there are any: the server takes a table that is being filled for the empty one that
/// it was, and would read all of it for each row. And keeps it from compiling queries to machine code: for a page or a
/// batch that takes several times as long as running them.
pub(super) async fn look_up_rows(session: &mut PostgresSession) -> Result<(), Error> {
    session.execute("SET enable_seqscan = off", &[]).await?;
    session.execute("SET jit = off", &[]).await.map(drop)
}

/// Pins what changes how names and values are shown, and returns what it was.
pub(super) async fn pin(session: &mut PostgresSession) -> Result<Settings, Error> {
    let wanted = "SELECT name, current_setting(name), set_config(name, wanted, false) FROM (VALUES \
                  ('search_path', 'public'), ('timezone', 'UTC'), ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), \
                  ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('quote_all_identifiers', 'off'), \
                  ('xmloption', 'content'), ('lc_monetary', 'C')) AS setting (name, wanted)";
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    let rows = session.rows(wanted, &[]).await?;
    Ok(rows.iter().map(|row| (text(&row[0]), text(&row[1]))).collect())
}

/// Sets it back.
pub(super) async fn unpin(session: &mut PostgresSession, settings: Settings) -> Result<(), Error> {
    let places = (0..settings.len()).map(|at| format!("set_config(${}, ${}, false)", 2 * at + 1, 2 * at + 2));
    let sql = format!("SELECT {}", places.collect::<Vec<_>>().join(", "));
    let values: Vec<Value> = settings.into_iter().flat_map(|(name, value)| [name.into(), value.into()]).collect();
    session.rows(&sql, &values).await.map(drop)
}
