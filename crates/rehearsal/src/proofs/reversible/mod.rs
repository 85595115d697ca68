//! The proof *reversible*: each migration after the fixture's version is applied, reverted and applied again, and
//! the results are compared with the states before and after it. Each backfill is undone. Then all migrations are
//! reverted, which must leave nothing, and applied again. If a migration fails, the proof continues from the state
//! that should have resulted. The entry point is [`Reversible`].

mod judge;

use crate::Error;
use crate::backfill::{Effect, Undo};
use crate::compare::{self, ContentDifference, SchemaDifference};
use crate::failures;
use crate::migration::{BEFORE_ALL, Migration};
use crate::proofs::kit::repeat::undo;
use crate::proofs::kit::snapshot::{Compared, Snapshot, is_declared};
use crate::proofs::outcome::Outcome;
use crate::proofs::run::{Data, ProofRun};
use crate::proofs::{Applies, Proof, Rehearsal};
use crate::report::{Code, Explanation, Failures, Finding};
use crate::sandbox::Scratch;
use crate::workspace::Fixture;
use futures_util::future::LocalBoxFuture;
use judge::{Found, Wording, judge, only_leaves};
use rehearsal_db::{Connection, Schema};
use std::collections::BTreeMap;
use std::path::Path;
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
        vec![&DOWN_FAILED, &REAPPLY_FAILED, &SCHEMA_DIFFERS, &CONTENT_DIFFERS, &LEFTOVERS]
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
    before: Snapshot,
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

/// A scratch database and the connection to it. After a failure it is replaced by another one and kept for the
/// user.
struct Place {
    scratch: Arc<Scratch>,
    connection: Connection,
}

impl Place {
    async fn open(scratch: Arc<Scratch>) -> Result<Self, Error> {
        let connection = scratch.open().await?;
        Ok(Self { scratch, connection })
    }

