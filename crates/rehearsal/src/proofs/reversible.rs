//! *Reversible*: each migration behind the fixture's version goes up, down and up again, and is held against the state
//! before and after it; each backfill is undone; then all the way down, which leaves nothing, and all the way up. One that
//! fails is no reason to stop: what comes after it goes on from the state that there should have been.

use crate::Error;
use crate::backfill::{Effect, Undo};
use crate::compare::SchemaDifference;
use crate::migration::{BEFORE_ALL, Migration};
use crate::proofs::concurrent::same_backfill;
use crate::proofs::kit::snapshot::{Compared, Snapshot};
use crate::proofs::problem::{Unlike, WayBack};
use crate::proofs::verify_backfill::undo;
use crate::proofs::{ProofRun, Rehearsal, What};
use crate::sandbox::Scratch;
use crate::workspace::Fixture;
use rehearsal_db::{Connection, Schema};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

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
pub(super) fn has_a_way_back(rehearsal: &Rehearsal<'_>, fixture: Option<&Fixture>) -> bool {
    let start = fixture.map_or(BEFORE_ALL, |fixture| fixture.version);
    // The newest is reverted whichever version the data is at.
    let mut within_reach = rehearsal.history.after(start).iter().chain(rehearsal.history.migrations.last());
    within_reach.any(|migration| migration.down.is_some())
        || rehearsal.backfills.iter().any(|backfill| backfill.about().undo == Undo::Written)
}

pub(super) async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let scratch = run.start("reversible").await?;
    let mut place = Place::open(scratch).await?;
    let (mut done, mut steps, mut here) = (Vec::new(), BTreeMap::new(), None);
    run.notes.extend(one_way(run.rehearsal.history.after(run.start_version())));
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
        let after = Snapshot::of(run, &mut place.connection).await?;
        undo(run, backfill, &before, executed.counts.units, &place.scratch, &mut place.connection).await?;
        if backfill.about().undo == Undo::Written {
            same_backfill::prove(run, backfill, &after, &place.scratch, &mut place.connection).await?;
        }
        // The way down is walked with the data that a real database would have.
        run.backfill(backfill, &place.scratch, Effect::Execute).await?;
    }
    all_the_way(run, &steps, &mut place).await?;
    place.connection.close().await?;
    Ok(())
}

/// Which migrations have no way back: a few by name, many by their number.
pub(super) fn one_way(migrations: &[Migration]) -> Vec<String> {
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
        run.problem(What::WayBack(WayBack::Broken(Box::new(error)))).await;
        place.replace(run, &after).await?;
        return Ok((Back::Unusable, None));
    }
    let expected = format!("reverting {} brings back what was there before it", migration.label());
    let hint = format!("complete {}", down.display());
    let reverted = Snapshot::of(run, &mut place.connection).await?;
    let compared = before.differences(&reverted, run, &mut place.connection).await?;
    let compared = compared.without(&migration.loses, &mut run.notes);
    match judge(run, &compared, &expected, &hint).await {
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
        run.problem(What::WayBack(WayBack::ReupFails(Box::new(error)))).await;
        place.replace(run, &after).await?;
        return Ok((Back::Once, None));
    }
    if !compared.content_lines().is_empty() {
        place.replace(run, &after).await?;
        return Ok((Back::Unusable, None));
    }
    let expected = format!("applying {} again gives the same as the first time", migration.label());
    let hint = format!("let {} take back all that {} does", down.display(), migration.up.path.display());
    let again = Snapshot::of(run, &mut place.connection).await?;
    let compared = after.differences(&again, run, &mut place.connection).await?;
    let compared = compared.without(&migration.loses, &mut run.notes);
    let compared = after.without_passing(compared, run).await?;
    if let Found { schema: false, content: false } = judge(run, &compared, &expected, &hint).await {
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

async fn judge(run: &mut ProofRun<'_>, compared: &Compared, expected: &str, hint: &str) -> Found {
    run.notes.extend(compared.notes());
    let unlike = |lines: Vec<String>, hint: String| Unlike { expected: expected.to_owned(), lines, hint };
    let (schema, content) = (compared.schema_lines(), compared.content_lines());
    let found = Found { schema: !schema.is_empty(), content: !content.is_empty() };
    if found.schema {
        let hint = format!("{hint}; `-` is missing, `+` is too much");
        run.problem(What::WayBack(WayBack::LossySchema(unlike(schema, hint)))).await;
    }
    if found.content {
        run.problem(What::WayBack(WayBack::LossyContent(unlike(content, hint.to_owned())))).await;
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
            run.problem(What::WayBack(WayBack::Broken(Box::new(error)))).await;
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
            Some((run.ground().await?, "with everything reverted, nothing is left".to_owned()))
        }
        Some(floor) => {
            run.step(format!("look at what is there when all behind {} is reverted", floor.label()));
            if floor.version != newest.version {
                run.notes.push(format!("all the way down is down to {}", floor.label()));
            }
            let expected = format!("reverting all that is behind {} brings back what was there", floor.label());
            steps.get(&floor.version).map(|step| (Arc::clone(&step.after), expected))
        }
    };
    let bottom = Snapshot::of(run, &mut place.connection).await?;
    if let Some((schema, expected)) = ground {
        left.extend(Compared::of_schemas(&schema, &bottom.schema).schema_lines());
        if !left.is_empty() {
            let hint = "drop it in the down file of the migration that creates it".to_owned();
            run.problem(What::WayBack(WayBack::LeftBehind(Unlike { expected, lines: left, hint }))).await;
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
            run.problem(What::WayBack(WayBack::ReupFails(Box::new(error)))).await;
            return Ok(());
        }
    }
    let again = Snapshot::of(run, &mut place.connection).await?;
    let again = Compared::of_schemas(top, &again.schema);
    let hint = "look at the down files: one of them does not take back all that its up file does";
    judge(run, &again, "all the way down and up again gives the same schema", hint).await;
    Ok(())
}
