//! *Reversible*: each migration after the fixture's version goes up, down and up again, and is compared with the state before
//! and after it; each backfill is undone; then all the way down, which leaves nothing, and all the way up. A migration that
//! fails does not end the proof: what comes after it continues from the state that there should have been.

use super::kit::repeat::undo;
use super::kit::snapshot::{Compared, Snapshot};
use super::outcome::Outcome;
use super::run::{Data, ProofRun};
use super::{Applies, Proof, Rehearsal};
use crate::Error;
use crate::backfill::{Effect, Undo};
use crate::compare::SchemaDifference;
use crate::failures;
use crate::migration::{BEFORE_ALL, Migration};
use crate::report::{Code, Explanation, Failures, Finding};
use crate::sandbox::Scratch;
use crate::workspace::Fixture;
use futures_util::future::LocalBoxFuture;
use rehearsal_db::{Connection, Schema};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

static FAILURES: Failures = failures!("reversible");

static DOWN_FAILED: Code = Code::error(
    "reversible/down-failed",
    Explanation {
        meaning: "A down migration fails, so a deployment that goes wrong cannot be rolled back.",
        example: "DROP TABLE \"Toys\" in the down file of a migration that creates \"Toy\"",
        fix: "Correct the down file at the place that the finding names.",
        allow: "Remove the down file: a migration without one is noted, and not reverted.",
    },
);

static REAPPLY_FAILED: Code = Code::error(
    "reversible/reapply-failed",
    Explanation {
        meaning: "A migration that was reverted cannot be applied again.",
        example: "The down file leaves an enum type, and the up file creates it again.",
        fix: "Let the down file take back everything that the up file makes.",
        allow: "Remove the down file: a migration without one is noted, and not reverted.",
    },
);

static SCHEMA_DIFFERS: Code = Code::error(
    "reversible/schema-differs",
    Explanation {
        meaning: "After a migration was reverted, or applied again, the schema is not what it was.",
        example: "The down file drops the new column and forgets the new index.",
        fix: "Complete the down file: `-` in the finding is missing, `+` is left over.",
        allow: "Remove the down file: a migration without one is noted, and not reverted.",
    },
);

/// Rows differ after a round trip.
pub(super) static CONTENT_DIFFERS: Code = Code::error(
    "reversible/content-differs",
    Explanation {
        meaning: "After a migration was reverted, or a backfill undone, the rows are not what they were.",
        example: "The up file overwrites a column, and the down file cannot know the old values.",
        fix: "Keep the old values where the down file finds them, or complete the undo of the backfill.",
        allow: "Declare at the top of the up file what it loses: `-- loses: \"table\".\"column\", reason`.",
    },
);

static LEFTOVERS: Code = Code::error(
    "reversible/leftovers",
    Explanation {
        meaning: "With everything reverted, something of the history is left in the database.",
        example: "An up file creates a function, and no down file drops it.",
        fix: "Drop it in the down file of the migration that creates it.",
        allow: "Remove the down files that do not go all the way: a migration without one is noted.",
    },
);

/// The proof.
pub(super) struct Reversible;

impl Proof for Reversible {
    fn name(&self) -> &'static str {
        "reversible"
    }

    fn question(&self) -> &'static str {
        "Can we go back?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&DOWN_FAILED, &REAPPLY_FAILED, &SCHEMA_DIFFERS, &CONTENT_DIFFERS, &LEFTOVERS]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, rehearsal: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        if has_a_way_back(rehearsal, data.fixture) {
            return Applies::Yes;
        }
        let notes = if data.fixture.is_none() { one_way(&rehearsal.history.migrations) } else { Vec::new() };
        Applies::No(notes)
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run).await?;
            Ok(run.outcome())
        })
    }
}

/// What is known of a migration that went up.
struct Applied {
    before: Snapshot,
    after: Arc<Schema>,
    way_back: Back,
}

/// What became of its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Back {
    /// It brought back what was there.
    Clean,
    /// It brought that back and left something more, which is in nobody's way down.
    Leaves,
    /// It brought that back, and what was reverted can't be applied again.
    Once,
    /// What is below it can only be reached without it.
    Unusable,
}

/// A scratch database and the connection to it, replaced by another one after a failure: what it shows is kept.
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

/// Whether anything goes back there: a migration that has a down file, or a backfill that can be undone.
fn has_a_way_back(rehearsal: &Rehearsal<'_>, fixture: Option<&Fixture>) -> bool {
    let start = fixture.map_or(BEFORE_ALL, |fixture| fixture.version);
    // The newest is reverted whichever version the data is at.
    let mut within_reach = rehearsal.history.after(start).iter().chain(rehearsal.history.migrations.last());
    within_reach.any(|migration| migration.down.is_some())
        || rehearsal.backfills.iter().any(|backfill| backfill.about().undo == Undo::Written)
}