    async fn replace(&mut self, run: &mut ProofRun<'_>, snapshot: &Snapshot) -> Result<(), Error> {
        let scratch = snapshot.restore(run).await?;
        let other = Self::open(run.work_on(scratch)).await?;
        std::mem::replace(self, other).connection.close().await?;
        Ok(())
    }
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
    run.outcome.notes.extend(without_down_file(run.rehearsal.history.after(run.start_version())));
    for migration in run.rehearsal.history.after(run.start_version()) {
        run.run_due(&place.scratch, Some(migration), &mut done).await?;
        // The state after one migration is the state before the next.
        let before = match here.take().filter(|snapshot: &Snapshot| snapshot.is_of(run)) {
            Some(snapshot) => snapshot,
            None => Snapshot::of(run, &mut place.connection).await?,
        };
        run.up(migration, &place.scratch, &mut place.connection).await?;
        let after = Snapshot::of(run, &mut place.connection).await?;
        let schema = Arc::clone(&after.schema);
        let round_trip = if let Some(down) = &migration.down {
            let (round_trip, snapshot) =
                make_round_trip(run, migration, &down.path, &before, after, &mut place).await?;
            here = snapshot;
            round_trip
        } else {
            here = Some(after);
            RoundTrip::Unusable
        };
        steps.insert(migration.version, Applied { before, after: schema, round_trip });
        run.load_later(migration.version, &mut place.connection).await?;
    }
    for backfill in run.due(None, &done) {
        let before = Snapshot::of(run, &mut place.connection).await?;
        let executed = run.backfill(backfill, &place.scratch, Effect::Execute).await?;
        let before = (&before, executed.counts.units);
        undo(run, &CONTENT_DIFFERS, backfill, before, &place.scratch, &mut place.connection).await?;
        // Execute it again: the migrations are reverted with the data that a real database would have.
        run.backfill(backfill, &place.scratch, Effect::Execute).await?;
    }
    revert_all(run, &steps, &mut place).await?;
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

/// Reverts a migration and applies it again. Returns the result and the current state; `None` if the state is not
/// known.
async fn make_round_trip(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    down: &Path,
    before: &Snapshot,
    after: Snapshot,
    place: &mut Place,
) -> Result<(RoundTrip, Option<Snapshot>), Error> {
    if let Err(error) = run.down(migration, &mut place.connection).await {
        run.find(of_migration(&DOWN_FAILED, migration, &error)).await;
        place.replace(run, &after).await?;
        return Ok((RoundTrip::Unusable, None));
    }
    let wording = Wording {
        migration: Some((migration, down)),
        message: |what| format!("reverting {} does not restore the {what}", migration.label()),
        help: &|what| format!("change {} so that it restores the {what}", down.display()),
        of_data: "; if the down file needs data that the up file deletes or overwrites, let the up file save it first"
            .to_owned(),
    };
    let reverted = Snapshot::of(run, &mut place.connection).await?;
    let mut compared = before.differences(&reverted, run, &mut place.connection).await?;
    let wrong = wrong_again(migration, &compared, &after, &mut place.connection).await?;
    compared.content.retain(|difference| !wrong.contains(difference));
    let mut compared = compared.without(&migration.loses, &mut run.outcome.notes);
    compared.content.extend(wrong);
    match judge(run, &compared, &wording).await {
        Found { schema: false, content: false } => {}
        // The reverted state still shows whether the migration can be applied again.
        Found { schema: false, content: true } => place.replace(run, &reverted).await?,
        Found { schema: true, .. } => {
            // Applying it again would only show the same difference.
            place.replace(run, &after).await?;
            return Ok((if only_leaves(&compared) { RoundTrip::LeavesObjects } else { RoundTrip::Unusable }, None));
        }
    }
    if let Err(error) = run.up_again(migration, &mut place.connection).await {
        let help = format!(
            "the file succeeded the first time, so its down file left something behind; make {} remove it",
            down.display()
        );
        run.find(of_migration(&REAPPLY_FAILED, migration, &error).with_help(help)).await;
        place.replace(run, &after).await?;
        return Ok((RoundTrip::NotReapplied, None));
    }
    if !compared.content_lines().is_empty() {
        place.replace(run, &after).await?;
        return Ok((RoundTrip::Unusable, None));
    }
    let wording = Wording {
        migration: Some((migration, down)),
        message: |what| format!("the {what} differs after applying {} a second time", migration.label()),
        help: &|_| {
            format!(
                "revert every change of {} in {}, or remove values from it that differ in each run",
                migration.up.path.display(),
                down.display()
            )
        },
        of_data: String::new(),
    };
    let again = Snapshot::of(run, &mut place.connection).await?;
    let compared = after.differences(&again, run, &mut place.connection).await?;
    let compared = compared.without(&migration.loses, &mut run.outcome.notes);
    let compared = after.without_nondeterministic(compared, run).await?;
    if let Found { schema: false, content: false } = judge(run, &compared, &wording).await {
        return Ok((RoundTrip::Clean, Some(again.by(run, &after))));
    }
    place.replace(run, &after).await?;
    Ok((RoundTrip::Clean, None))
}

/// Returns the declared losses of columns that the migration drops and that the down migration fills again, but with other
/// values, which the app would take for right. A column that comes back empty, or with a single value, is lost as declared.
async fn wrong_again(
    migration: &Migration,
    compared: &Compared,
    after: &Snapshot,
    connection: &mut Connection,
) -> Result<Vec<ContentDifference>, Error> {
    let mut wrong = Vec::new();
    for difference in compared.content.iter().filter(|difference| is_declared(difference, &migration.loses)) {
        let ContentDifference::Values { table, column, changes: Some(changes), .. } = difference else { continue };
        let tables = &after.content().tables;
        let is_dropped = tables.get(table).is_some_and(|digest| !digest.columns.contains_key(column));
        if is_dropped && changes.has_other_values() && compare::constant(connection, table, column).await?.is_none() {
            wrong.push(difference.clone());
        }
    }
    Ok(wrong)
}

/// Returns a finding for an error in the round trip of a migration.
fn of_migration(code: &'static Code, migration: &Migration, error: &Error) -> Finding {
    Finding::of_error(code, error).of_migration(migration.version)
}

/// Reverts all migrations down to the last one without a down file, skipping those whose down migration is known to
/// fail, and applies them again.
async fn revert_all(run: &mut ProofRun<'_>, steps: &BTreeMap<i64, Applied>, place: &mut Place) -> Result<(), Error> {
    let migrations = &run.rehearsal.history.migrations;
    let Some(newest) = migrations.last() else { return Ok(()) };
    let top = Snapshot::of(run, &mut place.connection).await?.schema;
    let floor = migrations.iter().rposition(|migration| migration.down.is_none());
    let walked = &migrations[floor.map_or(0, |floor| floor + 1)..];
    let mut left = Vec::new();
    for migration in walked.iter().rev() {
        let step = steps.get(&migration.version);
        let is_usable = step.is_none_or(|step| step.round_trip != RoundTrip::Unusable);
        if is_usable {
            let Err(error) = run.down(migration, &mut place.connection).await else { continue };
            run.find(of_migration(&DOWN_FAILED, migration, &error)).await;
        }
        // Skip it: continue with the state before it.
        let Some(step) = step else { return Ok(()) };
        run.step(format!("continue with the state before {}", migration.label()));
        left.extend(left_over(&step.after, &Snapshot::of(run, &mut place.connection).await?));
        place.replace(run, &step.before).await?;
    }
    let ground = match floor.map(|floor| &migrations[floor]) {
        None => {
            run.step("look for objects that remain after reverting all migrations");
            Some((run.ground().await?, "objects remain after reverting all migrations".to_owned()))
        }
        Some(floor) => {
            run.step(format!("look for objects that remain after reverting down to {}", floor.label()));
            if floor.version != newest.version {
                run.note(format!("all migrations were reverted down to {}, which has no down file", floor.label()));
            }
            let message = format!("objects remain after reverting down to {}", floor.label());
            steps.get(&floor.version).map(|step| (Arc::clone(&step.after), message))
        }
    };
    let bottom = Snapshot::of(run, &mut place.connection).await?;
    if let Some((schema, message)) = ground {
        left.extend(Compared::of_schemas(&schema, &bottom.schema).schema_lines());
        if !left.is_empty() {
            let help = "drop each object in the down file of the migration that creates it";
            run.find(Finding::new(&LEFTOVERS, message).with_details(left).with_help(help)).await;
            // The objects that remain may prevent applying the migrations again.
            return Ok(());
        }
    }
    if steps.values().any(|step| step.round_trip == RoundTrip::NotReapplied) {
        return Ok(());
    }
    up_again(run, walked, &top, place).await
}

/// Returns the objects that are not in `schema`: the reverted migrations have left them.
fn left_over(schema: &Schema, now: &Snapshot) -> Vec<String> {
    let mut compared = Compared::of_schemas(schema, &now.schema);
    compared.schema.retain(|difference| matches!(difference, SchemaDifference::New { .. }));
    compared.schema_lines()
}

/// Applies the reverted migrations again and compares the schema with `top`.
async fn up_again(
    run: &mut ProofRun<'_>,
    migrations: &[Migration],
    top: &Schema,
    place: &mut Place,
) -> Result<(), Error> {
    let mut done = Vec::new();
    for migration in migrations {
        run.run_due(&place.scratch, Some(migration), &mut done).await?;
        if let Err(error) = run.up(migration, &place.scratch, &mut place.connection).await {
            run.find(of_migration(&REAPPLY_FAILED, migration, &error)).await;
            return Ok(());
        }
    }
    let again = Snapshot::of(run, &mut place.connection).await?;
    let again = Compared::of_schemas(top, &again.schema);
    let wording = Wording {
        migration: None,
        message: |what: &str| format!("reverting all migrations and applying them again does not restore the {what}"),
        help: &|_| "look at the down files: one of them does not revert every change of its up file".to_owned(),
        of_data: String::new(),
    };
    judge(run, &again, &wording).await;
    Ok(())
}
