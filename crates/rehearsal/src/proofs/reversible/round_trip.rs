//! The round trip of one migration ([`make_round_trip`]): it is reverted and applied again, and the states are compared.

use super::judge::{Found, Wording, judge, only_leaves};
use super::place::Place;
use super::{AFTERMATH, DOWN_FAILED, REAPPLY_FAILED, RoundTrip, of_migration};
use crate::Error;
use crate::compare::{self, ContentDifference};
use crate::migration::{Loss, Migration, Script};
use crate::proofs::kit::aftermath::Marks;
use crate::proofs::kit::intended::is_intended;
use crate::proofs::kit::snapshot::{Compared, Snapshot, is_declared};
use crate::proofs::run::ProofRun;
use rehearsal_db::Connection;

/// Reverts a migration and applies it again. Returns the result and the current state; `None` if the state is not
/// known.
pub(super) async fn make_round_trip(
    run: &mut ProofRun<'_>,
    (migration, down): (&Migration, &Script),
    (before, marks): (&Snapshot, &Marks),
    after: Snapshot,
    place: &mut Place,
) -> Result<(RoundTrip, Option<Snapshot>), Error> {
    if let Err(error) = run.down(migration, &mut place.connection).await {
        run.find(of_migration(&DOWN_FAILED, migration, &error)).await;
        place.go(run, after.steps()).await?;
        return Ok((RoundTrip::Unusable, None));
    }
    let reverted = Snapshot::of(run, &mut place.connection).await?;
    let by_up = before.content().compare(after.content());
    let (updated, mut loses) = intended(run, migration, &by_up);
    loses.extend(declared(migration));
    let mut compared = before.sums(&reverted).leaving_out(&updated);
    compared = before.explain(compared, &reverted, run, &mut place.connection).await?;
    let is_lost_by_up = are_lost(&by_up, &compared.content);
    let wrong = wrong_again(&loses, &compared, &after, &mut place.connection).await?;
    compared.content.retain(|difference| !wrong.contains(difference));
    let mut compared = compared.without(&loses, &mut run.outcome.notes);
    compared.content.extend(wrong);
    // A sequence that moved back is a difference of the content.
    if compared.content.is_empty() {
        marks.examine(run, &AFTERMATH, (migration, down), &mut place.connection).await?;
    }
    let wording = Wording {
        migration: Some((migration, &down.path)),
        message: |what| format!("reverting {} does not restore the {what}", migration.label()),
        help: &|what| match what {
            "data" if is_lost_by_up => format!(
                "{} overwrites or deletes these values, and no down file can know them: let it save them where {} can read them, \
                 or declare the loss with `-- loses:`",
                migration.up.path.display(),
                down.path.display()
            ),
            what => format!("change {} so that it restores the {what}", down.path.display()),
        },
    };
    match judge(run, &compared, &wording).await {
        Found { schema: false, content: false } => {}
        // The reverted state still shows whether the migration can be applied again.
        Found { schema: false, content: true } => place.go(run, reverted.steps()).await?,
        Found { schema: true, .. } => {
            // The reverted schema still shows whether the migration can be applied again; the result would only show the
            // same difference.
            if let Err(error) = run.up_again(migration, &mut place.connection).await {
                run.find(of_migration(&REAPPLY_FAILED, migration, &error).with_help(left_behind(down))).await;
            }
            place.go(run, after.steps()).await?;
            return Ok((if only_leaves(&compared) { RoundTrip::LeavesObjects } else { RoundTrip::Unusable }, None));
        }
    }
    if let Err(error) = run.up_again(migration, &mut place.connection).await {
        run.find(of_migration(&REAPPLY_FAILED, migration, &error).with_help(left_behind(down))).await;
        place.go(run, after.steps()).await?;
        return Ok((RoundTrip::NotReapplied, None));
    }
    if !compared.content_lines().is_empty() {
        place.go(run, after.steps()).await?;
        return Ok((RoundTrip::Unusable, None));
    }
    let wording = Wording {
        migration: Some((migration, &down.path)),
        message: |what| format!("the {what} differs after applying {} a second time", migration.label()),
        help: &|_| {
            format!(
                "revert every change of {} in {}, or remove values from it that differ in each run",
                migration.up.path.display(),
                down.path.display()
            )
        },
    };
    let again = Snapshot::of(run, &mut place.connection).await?;
    let compared = after.sums(&again).leaving_out(&updated);
    let compared = after.without_nondeterministic(compared, before, run).await?;
    let compared = after.explain(compared, &again, run, &mut place.connection).await?;
    let compared = compared.without(&loses, &mut run.outcome.notes);
    if let Found { schema: false, content: false } = judge(run, &compared, &wording).await {
        return Ok((RoundTrip::Clean, Some(again.by(run, &after))));
    }
    place.go(run, after.steps()).await?;
    Ok((RoundTrip::Clean, None))
}

/// Returns the declared losses. The values of a moved column have to come back.
fn declared(migration: &Migration) -> Vec<Loss> {
    migration.loses.iter().filter(|loss| loss.moved_to.is_none()).cloned().collect()
}

/// Returns the losses on generated rows that the up file intends and that no down file can restore: columns that it
/// updates, and what it drops.
fn intended(run: &ProofRun<'_>, migration: &Migration, by_up: &[ContentDifference]) -> (Vec<Loss>, Vec<Loss>) {
    if run.fixture.is_some() {
        return (Vec::new(), Vec::new());
    }
    let moved: Vec<Loss> = migration.loses.iter().filter(|loss| loss.moved_to.is_some()).cloned().collect();
    let is_it =
        |difference: &&ContentDifference| is_intended(run, migration, difference) && !is_declared(difference, &moved);
    let (updated, dropped): (Vec<_>, Vec<_>) =
        by_up.iter().filter(is_it).partition(|difference| matches!(difference, ContentDifference::Values { .. }));
    let loss = |difference: &ContentDifference| {
        let (table, column) = difference.subject();
        Loss { table: table.to_owned(), column: column.map(ToOwned::to_owned), moved_to: None }
    };
    (updated.into_iter().map(loss).collect(), dropped.into_iter().map(loss).collect())
}

/// True if each difference that remains after reverting is a loss of the up file.
fn are_lost(by_up: &[ContentDifference], remaining: &[ContentDifference]) -> bool {
    let is_lost = |difference: &ContentDifference| {
        by_up.iter().any(|lost| lost.is_loss() && lost.subject().0 == difference.subject().0)
    };
    remaining.iter().all(is_lost)
}

fn left_behind(down: &Script) -> String {
    format!(
        "the file succeeded the first time, so {} does not fully revert it: make it restore the previous schema",
        down.path.display()
    )
}

/// Returns the declared losses of columns that the migration drops and that the down migration fills again, but with other
/// values, which the app would take for right. A column that comes back empty, or with a single value, is lost as declared.
async fn wrong_again(
    loses: &[Loss],
    compared: &Compared,
    after: &Snapshot,
    connection: &mut Connection,
) -> Result<Vec<ContentDifference>, Error> {
    let mut wrong = Vec::new();
    for difference in compared.content.iter().filter(|difference| is_declared(difference, loses)) {
        let ContentDifference::Values { table, column, changes: Some(changes), .. } = difference else { continue };
        let tables = &after.content().tables;
        let is_dropped = tables.get(table).is_some_and(|digest| !digest.columns.contains_key(column));
        if is_dropped && changes.has_other_values() && compare::constant(connection, table, column).await?.is_none() {
            wrong.push(difference.clone());
        }
    }
    Ok(wrong)
}