async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let scratch = run.start("reversible").await?;
    let mut place = Place::open(scratch).await?;
    let (mut done, mut steps, mut here) = (Vec::new(), BTreeMap::new(), None);
    run.outcome.notes.extend(one_way(run.rehearsal.history.after(run.start_version())));
    for migration in run.rehearsal.history.after(run.start_version()) {
        run.run_due(&place.scratch, Some(migration), &mut done).await?;
        // What is there after one migration is what is there before the next.
        let before = match here.take().filter(|snapshot: &Snapshot| snapshot.is_of(run)) {
            Some(snapshot) => snapshot,
            None => Snapshot::of(run, &mut place.connection).await?,
        };
        run.up(migration, &place.scratch, &mut place.connection).await?;
        let after = Snapshot::of(run, &mut place.connection).await?;
        let schema = Arc::clone(&after.schema);
        let way_back = if let Some(down) = &migration.down {
            let (way_back, snapshot) = there_and_back(run, migration, &down.path, &before, after, &mut place).await?;
            here = snapshot;
            way_back
        } else {
            here = Some(after);
            Back::Unusable
        };
        steps.insert(migration.version, Applied { before, after: schema, way_back });
        run.load_later(migration.version, &mut place.connection).await?;
    }
    for backfill in run.due(None, &done) {
        let before = Snapshot::of(run, &mut place.connection).await?;
        let executed = run.backfill(backfill, &place.scratch, Effect::Execute).await?;
        let before = (&before, executed.counts.units);
        undo(run, &CONTENT_DIFFERS, backfill, before, &place.scratch, &mut place.connection).await?;
        // The way down is walked with the data that a real database would have.
        run.backfill(backfill, &place.scratch, Effect::Execute).await?;
    }
    all_the_way(run, &steps, &mut place).await?;
    place.connection.close().await?;
    Ok(())
}

/// Which migrations have no way back: a few by name, many by their number.
fn one_way(migrations: &[Migration]) -> Vec<String> {
    let one_way: Vec<String> =
        migrations.iter().filter(|migration| migration.down.is_none()).map(Migration::label).collect();
    match one_way.len() {
        n if n > 3 && n == migrations.len() => vec![format!("none of the {n} migrations has a down file")],
        n if n > 3 => {
            vec![format!("{n} of {} migrations have no down file, {} the first of them", migrations.len(), one_way[0])]
        }
        _ => one_way.iter().map(|label| format!("{label} has no down file")).collect(),
    }
}

/// Down and up again. Tells what became of the way back, and the state that is there now where it is known.
async fn there_and_back(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    down: &Path,
    before: &Snapshot,
    after: Snapshot,
    place: &mut Place,
) -> Result<(Back, Option<Snapshot>), Error> {
    if let Err(error) = run.down(migration, &mut place.connection).await {
        run.find(of_migration(&DOWN_FAILED, migration, &error)).await;
        place.replace(run, &after).await?;
        return Ok((Back::Unusable, None));
    }
    let told = Told {
        migration: Some((migration, down)),
        message: |what| format!("reverting {} does not restore the {what}", migration.label()),
        help: format!("complete {}", down.display()),
    };
    let reverted = Snapshot::of(run, &mut place.connection).await?;
    let compared = before.differences(&reverted, run, &mut place.connection).await?;
    let compared = compared.without(&migration.loses, &mut run.outcome.notes);
    match judge(run, &compared, &told).await {
        Found { schema: false, content: false } => {}
        // Whether it can be applied again, what is there tells as well as what should be.
        Found { schema: false, content: true } => place.replace(run, &reverted).await?,
        Found { schema: true, .. } => {
            // What comes after it would only show that again.
            place.replace(run, &after).await?;
            return Ok((if only_leaves(&compared) { Back::Leaves } else { Back::Unusable }, None));
        }
    }
    if let Err(error) = run.up_again(migration, &mut place.connection).await {
        run.find(of_migration(&REAPPLY_FAILED, migration, &error)).await;
        place.replace(run, &after).await?;
        return Ok((Back::Once, None));
    }
    if !compared.content_lines().is_empty() {
        place.replace(run, &after).await?;
        return Ok((Back::Unusable, None));
    }
    let told = Told {
        migration: Some((migration, down)),
        message: |what| {
            format!("applying {} again does not make the {what} that it made the first time", migration.label())
        },
        help: format!("let {} take back all that {} does", down.display(), migration.up.path.display()),
    };
    let again = Snapshot::of(run, &mut place.connection).await?;
    let compared = after.differences(&again, run, &mut place.connection).await?;
    let compared = compared.without(&migration.loses, &mut run.outcome.notes);
    let compared = after.without_nondeterministic(compared, run).await?;
    if let Found { schema: false, content: false } = judge(run, &compared, &told).await {
        return Ok((Back::Clean, Some(again.by(run, &after))));
    }
    place.replace(run, &after).await?;
    Ok((Back::Clean, None))
}

/// Where two states differ in a way that counts.
struct Found {
    schema: bool,
    content: bool,
}

