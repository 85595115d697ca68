//! Detects the engine for which a history was written: [`check_engine`] refuses a history for another engine, and
//! [`possible_engines`] returns the engines for which it can be.

use super::error::Error;
use super::history::up_files;
use crate::workspace::{Database, Origin, tool_of};
use miette::NamedSource;
use rehearsal_db::{Engine, Whose};
use std::path::PathBuf;

/// Refuses a history that uses the syntax of another engine: parts of it might run nevertheless, but would prove
/// nothing. Call it before [`History::read`](super::History::read), whose faults depend on the engine.
///
/// # Errors
/// [`Error::OtherEngine`], with the first foreign words.
pub fn check_engine(database: &Database) -> Result<(), Error> {
    let engine = database.engine;
    for (path, sql) in up_files(database) {
        let Some(foreign) = engine.foreign(&sql) else { continue };
        let whose = match foreign.whose {
            Whose::Of(other) => other.to_string(),
            Whose::OfNone(other) => other.to_owned(),
        };
        let help = match foreign.whose {
            Whose::Of(other) => format!("use `--engine {}`", other.scheme()),
            Whose::OfNone(_) => "rehearsal supports only PostgreSQL and SQLite".to_owned(),
        };
        let (words, at) = (foreign.words.to_owned(), (foreign.at, foreign.words.len()).into());
        let text = NamedSource::new(path.display().to_string(), sql);
        return Err(Error::OtherEngine { engine, words, whose, help, text, at });
    }
    Ok(())
}

/// Returns the engines for which the migrations in these folders can be, as far as the words in them tell.
#[must_use]
pub fn possible_engines(folders: &[PathBuf]) -> Vec<Engine> {
    let is_possible = |engine: &Engine| {
        let of = |folder: &PathBuf| Database {
            tool: tool_of(std::slice::from_ref(folder)),
            ..Database::new(String::new(), *engine, folder.clone(), Origin::Project { flags: String::new() })
        };
        folders.iter().all(|folder| check_engine(&of(folder)).is_ok())
    };
    Engine::ALL.iter().copied().filter(is_possible).collect()
}
