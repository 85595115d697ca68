//! Builds the database of a project without a workspace: from the flags of `ci`, or from the folder of its migrations
//! alone. Detects its engine and its name.

use crate::args::{CiArgs, CrashStepArgs};
use crate::environment;
use crate::error::Error;
use rehearsal::layout::Tool;
use rehearsal::migration::{check_engine, possible_engines};
use rehearsal::workspace::{self, Database, Given, Origin};
use rehearsal_db::Engine;
use std::path::{Path, PathBuf};

/// The variable that contains the URL of the database in most projects.
const URL: &str = "DATABASE_URL";

/// The flags that replace what is found in a project.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replacing {
    engine: Option<Engine>,
    tool: Option<Tool>,
    fixtures: Vec<PathBuf>,
    setup: Vec<PathBuf>,
}

impl Replacing {
    pub(crate) fn of_ci(args: &CiArgs) -> Self {
        Self { engine: args.engine, tool: args.layout, fixtures: args.fixture.clone(), setup: args.setup.clone() }
    }

    pub(crate) fn of_step(args: &CrashStepArgs) -> Self {
        Self { engine: args.engine, tool: args.layout, ..Self::default() }
    }

    /// True if there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.engine.is_none() && self.tool.is_none() && self.fixtures.is_empty() && self.setup.is_empty()
    }
}

/// Returns the database that the flags of `ci` describe.
pub(crate) fn database(args: &CiArgs) -> Result<Database, Error> {
    let folders = args.migrations.clone();
    let engine = match args.engine {
        Some(engine) => engine,
        None => engine_of(&folders)?,
    };
    let (fixtures, setup) = (args.fixture.clone(), args.setup.clone());
    Ok(Database::given(&Given { folders, engine, fixtures, setup, tool: args.layout })?)
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

/// A project and where the user works on it.
pub(crate) struct Project<'p> {
    /// The root of the project.
    pub(crate) root: &'p Path,
    /// The folder to which its paths are relative in messages: empty if the user works in the root.
    pub(crate) base: &'p Path,
    /// The folder in which the user typed the command.
    pub(crate) typed_in: &'p Path,
}

/// Returns the only database of a project, whose migrations are in `folder` below the root.
pub(crate) fn database_of_project(
    project: &Project<'_>,
    folder: &Path,
    replacing: &Replacing,
) -> Result<Database, Error> {
    let folders = vec![project.base.join(folder)];
    let engine = match replacing.engine {
        Some(engine) => engine,
        None => engine_of(&folders)?,
    };
    let is_in_root = project.base.as_os_str().is_empty();
    let typed = |path: &PathBuf| if is_in_root { path.clone() } else { project.typed_in.join(path) };
    let fixtures = replacing.fixtures.iter().map(typed).collect();
    let setup = replacing.setup.iter().map(typed).collect();
    let given = Given { folders, engine, fixtures, setup, tool: replacing.tool };
    let (name, flags) = (workspace::project_name(project.root), given.replacing(replacing.engine));
    Ok(Database::of_project(project.base, &given, name, flags)?)
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
        let plain = Database::new(String::new(), engine, folder.clone(), Origin::Project { flags: String::new() });
        check_engine(&Database { tool: workspace::tool_of(std::slice::from_ref(folder)), ..plain }).err()
    };
    let all = Engine::ALL.iter().flat_map(|engine| folders.iter().filter_map(move |folder| of(*engine, folder)));
    // `possible_engines` has just found such words.
    all.last()
        .map_or_else(|| Error::WhichEngine { variable: URL.to_owned() }, |error| rehearsal::Error::from(error).into())
}
