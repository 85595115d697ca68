//! The database that the flags of `ci` describe, of a project that has no file of ours.

use crate::args::{CiArgs, CrashStepArgs};
use crate::environment;
use crate::error::Error;
use miette::NamedSource;
use rehearsal::migration;
use rehearsal::workspace::{self, Database, Given};
use rehearsal_db::{Engine, Whose};
use std::path::PathBuf;

/// The variable in which most projects keep the URL of their database.
const URL: &str = "DATABASE_URL";

pub(crate) fn database(args: &CiArgs) -> Result<Database, Error> {
    let given = Given {
        folders: args.migrations.clone(),
        engine: match args.engine {
            Some(engine) => engine,
            None => said_or_guessed(&args.migrations)?,
        },
        fixtures: args.fixture.clone(),
        setup: args.setup.clone(),
    };
    Ok(Database::given(&given)?)
}

/// The same for a step of its rehearsal, which needs no data.
pub(crate) fn database_of_step(args: &CrashStepArgs) -> Result<Database, Error> {
    let engine = match args.engine {
        Some(engine) => engine,
        None => said_or_guessed(&args.migrations)?,
    };
    let given = Given { folders: args.migrations.clone(), engine, fixtures: Vec::new(), setup: Vec::new() };
    Ok(Database::given(&given)?)
}

/// The engine that a `rehearsal.toml` beside the migrations names, else that of the project's database.
fn said_or_guessed(folders: &[PathBuf]) -> Result<Engine, Error> {
    workspace::configured_engine(folders)?.map_or_else(|| guessed(folders), Ok)
}

/// The engine of the database that the project works with. Nothing is ever done to that one.
fn guessed(folders: &[PathBuf]) -> Result<Engine, Error> {
    let mut variable = URL.to_owned();
    for folder in folders {
        if let Some(name) = workspace::url_variable(folder)? {
            variable = name;
        }
    }
    let Some((url, origin)) = environment::variable(&variable)? else { return Err(Error::WhichEngine { variable }) };
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.parse().map_err(|_| Error::NoEngine { scheme: scheme.to_owned(), origin })
}

/// Refuses a history whose words only another engine knows: much of it might run all the same, and prove nothing.
/// What is a fault to the wrong engine is none worth telling, so that files are looked at before they are a history.
pub(crate) fn check_engine(database: &Database) -> Result<(), Error> {
    let engine = database.engine;
    for (path, sql) in migration::up_files(database) {
        let Some(foreign) = engine.foreign(&sql) else { continue };
        let file = path.display().to_string();
        let whose = match foreign.whose {
            Whose::Of(other) => other.to_string(),
            Whose::OfNone(other) => other.to_owned(),
        };
        let help = match foreign.whose {
            Whose::Of(other) => format!("type `--engine {}`", other.scheme()),
            Whose::OfNone(_) => "this tool works with PostgreSQL and SQLite".to_owned(),
        };
        let at = (foreign.at, foreign.words.len()).into();
        let text = NamedSource::new(&file, sql.clone());
        return Err(Error::OtherEngine { engine, words: foreign.words.to_owned(), whose, help, text, at });
    }
    Ok(())
}
