//! Undo notes: data that undo needs about a unit and that the database does not contain otherwise, such as a
//! replaced value. [`leave_notes`] stores a note in the transaction of the batch that changed its unit;
//! [`take_notes`] removes it when the unit is undone. Notes outlive their run.

use super::json::Json;
use super::stored::json;
use rehearsal_db::{Connection, Error};
use std::collections::BTreeMap;

/// Notes by the ids of their units.
pub type UndoNotes = BTreeMap<String, Json>;

/// Stores the notes of changed units, in the current transaction. Replaces notes of earlier changes; `None` only
/// removes them. Takes two statements for any number of units.
///
/// # Errors
/// Fails if a query fails.
pub async fn leave_notes(
    connection: &mut Connection,
    run: i64,
    backfill: &str,
    notes: &BTreeMap<String, Option<Json>>,
) -> Result<(), Error> {
    if notes.is_empty() {
        return Ok(());
    }
    let units: Vec<&str> = notes.keys().map(String::as_str).collect();
    let remove = remove(connection);
    connection.execute(&remove, &[backfill.into(), json(&units).into()]).await?;
    let pairs: Vec<(&str, &str)> =
        notes.iter().filter_map(|(unit, note)| Some((unit.as_str(), note.as_ref()?.as_str()))).collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO _rehearsal_undo_notes (backfill, unit, run, note) \
         SELECT $1, pair.first, $2, pair.second FROM {} AS pair",
        connection.engine().each_pair("$3")
    );
    connection.execute(&sql, &[backfill.into(), run.into(), json(&pairs).into()]).await.map(drop)
}

/// Removes the notes of these units and returns them, in the current transaction.
///
/// # Errors
/// Fails if a query fails.
pub async fn take_notes(connection: &mut Connection, backfill: &str, units: &[String]) -> Result<UndoNotes, Error> {
    let sql = format!("{} RETURNING unit, note", remove(connection));
    let rows = connection.query(&sql, &[backfill.into(), json(&units).into()], usize::MAX).await?.rows;
    let mut notes = UndoNotes::new();
    for row in rows {
        if let (Some(unit), Some(note)) = (row[0].as_text(), row[1].as_text()) {
            notes.insert(unit.to_owned(), Json::stored(note));
        }
    }
    Ok(notes)
}

fn remove(connection: &Connection) -> String {
    format!(
        "DELETE FROM _rehearsal_undo_notes WHERE backfill = $1 AND unit IN (SELECT each.value FROM {} AS each)",
        connection.engine().each_text("$2")
    )
}
