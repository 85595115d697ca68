//! Whether a history is for the engine that it is said to be for.

use super::error::Error;
use super::history::up_files;
use crate::workspace::Database;
use miette::NamedSource;
use rehearsal_db::Whose;

/// Refuses a history whose words only another engine knows: much of it might run all the same, and prove nothing.
/// What is a fault to the wrong engine is none worth telling, so that files are looked at before they are a history.
///
/// # Errors
/// [`Error::OtherEngine`].
pub fn check_engine(database: &Database) -> Result<(), Error> {
    let engine = database.engine;
    for (path, sql) in up_files(database) {
        let Some(foreign) = engine.foreign(&sql) else { continue };
        let whose = match foreign.whose {
            Whose::Of(other) => other.to_string(),
            Whose::OfNone(other) => other.to_owned(),
        };
        let help = match foreign.whose {
            Whose::Of(other) => format!("type `--engine {}`", other.scheme()),
            Whose::OfNone(_) => "this tool works with PostgreSQL and SQLite".to_owned(),
        };
        let (words, at) = (foreign.words.to_owned(), (foreign.at, foreign.words.len()).into());
        let text = NamedSource::new(path.display().to_string(), sql);
        return Err(Error::OtherEngine { engine, words, whose, help, text, at });
    }
    Ok(())
}
