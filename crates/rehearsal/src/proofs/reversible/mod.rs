//! The proof *reversible*: each migration after the fixture's version is applied, reverted and applied again, and
//! the results are compared with the states before and after it. Each backfill is undone. Then all migrations are
//! reverted, which must leave nothing, and applied again. If a migration fails, the proof continues from the state
//! that should have resulted. Without a fixture, the migrations are applied and reverted on generated rows. The entry point is
//! [`Reversible`].

mod all;
mod judge;
mod place;
mod round_trip;
mod rows;

use crate::Error;
use crate::backfill::{Effect, Undo};
use crate::failures;
use crate::migration::{BEFORE_ALL, Migration};
use crate::proofs::kit::aftermath;
use crate::proofs::kit::repeat::undo;
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::kit::timeline::Step;
use crate::proofs::outcome::Outcome;
use crate::proofs::run::{Data, ProofRun};
use crate::proofs::{Applies, Proof, Rehearsal};
use crate::report::{Code, Explanation, Failures, Finding};
use crate::workspace::Fixture;
use futures_util::future::LocalBoxFuture;
use place::Place;
use rehearsal_db::Schema;
use rows::Rows;
use std::collections::BTreeMap;
use std::sync::Arc;

static FAILURES: Failures = failures!("reversible");

static DOWN_FAILED: Code = Code::error(
    "reversible/down-failed",
    Explanation {
        meaning: "A down migration fails, so a failed deployment cannot be rolled back.",
        example: "DROP TABLE \"Toys\" in the down file of a migration that creates \"Toy\"",
        fix: "Correct the down file at the location in the finding.",
        allow: "Remove the down file: a migration without one is noted and not reverted.",
    },
);

static REAPPLY_FAILED: Code = Code::error(
    "reversible/reapply-failed",
    Explanation {
        meaning: "A migration cannot be applied again after it was reverted.",
        example: "The down file does not drop an enum type, so the up file fails to create it again.",
        fix: "Let the down file revert every change of the up file.",
        allow: "Remove the down file: a migration without one is noted and not reverted.",
    },
);

static SCHEMA_DIFFERS: Code = Code::error(
    "reversible/schema-differs",
    Explanation {
        meaning: "Reverting a migration, or applying it again, does not restore the schema.",
        example: "The down file drops the new column, but not the new index.",
        fix: "Change the down file so that it restores the schema: in the finding, `-` marks what existed before and \
              is missing, and `+` what is new.",
        allow: "Remove the down file: a migration without one is noted and not reverted.",
    },
);

/// The rows differ after a round trip.
pub(super) static CONTENT_DIFFERS: Code = Code::error(
    "reversible/content-differs",
    Explanation {
        meaning: "Reverting a migration, or undoing a backfill, does not restore the rows.",
        example: "The up file overwrites a column, and the down file cannot restore the old values.",
        fix: "Store the old values where the down file can read them, or complete the undo of the backfill.",
        allow: "Declare the loss at the top of the up file: `-- loses: \"table\".\"column\", reason`.",
    },
);

static LEFTOVERS: Code = Code::error(
    "reversible/leftovers",
    Explanation {
        meaning: "Objects of the history remain in the database after all migrations are reverted.",
        example: "An up file creates a function, and no down file drops it.",
        fix: "Drop the object in the down file of the migration that creates it.",
        allow: "Remove the incomplete down files: a migration without one is noted and not reverted.",
    },
);

static AFTERMATH: aftermath::Codes = crate::aftermath_codes!("reversible");

/// The proof.
pub(super) struct Reversible;

impl Proof for Reversible {
    fn name(&self) -> &'static str {
        "reversible"
    }

    fn question(&self) -> &'static str {
        "Do down migrations and undo restore the database?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        let aftermath::Codes { sequence_behind, derived_stale, .. } = &AFTERMATH;
        vec![
            &DOWN_FAILED,
            &REAPPLY_FAILED,
            &SCHEMA_DIFFERS,
            &CONTENT_DIFFERS,
            &LEFTOVERS,
            sequence_behind,
            derived_stale,
        ]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, rehearsal: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        if has_reversible_parts(rehearsal, data.fixture) {
            return Applies::Yes;
        }
        let notes = if data.fixture.is_none() { without_down_file(&rehearsal.history.migrations) } else { Vec::new() };
        Applies::No(notes)
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run).await?;
            Ok(run.outcome())
        })
    }
}

