//! Builds the database of a project without a workspace: from the flags of `ci`, or from the folder of its migrations
//! alone. Detects its engine and its name.

use crate::args::{CiArgs, CrashStepArgs};
use crate::environment;
use crate::error::Error;
use rehearsal::layout::Tool;
use rehearsal::migration::{check_engine, possible_engines};
use rehearsal::workspace::{self, Database, Given, Location, Origin};
use rehearsal_db::Engine;
use std::path::{Path, PathBuf};

/// The variable that contains the URL of the database in most projects.
const URL: &str = "DATABASE_URL";

/// Returns the database that the flags of `ci` describe. Without a folder of migrations, it is that of the project.
pub(crate) fn database(args: &CiArgs) -> Result<Database, Error> {
    let project = match args.migrations.is_empty() {
        true => Some(project(args.engine, args.layout)?),
        false => None,
    };
    let folders = project.as_ref().map_or_else(|| args.migrations.clone(), |found| vec![found.folder.clone()]);
    let engine = match (args.engine, &project) {
        (Some(engine), _) => engine,
        (None, Some(found)) => found.engine,
        (None, None) => engine_of(&folders)?,
    };
    let (fixtures, setup) = (args.fixture.clone(), args.setup.clone());
    let given = Database::given(&Given { folders, engine, fixtures, setup, tool: args.layout })?;
    Ok(match project {
        Some(found) if args.fixture.is_empty() => Database { origin: given.origin, setup: given.setup, ..found },
        Some(found) => Database { name: found.name, ..given },
        None => given,
    })
}

/// Returns the only database of the project in the working folder, with an engine that a flag may name.
fn project(engine: Option<Engine>, tool: Option<Tool>) -> Result<Database, Error> {
    let typed_in = environment::working_folder()?;
    match workspace::find(&typed_in)? {
        Location::Single { root, folder } => {
            let base = if typed_in == root { PathBuf::new() } else { root.clone() };
            database_of_project(&root, &base, &folder, engine, tool)
        }
        Location::Databases { root } => Err(Error::FlagsForSeveral { folder: root.join("migrations") }),
    }
}

/// Returns the database that the flags of `crash-step` describe, without fixtures.
pub(crate) fn database_of_step(args: &CrashStepArgs) -> Result<Database, Error> {
    let engine = match args.engine {
        Some(engine) => engine,
        None => engine_of(&args.migrations)?,
    };
    let given =
        Given { folders: args.migrations.clone(), engine, fixtures: Vec::new(), setup: Vec::new(), tool: args.layout };
    Ok(Database::given(&given)?)
}

/// Returns the only database of the project at `root`, with paths relative to `base`, and with an engine that a flag
/// may name.
pub(crate) fn database_of_project(
    root: &Path,
    base: &Path,
    folder: &Path,
    engine: Option<Engine>,
    tool: Option<Tool>,
) -> Result<Database, Error> {
    let folder = base.join(folder);
    let engine = match engine {
        Some(engine) => engine,
        None => engine_of(std::slice::from_ref(&folder))?,
    };
    Ok(Database::of_project(base, folder, engine, tool, workspace::project_name(root))?)
}

/// Returns the name of the variable with the URL of the project's database.
pub(crate) fn url_variable(folders: &[PathBuf]) -> Result<String, Error> {
    let mut variable = URL.to_owned();
    for folder in folders {
        if let Some(name) = workspace::url_variable(folder)? {
            variable = name;
        }
    }
    Ok(variable)
}

/// Returns the engine that a `rehearsal.toml` in these folders names, otherwise the engine of the project's database,
/// otherwise the only engine that can read the migrations.
fn engine_of(folders: &[PathBuf]) -> Result<Engine, Error> {
    if let Some(engine) = workspace::configured_engine(folders)? {
        return Ok(engine);
    }
    if let Some(engine) = workspace::engine_of_tool(folders) {
        return Ok(engine);
    }
    // Rehearsals never connect to that database.
    let variable = url_variable(folders)?;
    if let Some((url, origin)) = environment::variable(&variable)? {
        let scheme = url.split(':').next().unwrap_or_default();
        return scheme.parse().map_err(|_| Error::NoEngine { scheme: scheme.to_owned(), origin });
    }
    match possible_engines(folders).as_slice() {
        [engine] => Ok(*engine),
        [] => Err(of_no_engine(folders)),
        _ => Err(Error::WhichEngine { variable }),
    }
}

/// Returns the reason why no engine can read the migrations: the first words of another one.
fn of_no_engine(folders: &[PathBuf]) -> Error {
    let of = |engine: Engine, folder: &PathBuf| {
        let plain = Database::new(String::new(), engine, folder.clone(), Origin::Project);
        check_engine(&Database { tool: workspace::tool_of(std::slice::from_ref(folder)), ..plain }).err()
    };
    let all = Engine::ALL.iter().flat_map(|engine| folders.iter().filter_map(move |folder| of(*engine, folder)));
    // `possible_engines` has just found such words.
    all.last()
        .map_or_else(|| Error::WhichEngine { variable: URL.to_owned() }, |error| rehearsal::Error::from(error).into())
}
