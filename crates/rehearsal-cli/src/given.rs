//! The database that the flags of `ci` describe, of a project that has no file of ours.

use crate::args::{CiArgs, CrashStepArgs};
use crate::environment;
use crate::error::Error;
use rehearsal::workspace::{self, Database, Given};
use rehearsal_db::Engine;
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
