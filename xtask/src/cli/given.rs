//! The database that the flags of `ci` describe, of a project that has no file of ours.

use super::args::CiArgs;
use super::error::Error;
use super::target::from_environment;
use crate::engine::Engine;
use crate::workspace::{self, Database, Given};
use std::path::PathBuf;

/// The variable in which most projects keep the URL of their database.
const URL: &str = "DATABASE_URL";

pub(super) fn database(args: &CiArgs) -> Result<Database, Error> {
    let given = Given {
        folders: args.migrations.clone(),
        engine: match args.engine {
            Some(engine) => engine,
            None => guessed(&args.migrations)?,
        },
        fixtures: args.fixture.clone(),
        setup: args.setup.clone(),
    };
    Ok(Database::given(&given)?)
}

/// The engine of the database that the project works with. Nothing is ever done to that one.
fn guessed(folders: &[PathBuf]) -> Result<Engine, Error> {
    let mut variable = URL.to_owned();
    for folder in folders {
        if let Some(name) = workspace::url_variable(folder)? {
            variable = name;
        }
    }
    let Some((url, origin)) = from_environment(&variable)? else { return Err(Error::WhichEngine { variable }) };
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.parse().map_err(|_| Error::NoEngine { scheme: scheme.to_owned(), origin })
}
