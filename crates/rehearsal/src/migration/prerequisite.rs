//! What a migration waits for: a migration that says `-- requires-backfill: NAME` is applied only where that backfill has nothing
//! to do.

use super::error::Error;
use super::file::Migration;
use futures_util::future::BoxFuture;
use rehearsal_db::Target;

/// Work on rows that has to be done before a migration.
pub trait Prerequisite {
    /// Its name, as migrations write it.
    fn name(&self) -> &'static str;
    /// The version at which it can be done first.
    fn from(&self) -> i64;
    /// What one unit of it is called.
    fn unit(&self) -> &'static str;
    /// How many units are still to be done.
    fn pending<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<u64, crate::Error>>;

    /// True where that migration waits for it.
    fn is_for(&self, migration: &Migration) -> bool {
        migration.requires.iter().any(|name| name == self.name())
    }
}

/// Refuses a migration that requires what is not done. Units are counted, the ledger is not asked: rows may have come, or been
/// undone, since a run was finished.
///
/// # Errors
/// [`Error::RequiresBackfill`].
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
