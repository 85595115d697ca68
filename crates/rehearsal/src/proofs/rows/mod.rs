//! *Rows*: before each migration, tables that no fixture has rows for are given made-up ones, so that what only works on empty
//! tables shows, and what loses rows does. Where a migration fails on them, ordinary rows decide what that means, and the way
//! goes on behind it without rows, so that all such migrations are found and not the first alone.

mod covered;
mod failure;
mod shadow;
mod stage;
mod verdict;

use super::Course;
use super::populated::tell_losses;
use super::renamed;
use super::state::explain;
use super::state::is_declared;
use super::walk::Action;
use crate::compare::{self, Changes, Content, ContentDifference};
use crate::migration::{self, Migration};
use crate::rows::Flavour;
use crate::workspace::Origin;
use crate::{Error, backfill};
use covered::covered;
use failure::{Seen, brief, tell};
use rehearsal_db::Broken;
use shadow::Shadow;
use stage::{Bare, Stage, Tables, Wanted};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) async fn prove(course: &mut Course<'_>) -> Result<(), Error> {
    let covered = covered(course).await?;
    let none = BTreeSet::new();
    let mut tables = Tables::default();
    let mut stage = Stage::empty(course).await?;
    let mut bare: Option<Bare> = None;
    let mut before: Option<Content> = None;
    let mut shadow = Shadow::default();
    for (at, migration) in course.subject.history.migrations.iter().enumerate() {
        let covered = covered.get(&migration.version).unwrap_or(&none);
        course.step(format!("make up rows before {}", migration.label()));
        let wanted = Wanted { covered, flavour: Flavour::Everything, words_of: None };
        stage.fill(course, &wanted, &mut tables).await?;
        if let Err(refused) = stage.run_due(course, migration).await {
            let why = format!("backfill {} takes no made-up rows: {}", refused.backfill, refused.error);
            stage = past(course, stage, &mut bare, at, &why).await?;
            before = None;
            continue;
        }
        let only_adds = course.subject.database.engine.only_adds(&migration.up.sql);
        if only_adds {
            before = None;
        } else if std::mem::take(&mut stage.is_new) || before.is_none() {
            before = Some(compare::content(&mut stage.connection, &course.subject.database.volatile).await?);
        }
        let path = course.path.clone();
        let scratch = Arc::clone(&stage.scratch);
        match course.up(migration, &scratch, &mut stage.connection).await {
            Ok(()) => {
                if let Some(earlier) = before.take() {
                    let now = compare::content(&mut stage.connection, &course.subject.database.volatile).await?;
                    let lost = lost(course, migration, (&earlier, &now), (&mut shadow, &path), &mut stage).await?;
                    let lost = without_what_is_meant(course, migration, lost);
                    tell_losses(course, migration, &lost, &mut stage.connection).await?;
                    before = Some(now);
                }
            }
            Err(Error::Migration(migration::Error::RequiresBackfill { backfill, .. })) => {
                let why = format!("backfill {backfill} leaves made-up rows undone");
                stage = past(course, stage, &mut bare, at, &why).await?;
                before = None;
            }
            Err(error) if is_of_the_way(&error) || stage.made.is_empty() => return Err(error),
            Err(error) => {
                stage = failed(course, stage, &mut bare, at, covered, error).await?;
                before = None;
            }
        }
    }
    stage.connection.close().await?;
    conclude(course, &tables);
    Ok(())
}

/// Goes on behind the migration at that place, which meets no rows.
async fn past(
    course: &mut Course<'_>,
    stage: Stage,
    bare: &mut Option<Bare>,
    at: usize,
    why: &str,
) -> Result<Stage, Error> {
    let label = course.subject.history.migrations[at].label();
    course.untried.push(format!("{label} met no made-up rows, for {why}"));
    let bare = ahead(course, bare, at + 1).await?;
    replaced(course, stage, bare).await
}

