//! The timeline of a history from the figures of the proofs ([`Timeline`]), for the formats that show it.

use rehearsal::report::{DatabaseReport, MigrationRun, ProofReport};
use rehearsal_db::{Blocks, TableLock};

/// The migrations of a database, each as *populated* measured it with the fixture that has the most rows; those before the
/// fixture's version as *fresh* did, without rows.
pub(super) struct Timeline {
    /// The fixture; `None` if there is none.
    pub(super) fixture: Option<String>,
    /// The migrations in order.
    pub(super) migrations: Vec<MigrationRun>,
}

impl Timeline {
    /// Returns the timeline of a database. `None` if no proof measured a migration.
    pub(super) fn of(database: &DatabaseReport) -> Option<Self> {
        let measured = || database.proofs.iter().filter_map(Self::of_proof);
        let rows = |timeline: &Self| timeline.migrations.iter().map(|migration| migration.rows).sum::<u64>();
        let with_rows = measured().filter(|timeline| timeline.fixture.is_some()).max_by_key(rows);
        let Some(empty) = measured().find(|timeline| timeline.fixture.is_none()) else { return with_rows };
        let Some(mut timeline) = with_rows else { return Some(empty) };
        let is_earlier =
            |migration: &MigrationRun| timeline.migrations.iter().all(|one| one.version != migration.version);
        let earlier: Vec<MigrationRun> = empty.migrations.into_iter().filter(is_earlier).collect();
        timeline.migrations.extend(earlier);
        timeline.migrations.sort_by_key(|migration| migration.version);
        Some(timeline)
    }

    /// Returns the migrations that are new since the base revision.
    pub(super) fn since_base<'t>(&'t self, database: &'t DatabaseReport) -> impl Iterator<Item = &'t MigrationRun> {
        self.migrations.iter().filter(|migration| !database.unchanged.contains(&migration.version))
    }

    fn of_proof(proof: &ProofReport) -> Option<Self> {
        let migrations = proof.migrations();
        (!migrations.is_empty()).then(|| Self { fixture: proof.fixture.clone(), migrations })
    }
}

/// Describes a lock: `AccessExclusive on Pet, blocks reads and writes`.
pub(super) fn lock_name(lock: &TableLock) -> String {
    let on = lock.table.as_deref().unwrap_or("the database");
    let blocks = match lock.blocks {
        Blocks::Reads => ", blocks reads and writes",
        Blocks::Writes => ", blocks writes",
        Blocks::SchemaChanges => "",
    };
    format!("{} on {on}{blocks}", lock.mode)
}
