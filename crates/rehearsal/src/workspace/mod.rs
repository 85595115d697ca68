//! Finds the databases to work on. [`Workspace::read`] reads one folder per database in `migrations/`, with a
//! `rehearsal.toml`, and their fixtures in `fixtures/`; [`Database::given`] builds one database from flags, for a
//! project without these files, and [`Database::of_project`] from what [`find`] finds. This module reads folders and the headers of files; it connects to no database.

mod allow;
mod configuration;
mod error;
mod given;
mod location;
mod sqlx_toml;

pub use allow::Allow;
pub use configuration::configured_engine;
pub use error::{CONFIGURATION, Error, GivenError};
pub use given::{Given, engine_of_tool, tool_of};
pub use location::{Location, find, project_name};
pub use sqlx_toml::{SqlxSettings, url_variable};

use crate::directive::{directives, nearest};
use crate::layout::Tool;
use configuration::Configuration;
use rehearsal_db::Engine;
use rehearsal_db::command::command;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A workspace with databases.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The folder that contains `migrations/` and `fixtures/`.
    pub root: PathBuf,
    /// The databases, by name.
    pub databases: Vec<Database>,
}

/// The folders of a database that its configuration names, relative to the root of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Folders {
    /// The folder of its fixtures. `None`: the usual one.
    pub fixtures: Option<PathBuf>,
    /// The folder of the reports of its backfills. `None`: the usual one.
    pub reports: Option<PathBuf>,
}

impl Folders {
    /// Returns the configured folder of the fixtures.
    ///
    /// # Errors
    /// [`Error::NoFixtureFolder`] if it does not exist.
    fn fixtures_in(&self, root: &Path, migrations: &Path) -> Result<Option<PathBuf>, Error> {
        let Some(folder) = self.fixtures.as_ref().map(|folder| root.join(folder)) else { return Ok(None) };
        match folder.is_dir() {
            true => Ok(Some(folder)),
            false => Err(Error::NoFixtureFolder { folder, path: migrations.join(error::CONFIGURATION) }),
        }
    }
}

/// A database and its files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Database {
    /// The name of its folder; if flags describe the database, the folders as given.
    pub name: String,
    /// The engine.
    pub engine: Engine,
    /// The tool that applies its migrations for real.
    pub tool: Tool,
    /// The folder of its migrations.
    pub folder: PathBuf,
    /// Further folders of the same history, which share one table of applied migrations.
    pub beside: Vec<PathBuf>,
    /// Where its description comes from.
    pub origin: Origin,
    /// The SQL to run in an empty database before the history.
    pub setup: Vec<Setup>,
    /// The settings of the project's `sqlx.toml` that decide how sqlx records the migrations.
    pub sqlx: SqlxSettings,
    /// Columns that comparisons ignore, as `(table, column)`.
    pub volatile: Vec<(String, String)>,
    /// How long a write of the app may wait while a backfill runs concurrently.
    pub max_wait: Duration,
    /// The folders that its configuration names.
    pub configured: Folders,
    /// The findings that the user accepts.
    pub allow: Vec<Allow>,
    /// The fixtures, by name.
    pub fixtures: Vec<Fixture>,
    /// SQL files in the folders for fixtures that are not used, because they do not state a version.
    pub unused: Vec<PathBuf>,
}

/// The source of a database's description.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A folder of the workspace. The strict rules of rehearsal apply to its files.
    Workspace,
    /// The only migrations of a project, found by their place. Only sqlx's rules apply to its files.
    Project {
        /// The flags that replace what was found, quoted for a shell; empty without any.
        flags: String,
    },
    /// Flags. Only sqlx's rules apply to its files.
    Given {
        /// The flags, quoted for a shell.
        flags: String,
    },
}

/// SQL that creates the objects that the history needs but another system owns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Setup {
    /// The file that contains the SQL or requires it.
    pub path: PathBuf,
    /// The SQL.
    pub sql: String,
}

/// Named data at a stated version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fixture {
    /// The file name without its ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The version of the last migration that the data has seen.
    pub version: i64,
    /// Where the version is stated.
    pub stated: Stated,
    /// Further rows, each to insert right after the migration with its version, in addition to the earlier rows.
    pub later: Vec<Rows>,
}

/// Where the version of a fixture is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stated {
    /// The comment `-- at:` in the file.
    Comment,
    /// The flag `--fixture FILE@VERSION`.
    Flag,
    /// The name of the file.
    FileName,
}

impl Stated {
    /// Returns the location as the end of a sentence.
    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::Comment => "after `-- at:`",
            Self::Flag => "after `@`",
            Self::FileName => "at the start of the file name",
        }
    }
}

/// A SQL file with rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rows {
    /// The file.
    pub path: PathBuf,
    /// The version of the last migration that the rows have seen.
    pub version: i64,
}

