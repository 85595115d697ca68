//! Which migrations to run, in which order, to get from what is applied to where somebody wants to be.

use super::error::Error;
use super::file::Migration;
use super::history::History;
use super::status::Applied;
use crate::directive::nearest;
use crate::event::Direction;
use std::num::NonZeroUsize;

/// Where somebody wants to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Everything applied.
    Newest,
    /// Everything up to and including a version applied.
    UpTo(i64),
    /// The newest so many reverted.
    Back(NonZeroUsize),
    /// Everything behind a version reverted; 0 for everything.
    BackTo(i64),
}

/// One migration in one direction.
#[derive(Debug, Clone)]
pub struct Step {
    /// The migration.
    pub migration: Migration,
    /// Which way.
    pub direction: Direction,
}

/// The steps from `applied` to `goal`.
///
/// # Errors
/// [`Error::UnknownVersion`], [`Error::AlreadyBehind`], [`Error::NoDownFile`].
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
        Goal::Back(count) => down(history.migrations.iter().rev().filter(is_applied).take(count.get()).collect()),
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
