//! Examines the state after a down migration ([`Marks`]): counters and derived data that were right before the migration and are
//! wrong after it was reverted. The schema is compared as a whole, so objects that it lost or broke are differences there.

use super::Codes;
use super::counters::{behind, counters};
use super::stale::settle;
use crate::Error;
use crate::migration::{Migration, Script};
use crate::proofs::ProofRun;
use crate::report::Finding;
use rehearsal_db::{Connection, Counter};
use std::collections::{BTreeMap, BTreeSet};

/// The counters and the derived data before a migration with a down file.
pub struct Marks {
    counters: Vec<Counter>,
    stale: BTreeSet<String>,
}

impl Marks {
    /// Reads the state before a migration, and brings derived data in step with its rows.
    ///
    /// # Errors
    /// Fails if a query fails.
    pub async fn of(down: &Script, connection: &mut Connection) -> Result<Self, Error> {
        Ok(Self { counters: counters(down, connection).await?, stale: settle(down, connection).await? })
    }

    /// Reports what is wrong after the migration was reverted.
    ///
    /// # Errors
    /// Fails if a query fails.
    pub async fn examine(
        &self,
        run: &mut ProofRun<'_>,
        codes: &'static Codes,
        (migration, down): (&Migration, &Script),
        connection: &mut Connection,
    ) -> Result<(), Error> {
        let file = down.path.display();
        let mut findings = behind(&codes.sequence_behind, down, &self.counters, &BTreeMap::new(), connection).await?;
        for stale in connection.stale_copies().await?.into_iter().filter(|stale| !self.stale.contains(&stale.object)) {
            let message = format!("after {file}, {} is out of date", stale.object);
            let help = format!("add to the down file: {}", stale.refresh);
            findings.push(Finding::new(&codes.derived_stale, message).with_details(vec![stale.why]).with_help(help));
        }
        for finding in findings {
            run.find(finding.in_file(&down.path).of_migration(migration.version)).await;
        }
        Ok(())
    }
}
