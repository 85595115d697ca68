//! Prerequisites of migrations: a migration with `-- requires-backfill: NAME` is applied only if that backfill has no
//! units left to process. Backfills implement [`Prerequisite`].

use super::error::Error;
use super::file::Migration;
use futures_util::future::BoxFuture;
use rehearsal_db::Target;

/// Work on rows that must be finished before a migration.
pub trait Prerequisite {
    /// The name, as in `-- requires-backfill:`.
    fn name(&self) -> &'static str;
    /// The first version at which the work can be done.
    fn from(&self) -> i64;
    /// The name of one unit, in the singular.
    fn unit(&self) -> &'static str;
    /// Counts the units that are left to process.
    fn pending<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<u64, crate::Error>>;

    /// Returns true if the migration requires this work.
    fn is_for(&self, migration: &Migration) -> bool {
        migration.requires.iter().any(|name| name == self.name())
    }
}

/// Refuses a migration with an unfinished prerequisite. It counts units instead of consulting the ledger, because
/// rows may have been inserted or undone since a run finished.
///
/// # Errors
/// [`Error::RequiresBackfill`] for the first prerequisite with units left to process.
pub(super) async fn ready_for<P: Prerequisite>(
    migration: &Migration,
    prerequisites: &[P],
    target: &Target,
) -> Result<(), crate::Error> {
    for prerequisite in prerequisites.iter().filter(|one| one.is_for(migration)) {
        let units = prerequisite.pending(target).await?;
        if units > 0 {
            let name = prerequisite.name();
            let (migration, backfill, database) = (migration.label(), name.to_owned(), target.address.url());
            let next = target.address.command(&format!("backfill {name} --execute"));
            return Err(Error::RequiresBackfill { migration, backfill, units, database, next }.into());
        }
    }
    Ok(())
}