/// Finds out what it means that the migration at that place failed, tells it, and goes on behind it: with ordinary rows where
/// these do, else without any.
async fn failed(
    course: &mut Course<'_>,
    mut stage: Stage,
    bare: &mut Option<Bare>,
    at: usize,
    covered: &BTreeSet<String>,
    error: Error,
) -> Result<Stage, Error> {
    let migration = &course.subject.history.migrations[at];
    let seen = Seen::of(&mut stage, &error, migration, covered).await?;
    let bare = ahead(course, bare, at).await?;
    let mut on_nulls = false;
    if seen.refusal.as_ref().is_some_and(|refusal| refusal.broken == Broken::NotNull) {
        let (with_nulls, fails) = again(course, bare, migration, covered, Flavour::WithNulls).await?;
        with_nulls.connection.close().await?;
        on_nulls = fails;
    }
    let (mut ordinary, on_ordinary_rows) = again(course, bare, migration, covered, Flavour::Ordinary).await?;
    let path = course.path.clone();
    // Where it fails without rows, too, that is told by *fresh*, and nothing behind it can be tried.
    course.step(format!("apply {}", migration.label()));
    bare.advance(course, at + 1).await?;
    tell(course, &stage, migration, error, &seen, on_ordinary_rows, on_nulls).await;
    if on_ordinary_rows {
        ordinary.connection.close().await?;
        return replaced(course, stage, bare).await;
    }
    stage.connection.close().await?;
    ordinary.wants_more();
    course.path = path;
    course.scratch = Some(Arc::clone(&ordinary.scratch));
    Ok(ordinary)
}

/// True where not the rows are at fault, but the database can't be worked with.
fn is_of_the_way(error: &Error) -> bool {
    match error {
        Error::Migration(migration::Error::Sql { cause, .. } | migration::Error::Engine(cause))
        | Error::Engine(cause)
        | Error::Backfill(backfill::Error::Engine(cause)) => cause.is_transient(),
        _ => false,
    }
}

fn conclude(course: &mut Course<'_>, tables: &Tables) {
    let names =
        |names: &BTreeSet<String>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    if !tables.made.is_empty() {
        course.notes.push(format!("made up rows for {}", names(&tables.made)));
    }
    let (database, history) = (course.subject.database, course.subject.history);
    let fills = |table: &&String| {
        !tables.made.contains(*table)
            && history.migrations.iter().any(|migration| database.engine.fills(&migration.up.sql, table))
    };
    let seeded: BTreeSet<String> = tables.full.iter().filter(fills).cloned().collect();
    if !seeded.is_empty() {
        let have = if seeded.len() == 1 { "has" } else { "have" };
        let were = if seeded.len() == 1 { "was" } else { "were" };
        course.notes.push(format!("{} {have} rows that a migration made, and {were} given no others", names(&seeded)));
    }
    course.made_up = tables.made.iter().cloned().collect();
    for (table, (why, ..)) in &tables.unfilled {
        course.untried.push(format!("could not make up rows for \"{table}\": {}", brief(why)));
    }
}

/// The database without rows, with so many migrations applied.
async fn ahead<'b>(course: &Course<'_>, bare: &'b mut Option<Bare>, to: usize) -> Result<&'b mut Bare, Error> {
    let there = match bare.take() {
        Some(there) => there,
        None => Bare::empty(course).await?,
    };
    let there = bare.insert(there);
    there.advance(course, to).await?;
    Ok(there)
}

/// Goes on with a copy of the database without rows.
async fn replaced(course: &mut Course<'_>, stage: Stage, bare: &Bare) -> Result<Stage, Error> {
    stage.connection.close().await?;
    Stage::fork(course, bare).await
}

