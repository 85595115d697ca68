//! [`Rows`]: the rows on which migrations are reverted. Without a fixture these are generated: ordinary ones and NULL, since a down
//! migration has to bring back what apps write, not every edge of a type.

use super::place::Place;
use crate::Error;
use crate::generate::rows::RowProfile;
use crate::migration::Migration;
use crate::proofs::kit::aftermath::Marks;
use crate::proofs::kit::seeds::{Seeds, Tables, Wanted, Words};
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::kit::timeline::Step;
use crate::proofs::run::ProofRun;

/// Where the rows come from.
pub(super) enum Rows {
    /// From a fixture, which is loaded.
    Given,
    /// From the schema before each migration.
    Generated(Seeds, Tables),
}

impl Rows {
    pub(super) fn of(run: &ProofRun<'_>) -> Self {
        match run.fixture {
            Some(_) => Self::Given,
            None => Self::Generated(Seeds::default(), Tables::default()),
        }
    }

    /// Applies a migration, and the backfills that it requires. Returns the state before it, with the marks that its down
    /// file has to leave. `here` is the current state, if it is known.
    ///
    /// If generated rows are at fault, the migration is applied to fewer, and then to none: *generated-rows* reports it.
    pub(super) async fn apply(
        &mut self,
        run: &mut ProofRun<'_>,
        migration: &Migration,
        here: Option<Snapshot>,
        place: &mut Place,
        done: &mut Vec<&'static str>,
    ) -> Result<(Snapshot, Option<Marks>), Error> {
        let Self::Generated(seeds, tables) = self else { return apply_here(run, migration, here, place, done).await };
        let (steps, ran) = (run.steps.clone(), done.clone());
        let mut here = here;
        for profile in [RowProfile::WithNulls, RowProfile::Ordinary] {
            let wanted = Wanted { profile, words: Words::Conditions(migration) };
            seeds.fill(run, &mut place.connection, wanted, tables).await?;
            if seeds.made.is_empty() {
                break;
            }
            match apply_here(run, migration, here.take(), place, done).await {
                Err(error) if !error.is_transient() => {}
                done => return done,
            }
            *seeds = Seeds::default();
            done.clone_from(&ran);
            place.go(run, &without_generated(&steps)).await?;
        }
        apply_here(run, migration, here, place, done).await
    }
}

/// Returns the steps without those that insert generated rows.
pub(super) fn without_generated(steps: &[Step]) -> Vec<Step> {
    steps.iter().filter(|step| !matches!(step, Step::Insert(_) | Step::CatchUp(_))).cloned().collect()
}

async fn apply_here(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    here: Option<Snapshot>,
    place: &mut Place,
    done: &mut Vec<&'static str>,
) -> Result<(Snapshot, Option<Marks>), Error> {
    run.run_due(&place.scratch, Some(migration), done).await?;
    // The state after one migration is the state before the next.
    let before = match here.filter(|snapshot| snapshot.is_of(run)) {
        Some(snapshot) => snapshot,
        None => Snapshot::of(run, &mut place.connection).await?,
    };
    let marks = match &migration.down {
        Some(down) => Some(Marks::of(down, &mut place.connection).await?),
        None => None,
    };
    run.up(migration, &place.scratch, &mut place.connection).await?;
    Ok((before, marks))
}
