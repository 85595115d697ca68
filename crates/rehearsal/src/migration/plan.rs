//! Plans which migrations to apply or revert, and in which order, to reach a [`Goal`]. [`plan`] is the entry point; it
//! accesses no database.

use super::error::Error;
use super::file::Migration;
use super::history::History;
use super::status::Applied;
use crate::directive::nearest;
use crate::event::Direction;
use std::num::NonZeroUsize;

/// The requested state of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// All migrations applied.
    Newest,
    /// All migrations up to and including a version applied.
    UpTo(i64),
    /// The given number of newest migrations reverted.
    Back(NonZeroUsize),
    /// All migrations after a version reverted; 0 reverts all.
    BackTo(i64),
}

/// One migration in one direction.
#[derive(Debug, Clone)]
pub struct Step {
    /// The migration.
    pub migration: Migration,
    /// Up or down.
    pub direction: Direction,
}

/// Returns the steps from `applied` to `goal`, in order.
///
/// # Errors
/// [`Error::UnknownVersion`] if no migration has the goal's version, [`Error::AlreadyBehind`] if a newer one is
/// applied, [`Error::FewerApplied`] if fewer migrations are applied than are to be reverted, and [`Error::NoDownFile`] if
/// a migration to revert has no down file.
pub fn plan(history: &History, applied: &[Applied], goal: Goal) -> Result<Vec<Step>, Error> {
    let is_applied = |migration: &&Migration| applied.iter().any(|done| done.version == migration.version);
    let up = |migrations: &[Migration]| {
        let pending = migrations.iter().filter(|migration| !is_applied(migration));
        Ok(pending.map(|migration| Step { migration: migration.clone(), direction: Direction::Up }).collect())
    };
    let down = |migrations: Vec<&Migration>| {
        let steps = migrations.into_iter().map(|migration| match migration.down {
            Some(_) => Ok(Step { migration: migration.clone(), direction: Direction::Down }),
            None => Err(Error::NoDownFile { file: migration.up.path.clone() }),
        });
        steps.collect()
    };
    match goal {
        Goal::Newest => up(&history.migrations),
        Goal::UpTo(version) => {
            known(history, version)?;
            match applied.iter().map(|done| done.version).max() {
                Some(newest) if newest > version => Err(Error::AlreadyBehind { version, newest }),
                _ => up(history.through(version)),
            }
        }
        Goal::Back(count) => {
            let newest: Vec<&Migration> =
                history.migrations.iter().rev().filter(is_applied).take(count.get()).collect();
            if newest.len() < count.get() {
                return Err(Error::FewerApplied { folder: history.folder.clone(), count, applied: newest.len() });
            }
            down(newest)
        }
        Goal::BackTo(version) => {
            if version != 0 {
                known(history, version)?;
            }
            down(history.after(version).iter().rev().filter(is_applied).collect())
        }
    }
}

fn known(history: &History, version: i64) -> Result<(), Error> {
    if history.get(version).is_some() {
        return Ok(());
    }
    let versions = history.migrations.iter().map(|migration| migration.version.to_string());
    Err(Error::UnknownVersion { version, nearest: nearest(&version.to_string(), versions) })
}
