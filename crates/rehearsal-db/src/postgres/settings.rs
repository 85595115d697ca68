//! Session settings: [`pin`] fixes how the catalog and values are shown, [`look_up_rows`] changes how queries are
//! planned.

use super::connection::PostgresSession;
use crate::{Error, Session, Settings, Value};

/// Prefers index scans: the server still treats a table that is being filled as empty, and would read all of it for
/// each row. Disables JIT compilation, which takes several times as long as running the query of a page or a batch.
pub(super) async fn look_up_rows(session: &mut PostgresSession) -> Result<(), Error> {
    session.execute("SET enable_seqscan = off", &[]).await?;
    session.execute("SET jit = off", &[]).await.map(drop)
}

/// Fixes the settings that change how names and values are shown, and returns the previous ones.
pub(super) async fn pin(session: &mut PostgresSession) -> Result<Settings, Error> {
    let wanted = "SELECT name, current_setting(name), set_config(name, wanted, false) FROM (VALUES \
                  ('search_path', 'public'), ('timezone', 'UTC'), ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), \
                  ('extra_float_digits', '1'), ('bytea_output', 'hex'), ('quote_all_identifiers', 'off'), \
                  ('xmloption', 'content'), ('lc_monetary', 'C')) AS setting (name, wanted)";
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    let rows = session.rows(wanted, &[]).await?;
    Ok(rows.iter().map(|row| (text(&row[0]), text(&row[1]))).collect())
}

/// Restores these settings.
pub(super) async fn unpin(session: &mut PostgresSession, settings: Settings) -> Result<(), Error> {
    let places = (0..settings.len()).map(|at| format!("set_config(${}, ${}, false)", 2 * at + 1, 2 * at + 2));
    let sql = format!("SELECT {}", places.collect::<Vec<_>>().join(", "));
    let values: Vec<Value> = settings.into_iter().flat_map(|(name, value)| [name.into(), value.into()]).collect();
    session.rows(&sql, &values).await.map(drop)
}
