//! The marks of finished users, a key in their settings. [`mark`] sets them and stores the settings that they
//! replace as undo notes, with which [`unmark`] restores the settings.

use app::json::Json;
use app::parts::{Former, Marked, clear_done, is_done, mark_done};
use rehearsal::backfill::Written;
use rehearsal::ledger::UndoNotes;
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Reads the current settings of users and locks their rows until the transaction ends.
async fn lock_settings(
    connection: &mut PgConnection,
    users: Vec<Uuid>,
) -> Result<Vec<(Uuid, Option<Json>)>, sqlx::Error> {
    let now = "SELECT id, settings::text FROM users WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";
    sqlx::query_as(now).bind(users).fetch_all(connection).await
}

async fn store_settings(connection: &mut PgConnection, changed: Vec<(Uuid, Option<Json>)>) -> Result<u64, sqlx::Error> {
    let text = |(user, settings): (Uuid, Option<Json>)| (user, settings.map(|json| json.as_str().to_owned()));
    let (users, settings): (Vec<Uuid>, Vec<Option<String>>) = changed.into_iter().map(text).unzip();
    let update =
        "UPDATE users SET settings = new.settings::jsonb FROM unnest($1::uuid[], $2::text[]) AS new (id, settings)
                  WHERE users.id = new.id";
    Ok(sqlx::query(update).bind(users).bind(settings).execute(connection).await?.rows_affected())
}

/// Marks users as finished. Returns the replaced settings as undo notes.
pub(super) async fn mark(connection: &mut PgConnection, users: Vec<Uuid>) -> Result<Written, sqlx::Error> {
    let (mut marked, mut notes) = (Vec::new(), BTreeMap::new());
    for (user, settings) in lock_settings(connection, users).await? {
        let Some(Marked { settings, former }) = mark_done(settings.as_ref()) else { continue };
        marked.push((user, Some(settings)));
        notes.insert(user.to_string(), former.as_ref().map(rehearsal::ledger::Json::exact));
    }
    Ok(Written { rows: store_settings(connection, marked).await?, notes })
}

/// Removes the marks of users and restores the replaced settings. A user without a note had none, or version 0.1 of
/// this backfill stored them inside the settings, where they remain.
pub(super) async fn unmark(
    connection: &mut PgConnection,
    users: Vec<Uuid>,
    notes: &UndoNotes,
) -> Result<u64, sqlx::Error> {
    let mut cleared = Vec::new();
    for (user, settings) in lock_settings(connection, users).await? {
        let note = notes.get(&user.to_string()).map(|note| serde_json::from_str::<Former>(note.as_str()));
        let former = note.transpose().map_err(|error| sqlx::Error::Decode(error.into()))?;
        if is_done(settings.as_ref()) {
            cleared.push((user, clear_done(settings.as_ref(), former)));
        }
    }
    store_settings(connection, cleared).await
}
