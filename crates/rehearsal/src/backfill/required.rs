//! The order of migrations and backfills: a migration that requires a backfill is not applied while that has units to do.

use super::error::Error;
use super::registry::AnyBackfill;
use crate::migration::{self, Migration};
use rehearsal_db::Target;

/// Refuses `migration` while a backfill that it requires has pending units. What the ledger says does not count: rows may
/// have come, or been undone, since a run was finished.
///
/// # Errors
/// [`migration::Error::RequiresBackfill`], and what the database said.
pub async fn ready_for(migration: &Migration, backfills: &[&dyn AnyBackfill], target: &Target) -> Result<(), Error> {
    for name in &migration.requires {
        let required = backfills.iter().filter(|backfill| backfill.about().name == name);
        for backfill in required {
            let units = backfill.pending(target).await?;
            if units > 0 {
                let (migration, backfill, database) = (migration.label(), name.clone(), target.address.url());
                let next = target.address.command(&format!("backfill {name} --execute"));
                return Err(migration::Error::RequiresBackfill { migration, backfill, units, database, next }.into());
            }
        }
    }
    Ok(())
}