/// What is said of two states that differ.
struct Told<'a, M: Fn(&str) -> String> {
    /// The migration whose round trip it is, and its down file.
    migration: Option<(&'a Migration, &'a Path)>,
    /// The message, of the schema or of the data.
    message: M,
    help: String,
}

impl<M: Fn(&str) -> String> Told<'_, M> {
    fn finding(&self, code: &'static Code, what: &str) -> Finding {
        let finding = Finding::new(code, (self.message)(what));
        match self.migration {
            Some((migration, down)) => finding.of_migration(migration.version).in_file(down),
            None => finding,
        }
    }
}

/// What an error of a round trip says of its migration.
fn of_migration(code: &'static Code, migration: &Migration, error: &Error) -> Finding {
    Finding::of_error(code, error).of_migration(migration.version)
}

async fn judge<M: Fn(&str) -> String>(run: &mut ProofRun<'_>, compared: &Compared, told: &Told<'_, M>) -> Found {
    run.outcome.notes.extend(compared.notes());
    let (schema, content) = (compared.schema_lines(), compared.content_lines());
    let found = Found { schema: !schema.is_empty(), content: !content.is_empty() };
    if found.schema {
        let help = format!("{}; `-` is missing, `+` is left over", told.help);
        run.find(told.finding(&SCHEMA_DIFFERS, "schema").with_details(schema).with_help(help)).await;
    }
    if found.content {
        run.find(told.finding(&CONTENT_DIFFERS, "data").with_details(content).with_help(&*told.help)).await;
    }
    found
}

/// True where nothing is missing or other, but something is left over.
fn only_leaves(compared: &Compared) -> bool {
    let is_new = |difference: &SchemaDifference| {
        matches!(difference, SchemaDifference::New { .. } | SchemaDifference::ColumnOrder { .. })
    };
    compared.schema.iter().all(is_new)
}

/// Down to the last migration that has no way back, or to nothing, past those whose way back is known to fail; then up again.
async fn all_the_way(run: &mut ProofRun<'_>, steps: &BTreeMap<i64, Applied>, place: &mut Place) -> Result<(), Error> {
    let migrations = &run.rehearsal.history.migrations;
    let Some(newest) = migrations.last() else { return Ok(()) };
    let top = Snapshot::of(run, &mut place.connection).await?.schema;
    let floor = migrations.iter().rposition(|migration| migration.down.is_none());
    let walked = &migrations[floor.map_or(0, |floor| floor + 1)..];
    let mut left = Vec::new();
    for migration in walked.iter().rev() {
        let step = steps.get(&migration.version);
        let is_usable = step.is_none_or(|step| step.way_back != Back::Unusable);
        if is_usable {
            let Err(error) = run.down(migration, &mut place.connection).await else { continue };
            run.find(of_migration(&DOWN_FAILED, migration, &error)).await;
        }
        // What is below it is reached from the state that there was before it.
        let Some(step) = step else { return Ok(()) };
        run.step(format!("go on below {}", migration.label()));
        left.extend(left_over(&step.after, &Snapshot::of(run, &mut place.connection).await?));
        place.replace(run, &step.before).await?;
    }
    let ground = match floor.map(|floor| &migrations[floor]) {
        None => {
            run.step("look at what is left when everything is reverted");
            Some((run.ground().await?, "with everything reverted, something is left".to_owned()))
        }
        Some(floor) => {
            run.step(format!("look at what is there when all behind {} is reverted", floor.label()));
            if floor.version != newest.version {
                run.note(format!("all the way down is down to {}", floor.label()));
            }
            let message = format!("with everything after {} reverted, something is left", floor.label());
            steps.get(&floor.version).map(|step| (Arc::clone(&step.after), message))
        }
    };
    let bottom = Snapshot::of(run, &mut place.connection).await?;
    if let Some((schema, message)) = ground {
        left.extend(Compared::of_schemas(&schema, &bottom.schema).schema_lines());
        if !left.is_empty() {
            let help = "drop it in the down file of the migration that creates it";
            run.find(Finding::new(&LEFTOVERS, message).with_details(left).with_help(help)).await;
            // What is in the way of going up again is told.
            return Ok(());
        }
    }
    if steps.values().any(|step| step.way_back == Back::Once) {
        return Ok(());
    }
    up_again(run, walked, &top, place).await
}

/// What is there beside what should be: those that were reverted have left it.
fn left_over(schema: &Schema, now: &Snapshot) -> Vec<String> {
    let mut compared = Compared::of_schemas(schema, &now.schema);
    compared.schema.retain(|difference| matches!(difference, SchemaDifference::New { .. }));
    compared.schema_lines()
}

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
    let told = Told {
        migration: None,
        message: |what: &str| format!("all the way down and up again does not make the same {what}"),
        help: "look at the down files: one of them does not take back all that its up file does".to_owned(),
    };
    judge(run, &again, &told).await;
    Ok(())
}