/// Tries a migration once more on other rows; gives whether it fails.
async fn again(
    course: &mut Course<'_>,
    bare: &Bare,
    migration: &Migration,
    covered: &BTreeSet<String>,
    flavour: Flavour,
) -> Result<(Stage, bool), Error> {
    let mut stage = Stage::fork(course, bare).await?;
    course.step(format!("try {} on ordinary rows", migration.label()));
    let wanted = Wanted { covered, flavour, words_of: Some(migration) };
    stage.fill(course, &wanted, &mut Tables::default()).await?;
    if stage.run_due(course, migration).await.is_err() {
        return Ok((stage, true));
    }
    let scratch = Arc::clone(&stage.scratch);
    let fails = course.up(migration, &scratch, &mut stage.connection).await.is_err();
    Ok((stage, fails))
}

/// What is lost of made-up rows and was not declared.
async fn lost(
    course: &Course<'_>,
    migration: &Migration,
    (before, now): (&Content, &Content),
    (shadow, path): (&mut Shadow, &[Action]),
    stage: &mut Stage,
) -> Result<Vec<ContentDifference>, Error> {
    // What the history itself brought along it may change, and what is generated comes again.
    let counts = |difference: &ContentDifference| {
        let (table, column) = difference.subject();
        let is_made = stage.made.get(table).is_some_and(|fields| {
            column.is_none_or(|column| fields.is_empty() || fields.iter().any(|field| field.name == column))
        });
        difference.is_loss() && is_made && !is_declared(difference, &migration.loses)
    };
    let mut found: Vec<ContentDifference> = before.compare(now).into_iter().filter(counts).collect();
    found = renamed::without_moved(course, migration, (before, now), found, &mut stage.connection).await?;
    let of_rows = |difference: &ContentDifference| {
        matches!(difference, ContentDifference::Rows { .. } | ContentDifference::Values { .. })
    };
    if found.iter().any(of_rows) {
        let mut earlier = shadow.after(course, path).await?;
        found = explain(course, &mut earlier, (now, &mut stage.connection), found).await?;
        earlier.close().await?;
        found.retain(|difference| counts(difference) && !was_empty(difference));
        // The rows tell of other columns of the same table, too.
        found = renamed::without_moved(course, migration, (before, now), found, &mut stage.connection).await?;
    }
    Ok(found)
}

/// The losses, without what is dropped or given other values. Of a history that keeps nobody's rules but sqlx's that is noted:
/// whoever drops or updates something can see that, and a file that was applied somewhere can't be changed to say so. What goes
/// beside that (rows, parts of values) is what nobody sees.
fn without_what_is_meant(
    course: &mut Course<'_>,
    migration: &Migration,
    mut lost: Vec<ContentDifference>,
) -> Vec<ContentDifference> {
    if course.subject.database.origin == Origin::Workspace {
        return lost;
    }
    let is_dropped = |difference: &mut ContentDifference| {
        matches!(difference, ContentDifference::TableGone { .. } | ContentDifference::ColumnGone { .. })
    };
    let is_updated = |difference: &mut ContentDifference| match difference {
        ContentDifference::Values { changes, .. } => changes.as_ref().is_some_and(Changes::are_of_meaning),
        _ => false,
    };
    let updated: Vec<String> = lost.extract_if(.., is_updated).map(|difference| name(&difference)).collect();
    if !updated.is_empty() {
        course.notes.push(format!("{} gives other values to {}", migration.label(), updated.join(", ")));
    }
    let dropped: Vec<String> = lost.extract_if(.., is_dropped).map(|difference| name(&difference)).collect();
    if !dropped.is_empty() {
        course.notes.push(format!("{} drops {}, with what it holds", migration.label(), dropped.join(", ")));
    }
    lost
}

/// The table, or the column, that a difference is about.
fn name(difference: &ContentDifference) -> String {
    match difference.subject() {
        (table, Some(column)) => format!("\"{table}\".\"{column}\""),
        (table, None) => format!("\"{table}\""),
    }
}

/// True where nothing but NULL was overwritten.
fn was_empty(difference: &ContentDifference) -> bool {
    match difference {
        ContentDifference::Values { examples, .. } => {
            !examples.is_empty() && examples.iter().all(|example| example.before.as_deref() == Some("NULL"))
        }
        _ => false,
    }
}