/// A migration that was applied, and the result of its round trip.
struct Applied {
    /// The steps to the state before it, without generated rows.
    before: Vec<Step>,
    after: Arc<Schema>,
    round_trip: RoundTrip,
}

/// The result of reverting a migration and applying it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RoundTrip {
    /// The down migration restored the previous state.
    Clean,
    /// The down migration restored the previous state, except for additional objects. Earlier migrations can still
    /// be reverted.
    LeavesObjects,
    /// The down migration restored the previous state, but the migration cannot be applied again.
    NotReapplied,
    /// The down migration is missing, fails or does not restore the previous state; reverting all migrations has to
    /// skip it.
    Unusable,
}

/// True if the proof has anything to do: a migration with a down file, or a backfill with an undo.
fn has_reversible_parts(rehearsal: &Rehearsal<'_>, fixture: Option<&Fixture>) -> bool {
    let start = fixture.map_or(BEFORE_ALL, |fixture| fixture.version);
    // The newest migration is reverted whatever the version of the fixture.
    let mut within_reach = rehearsal.history.after(start).iter().chain(rehearsal.history.migrations.last());
    within_reach.any(|migration| migration.down.is_some())
        || rehearsal.backfills.iter().any(|backfill| backfill.about().undo == Undo::Written)
}

async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let scratch = run.start("reversible").await?;
    let mut place = Place::open(scratch).await?;
    let (mut done, mut steps, mut here) = (Vec::new(), BTreeMap::new(), None);
    let mut rows = Rows::of(run);
    run.outcome.notes.extend(without_down_file(run.rehearsal.history.after(run.start_version())));
    for migration in run.rehearsal.history.after(run.start_version()) {
        let (before, marks) = rows.apply(run, migration, here.take(), &mut place, &mut done).await?;
        let after = Snapshot::of(run, &mut place.connection).await?;
        let schema = Arc::clone(&after.schema);
        let round_trip = if let (Some(down), Some(marks)) = (&migration.down, marks) {
            let (round_trip, snapshot) =
                round_trip::make_round_trip(run, (migration, down), (&before, &marks), after, &mut place).await?;
            here = snapshot;
            round_trip
        } else {
            here = Some(after);
            RoundTrip::Unusable
        };
        let before = rows::without_generated(before.steps());
        steps.insert(migration.version, Applied { before, after: schema, round_trip });
        run.load_later(migration.version, &mut place.connection).await?;
    }
    // The down migrations are reverted one after the other without generated rows, on which each has been tried.
    if run.steps.iter().any(|step| matches!(step, Step::Insert(_))) {
        let bare = rows::without_generated(&run.steps);
        place.go(run, &bare).await?;
    }
    for backfill in run.due(None, &done) {
        let before = Snapshot::of(run, &mut place.connection).await?;
        let executed = run.backfill(backfill, &place.scratch, Effect::Execute).await?;
        let before = (&before, executed.counts.units);
        undo(run, &CONTENT_DIFFERS, backfill, before, &place.scratch, &mut place.connection).await?;
        // Execute it again: the migrations are reverted with the data that a real database would have.
        run.backfill(backfill, &place.scratch, Effect::Execute).await?;
    }
    all::revert_all(run, &steps, &mut place).await?;
    place.connection.close().await?;
    Ok(())
}

/// Returns notes on migrations without a down file: up to three by name, more by their number.
fn without_down_file(migrations: &[Migration]) -> Vec<String> {
    let labels: Vec<String> =
        migrations.iter().filter(|migration| migration.down.is_none()).map(Migration::label).collect();
    match labels.len() {
        n if n > 3 && n == migrations.len() => vec![format!("none of the {n} migrations has a down file")],
        n if n > 3 => {
            vec![format!("{n} of {} migrations have no down file; the first is {}", migrations.len(), labels[0])]
        }
        _ => labels.iter().map(|label| format!("{label} has no down file, so its revert is not rehearsed")).collect(),
    }
}

/// Returns a finding for an error in the round trip of a migration.
fn of_migration(code: &'static Code, migration: &Migration, error: &Error) -> Finding {
    Finding::of_error(code, error).of_migration(migration.version)
}