impl Workspace {
    /// Reads the databases and fixtures below `root`.
    ///
    /// # Errors
    /// Fails with the first fault of the folders and files.
    pub fn read(root: &Path) -> Result<Self, Error> {
        let folder = root.join("migrations");
        let mut databases = Vec::new();
        for path in entries(&folder)?.into_iter().filter(|path| path.is_dir()) {
            databases.push(Database::read(root, &path)?);
        }
        if databases.is_empty() {
            return Err(Error::NoDatabases { folder });
        }
        let fixtures = root.join("fixtures");
        if fixtures.is_dir() {
            for folder in entries(&fixtures)?.into_iter().filter(|path| path.is_dir()) {
                if !databases.iter().any(|database| folder.file_name().is_some_and(|name| *name == *database.name)) {
                    return Err(Error::OrphanFixtures { folder });
                }
            }
        }
        Ok(Self { root: root.to_owned(), databases })
    }

    /// Returns the database with that name.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`] if there is none, with the most similar name.
    pub fn database(&self, name: &str) -> Result<&Database, Error> {
        let known: Vec<String> = self.databases.iter().map(|database| database.name.clone()).collect();
        self.databases.iter().find(|database| database.name == name).ok_or_else(|| Error::UnknownDatabase {
            name: name.to_owned(),
            nearest: nearest(name, &known),
            known,
        })
    }
}

impl Database {
    /// Returns a database with one folder and the default settings, without fixtures.
    #[must_use]
    pub fn new(name: String, engine: Engine, folder: PathBuf, origin: Origin) -> Self {
        let Configuration { volatile, max_wait, allow, .. } = Configuration::default();
        let (beside, setup, fixtures, unused) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let sqlx = SqlxSettings::default();
        Self {
            name,
            engine,
            tool: Tool::Sqlx,
            folder,
            beside,
            origin,
            setup,
            sqlx,
            volatile,
            max_wait,
            configured: Folders::default(),
            allow,
            fixtures,
            unused,
        }
    }

    fn read(root: &Path, folder: &Path) -> Result<Self, Error> {
        let name = file_name(folder);
        let (engine, configured) = configuration::of_database(folder)?;
        let Configuration { volatile, max_wait, allow, folders: configured, .. } = configured;
        let usual = || root.join("fixtures").join(&name);
        let fixtures = read_fixtures(&configured.fixtures_in(root, folder)?.unwrap_or_else(usual))?;
        let folder = folder.to_owned();
        let (sqlx, setup) = sqlx_toml::settings(std::slice::from_ref(&folder), engine)?;
        let plain = Self::new(name, engine, folder, Origin::Workspace);
        Ok(Self { setup, sqlx, volatile, max_wait, configured, allow, fixtures, ..plain })
    }

    /// Returns all folders of the history.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.folder).chain(&self.beside).map(PathBuf::as_path)
    }

    /// Returns a sentence about the files that may be meant as fixtures and are not used. `None` if there are none.
    #[must_use]
    pub(crate) fn unused_fixtures(&self) -> Option<String> {
        let first = self.unused.first()?;
        let files = match self.unused.len() {
            1 => format!("{} is not used as a fixture, because it does", first.display()),
            n => format!("{n} files such as {} are not used as fixtures, because they do", first.display()),
        };
        Some(format!("{files} not state a version: put `-- at: VERSION` in the first line"))
    }

    /// Returns the command that rehearses the database.
    #[must_use]
    pub fn rehearse(&self) -> String {
        match &self.origin {
            Origin::Workspace => command(&format!("ci {}", self.name)),
            Origin::Project { flags } if flags.is_empty() => command("ci"),
            Origin::Project { flags } | Origin::Given { flags } => command(&format!("ci {flags}")),
        }
    }
}

fn read_fixtures(folder: &Path) -> Result<Vec<Fixture>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    entries(folder)?.into_iter().map(read_fixture).collect()
}

/// Number of bytes of a fixture to read for the version in its header. A fixture may be gigabytes.
const HEADER: u64 = 64 * 1024;

fn read_fixture(path: PathBuf) -> Result<Fixture, Error> {
    if path.extension().is_none_or(|ending| ending != "sql") {
        return Err(Error::UnknownFixture { path });
    }
    let at = stated_version(&path)?;
    let Some(version) = at.as_ref().and_then(|at| at.parse().ok()) else {
        return Err(Error::FixtureWithoutVersion { path, found: at });
    };
    Ok(Fixture { name: file_stem(&path), path, version, stated: Stated::Comment, later: Vec::new() })
}

/// Returns the text after `-- at:` in the header of a fixture. `None` if there is no such comment.
fn stated_version(path: &Path) -> Result<Option<String>, Error> {
    let mut header = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(HEADER).read_to_end(&mut header));
    read.map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let (found, _) = directives(&String::from_utf8_lossy(&header), &["at"]);
    Ok(found.first().map(|directive| directive.value.clone()))
}

impl Fixture {
    /// Returns all files of rows, in the order in which they are inserted.
    pub fn rows(&self) -> impl Iterator<Item = Rows> {
        let first = Rows { path: self.path.clone(), version: self.version };
        std::iter::once(first).chain(self.later.iter().cloned())
    }
}

impl Rows {
    /// Reads the SQL of the file.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read.
    pub fn sql(&self) -> Result<String, Error> {
        read(&self.path)
    }
}

/// Reads a file without its byte order mark.
fn read(path: &Path) -> Result<String, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    Ok(text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text))
}

/// Returns the entries of a folder by name, without those that begin with a dot.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Io { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.retain(|path| !file_name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn file_stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
