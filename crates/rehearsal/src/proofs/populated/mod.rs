//! *Populated*: a fixture takes the migrations behind its version one by one, and whatever a migration deletes, empties or
//! changes without declaring it is named; then the backfills fill it and the checks pass.

mod unseen;

pub(in crate::proofs) use unseen::Unseen;

use crate::Error;
use crate::check::{self, Check, Kind, Preserved};
use crate::compare::{Change, ContentDifference};
use crate::migration::Migration;
use crate::proofs::kit::moved_columns;
use crate::proofs::kit::snapshot::{Snapshot, content_lines, is_declared};
use crate::proofs::{ProofRun, What};
use crate::sandbox::Scratch;
use rehearsal_db::Connection;
use unseen::unseen;

pub(super) async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let scratch = run.start("populated").await?;
    let mut connection = scratch.open().await?;
    let preserved = remember_before(run, &mut connection).await?;
    let (mut done, mut here) = (Vec::new(), None);
    for migration in run.rehearsal.history.after(run.start_version()) {
        run.run_due(&scratch, Some(migration), &mut done).await?;
        // What is there after one migration is what is there before the next.
        let before = match here.take().filter(|snapshot: &Snapshot| snapshot.is_of(run)) {
            Some(snapshot) => snapshot,
            None => Snapshot::of(run, &mut connection).await?,
        };
        here = Some(apply_watched(run, migration, &before, &scratch, &mut connection).await?);
        run.load_later(migration.version, &mut connection).await?;
    }
    for backfill in run.due(None, &done) {
        let outcome = run.backfill(backfill, &scratch, crate::backfill::Effect::Execute).await?;
        run.notes.push(format!("{} wrote {} rows", outcome.about.name, outcome.counts.writes));
    }
    run.check(&scratch).await?;
    for (check, before) in preserved {
        run.step(format!("compare what {} says is preserved", check.path.display()));
        let Some(after) = check.queries(connection.engine()).get(1).copied() else { continue };
        let lines = before.compare(&check::remember(&mut connection, check, after).await?);
        if !lines.is_empty() {
            let expected = format!("{}: the rows before are the rows after", check.name);
            let hint =
                "look at what the migrations and backfills behind the fixture's version do to these rows".to_owned();
            run.problem(What::Differences { expected, lines, hint }).await;
        }
    }
    for table in connection.foreign_tables().await? {
        run.notes
            .push(format!("the rows of the foreign table \"{table}\" are another server's, and were not looked at"));
    }
    let end = Snapshot::of(run, &mut connection).await?;
    let version = run.rehearsal.history.newest().unwrap_or_default();
    let blind = unseen(run, version, end.content());
    run.end = Some((end, blind));
    connection.close().await?;
    Ok(())
}

/// The rows of the checks of what is preserved, as they are at the fixture's version; of those whose window opens later.
pub(super) async fn remember_before<'c>(
    run: &mut ProofRun<'c>,
    connection: &mut Connection,
) -> Result<Vec<(&'c Check, Preserved)>, Error> {
    let mut remembered = Vec::new();
    let (checks, version) = (run.rehearsal.checks, run.start_version());
    let opens_later = |check: &&Check| check.kind == Kind::Preserved && check.from.is_none_or(|from| from > version);
    for check in checks.iter().filter(opens_later) {
        run.step(format!("remember what {} says is preserved", check.path.display()));
        if let Some(before) = check.queries(connection.engine()).first() {
            remembered.push((check, check::remember(connection, check, before).await?));
        }
    }
    Ok(remembered)
}

async fn apply_watched(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    before: &Snapshot,
    scratch: &Scratch,
    connection: &mut Connection,
) -> Result<Snapshot, Error> {
    run.up(migration, scratch, connection).await?;
    let after = Snapshot::of(run, connection).await?;
    let compared = before.differences(&after, run, connection).await?;
    let contents = (before.content(), after.content());
    let mut found = moved_columns::without_moved(run, migration, contents, compared.content, connection).await?;
    for loss in &migration.loses {
        if !found.iter().any(|difference| is_declared(difference, std::slice::from_ref(loss))) {
            let column = loss.column.as_ref().map(|column| format!(".\"{column}\"")).unwrap_or_default();
            run.notes.push(format!(
                "{} declares to lose \"{}\"{column}, and lost nothing of it",
                migration.label(),
                loss.table
            ));
        }
    }
    found.extend(moved_columns::by_chance(run, migration, contents, connection).await?);
    tell_losses(run, migration, &found, connection).await?;
    Ok(after)
}

/// Records a problem where something is lost that the migration does not declare.
pub(in crate::proofs) async fn tell_losses(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    content: &[ContentDifference],
    connection: &mut Connection,
) -> Result<(), Error> {
    let undeclared: Vec<_> = content
        .iter()
        .filter(|difference| difference.is_loss() && !is_declared(difference, &migration.loses))
        .collect();
    if !undeclared.is_empty() {
        let what = What::Differences {
            expected: format!("{} loses nothing that it does not declare", migration.up.path.display()),
            hint: hint(connection, &undeclared, &migration.up.sql).await?,
            lines: content_lines(undeclared.into_iter()),
        };
        run.problem(what).await;
    }
    Ok(())
}

async fn hint(connection: &mut Connection, losses: &[&ContentDifference], sql: &str) -> Result<String, Error> {
    // Rows that went and columns that were nulled are what a table does to those that refer to it.
    let is_of_a_reference = |loss: &&&ContentDifference| match loss {
        ContentDifference::Rows { gone, .. } => *gone > 0,
        ContentDifference::Values { changes, .. } => {
            changes.as_ref().is_some_and(|changes| changes.of(Change::Nulled) > 0)
        }
        _ => false,
    };
    let suffered: Vec<&str> = losses.iter().filter(is_of_a_reference).map(|loss| loss.subject().0).collect();
    if let Some(why) = connection.why_rows_went(sql, &suffered).await? {
        return Ok(why);
    }
    let declare = |loss: &&ContentDifference| {
        let (table, column) = loss.subject();
        let column = column.map(|column| format!(".\"{column}\"")).unwrap_or_default();
        format!("-- loses: \"{table}\"{column}, and the reason")
    };
    let mut lines: Vec<String> = losses.iter().map(declare).collect();
    lines.dedup();
    Ok(format!("if it is meant, say so at the top of the file:\n{}", lines.join("\n")))
}
