//! Builds the database that the flags of `ci` describe, for a project without a workspace, and detects its engine.

use crate::args::{CiArgs, CrashStepArgs};
use crate::environment;
use crate::error::Error;
use rehearsal::workspace::{self, Database, Given};
use rehearsal_db::Engine;
use std::path::PathBuf;

/// The variable that contains the URL of the database in most projects.
const URL: &str = "DATABASE_URL";

/// Returns the database that the flags of `ci` describe.
pub(crate) fn database(args: &CiArgs) -> Result<Database, Error> {
    let given = Given {
        folders: args.migrations.clone(),
        engine: match args.engine {
            Some(engine) => engine,
            None => engine_of(&args.migrations)?,
        },
        fixtures: args.fixture.clone(),
        setup: args.setup.clone(),
    };
    Ok(Database::given(&given)?)
}

/// Returns the database that the flags of `crash-step` describe, without fixtures.
pub(crate) fn database_of_step(args: &CrashStepArgs) -> Result<Database, Error> {
    let engine = match args.engine {
        Some(engine) => engine,
        None => engine_of(&args.migrations)?,
    };
    let given = Given { folders: args.migrations.clone(), engine, fixtures: Vec::new(), setup: Vec::new() };
    Ok(Database::given(&given)?)
}

/// Returns the engine that a `rehearsal.toml` in these folders names, otherwise the engine of the project's database.
fn engine_of(folders: &[PathBuf]) -> Result<Engine, Error> {
    workspace::configured_engine(folders)?.map_or_else(|| engine_of_url(folders), Ok)
}

/// Returns the engine in the URL of the project's database. Rehearsals never connect to that database.
fn engine_of_url(folders: &[PathBuf]) -> Result<Engine, Error> {
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
