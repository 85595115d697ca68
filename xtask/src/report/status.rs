//! The migrations of a database and where each stands.

use super::{Paint, columns};
use crate::migration::State;
use serde_json::{Value, json};

/// One line of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    /// The version.
    pub version: i64,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// Whether it can be reverted.
    pub reversible: bool,
}

/// For a person.
#[must_use]
pub fn status_table(rows: &[StatusRow], paint: Paint) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let state = match &row.state {
                State::Applied(when) => paint.good(format!("applied {when}")),
                State::Pending => paint.odd("pending"),
            };
            let one_way = if row.reversible { String::new() } else { paint.faint("  no down file") };
            (format!("{}_{}", row.version, row.name), format!("{state}{one_way}"))
        })
        .collect();
    columns(&rows)
}

/// For a script: an array of `version`, `name`, `state` (`applied` or `pending`), `applied_at` (UTC, as the database wrote
/// it, or null), `reversible`.
#[must_use]
pub fn status_json(rows: &[StatusRow]) -> Value {
    let row = |row: &StatusRow| {
        let (state, when) = match &row.state {
            State::Applied(when) => ("applied", Some(when)),
            State::Pending => ("pending", None),
        };
        json!({ "version": row.version, "name": row.name, "state": state, "applied_at": when, "reversible": row.reversible })
    };
    rows.iter().map(row).collect()
}
