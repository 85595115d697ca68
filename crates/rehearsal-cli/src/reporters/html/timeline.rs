//! The timeline of a history: how long each migration took, how many rows its tables had, and which locks it held.

use super::chart;
use crate::reporters::timeline::{Timeline, lock_name};
use crate::terminal::{count, duration, thousands};
use maud::{Markup, html};
use rehearsal::report::{Base, DatabaseReport, MigrationRun, RehearsalReport};
use rehearsal_db::{Blocks, TableLock};
use std::time::Duration;

/// The most migrations that are shown: the newest.
const NEWEST: usize = 500;
/// The most locks of a migration that are shown.
const LOCKS: usize = 5;

/// Returns the timeline of a database.
pub(super) fn section(report: &RehearsalReport, database: &DatabaseReport) -> Markup {
    let Some(Timeline { fixture, migrations }) = Timeline::of(database) else { return html! {} };
    let longest = migrations.iter().map(|migration| migration.duration_ms).fold(0.0, f64::max);
    let left = migrations.len().saturating_sub(NEWEST);
    // Without a base revision, none is known to be older than the others.
    let has_base = matches!(report.base, Some(Base::Found { .. }));
    let is_new = |migration: &MigrationRun| has_base && !database.unchanged.contains(&migration.version);
    let row = |migration: &MigrationRun| {
        html! {
            th.wide scope="row" { (&migration.name) @if is_new(migration) { " " span.care { "new" } } }
            td.number { (duration(Duration::try_from_secs_f64(migration.duration_ms / 1000.0).unwrap_or_default())) }
            td { (chart::bar(migration.duration_ms / longest.max(f64::MIN_POSITIVE))) }
            td.number { (thousands(migration.rows)) }
            td.wide {
                @match &migration.locks {
                    Some(locks) => (locks_of(locks)),
                    None => span.faint { "no transaction" },
                }
            }
        }
    };
    let rows: Vec<Markup> = migrations.iter().skip(left).map(row).collect();
    html! {
        h3 { "History" }
        p.faint {
            "Each migration with the rows of the tables that it names, and the locks that its transaction held at its end; measured "
            @match &fixture {
                Some(fixture) => { "with fixture " (fixture) "; migrations up to the version of the fixture ran on an empty database." }
                None => "with no rows."
            }
            @if left > 0 { " The first " (count(left as u64, "migration")) " are not shown." }
        }
        (super::table(&["Migration", "Duration", "", "Rows", "Locks"], &rows))
    }
}

fn locks_of(locks: &[TableLock]) -> Markup {
    let more = locks.len().saturating_sub(LOCKS);
    let class = |lock: &TableLock| match lock.blocks {
        Blocks::Reads => "bad",
        Blocks::Writes => "care",
        Blocks::SchemaChanges => "faint",
    };
    html! {
        @if locks.is_empty() { span.faint { "none" } }
        @for (n, lock) in locks.iter().take(LOCKS).enumerate() {
            @if n > 0 { br; }
            span class=(class(lock)) { (&lock_name(lock)) }
        }
        @if more > 0 { br; span.faint { "and " (more) " more" } }
    }
}
