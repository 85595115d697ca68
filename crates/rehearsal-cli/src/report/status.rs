//! The timeline of a database's migrations and backfills with their states, as text and JSON.

use super::timeline_text;
use crate::terminal::{Paint, columns};
use rehearsal::backfill::RunStatus;
use rehearsal::migration::State;
use rehearsal::status::{Standpoint, StatusRow};
use serde_json::{Value, json};

/// Formats one line per migration and backfill.
#[must_use]
pub fn status_table(rows: &[StatusRow], paint: Paint) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| match &row.standpoint {
            Standpoint::Migration { state, reversible, requires } => {
                let waits = match state {
                    State::Pending if !requires.is_empty() => {
                        paint.faint(format!("  requires {}", requires.join(", ")))
                    }
                    _ => String::new(),
                };
                let state = match state {
                    State::Applied(when) => paint.good(format!("applied {when}")),
                    State::Pending => paint.warning("pending"),
                };
                let one_way = if *reversible { String::new() } else { paint.faint("  no down file") };
                (format!("{}_{}", row.version, row.name), format!("{state}{one_way}{waits}"))
            }
            Standpoint::Backfill { about, status, run } => {
                (format!("  backfill {}", row.name), timeline_text(about, status, run.as_deref(), paint))
            }
        })
        .collect();
    columns(&rows)
}

/// Returns an array in the order of the timeline. Each object has `kind`, `version` and `name`. A `migration` has
/// `state` (`applied` or `pending`), `applied_at` (UTC, in the database's format, or null), `reversible` and
/// `requires` (backfills). A `backfill` has `state` (that of its last run, or null) and `pending` (units, or null if
/// it cannot run), and follows the migration of its `version`.
#[must_use]
pub fn status_json(rows: &[StatusRow]) -> Value {
    let row = |row: &StatusRow| match &row.standpoint {
        Standpoint::Migration { state, reversible, requires } => {
            let (state, when) = match state {
                State::Applied(when) => ("applied", Some(when)),
                State::Pending => ("pending", None),
            };
            json!({ "kind": "migration", "version": row.version, "name": row.name, "state": state, "applied_at": when,
                    "reversible": reversible, "requires": requires })
        }
        Standpoint::Backfill { status, run, .. } => {
            let pending = match status {
                RunStatus::TooEarly | RunStatus::Over => None,
                RunStatus::Pending(units) => Some(*units),
                RunStatus::Done => Some(0),
            };
            let state = run.as_ref().map(|run| &run.state);
            json!({ "kind": "backfill", "version": row.version, "name": row.name, "state": state, "pending": pending })
        }
    };
    rows.iter().map(row).collect()
}
