//! Which databases there are: one folder each under `migrations/`, with a `rehearsal.toml`, and their fixtures under
//! `fixtures/`; or one that flags describe, of a project that has no file of ours. Reads folders and headers; connects to
//! nothing.

mod configuration;
mod error;
mod given;
mod sqlx_toml;

pub use configuration::configured_engine;
pub use error::{CONFIGURATION, Error, GivenError};
pub use given::Given;
pub use sqlx_toml::url_variable;

use crate::directive::{directives, nearest};
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
    /// The folder that holds `migrations/` and `fixtures/`.
    pub root: PathBuf,
    /// The databases, by name.
    pub databases: Vec<Database>,
}

/// A database of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The name of its folder; where flags describe it, its folders as they were typed.
    pub name: String,
    /// Its engine.
    pub engine: Engine,
    /// The folder with its migrations.
    pub folder: PathBuf,
    /// Further folders of the same history: they share one `_sqlx_migrations`.
    pub beside: Vec<PathBuf>,
    /// Who described it.
    pub origin: Origin,
    /// What is run in an empty database before the history.
    pub setup: Vec<Setup>,
    /// Columns whose values say nothing, as `(table, column)`: fingerprints leave them out.
    pub volatile: Vec<(String, String)>,
    /// How long a write of the app may wait beside a backfill.
    pub max_wait: Duration,
    /// Its fixtures, by name.
    pub fixtures: Vec<Fixture>,
}

/// Who described a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A folder of the workspace. Its files keep our rules.
    Workspace,
    /// Flags. Its files keep sqlx's rules and nobody else's.
    Given {
        /// The flags, to be typed again.
        flags: String,
    },
}

/// SQL that makes what the history needs and another system owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The file that it is in, or that asks for it.
    pub path: PathBuf,
    /// The SQL.
    pub sql: String,
}

/// Named data at a stated version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// The file's name without its ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The migration version that the data is at.
    pub version: i64,
    /// What says so.
    pub stated: Stated,
    /// Rows that come later: each right behind the migration of its version, on top of those before.
    pub later: Vec<Rows>,
}

/// What says at which version a fixture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// A comment in it.
    Comment,
    /// Whoever typed the command.
    Flag,
    /// The name of its file.
    FileName,
}

impl Stated {
    /// Where the version stands, as the end of a sentence.
    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::Comment => "behind `-- at:`",
            Self::Flag => "behind `@`",
            Self::FileName => "in front of its name",
        }
    }
}

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The file.
    pub path: PathBuf,
    /// The migration version that they are at.
    pub version: i64,
}

impl Workspace {
    /// The nearest folder at or above `from` that holds a `migrations` folder.
    ///
    /// # Errors
    /// [`Error::NoWorkspace`].
    pub fn find_root(from: &Path) -> Result<PathBuf, Error> {
        let found = from.ancestors().find(|folder| folder.join("migrations").is_dir());
        found.map(Path::to_owned).ok_or_else(|| Error::NoWorkspace { from: from.to_owned() })
    }

    /// Reads the folders below `root`.
    ///
    /// # Errors
    /// Whatever is wrong with them, the first of it.
    pub fn read(root: &Path) -> Result<Self, Error> {
        let folder = root.join("migrations");
        let mut databases = Vec::new();
        for path in entries(&folder)?.into_iter().filter(|path| path.is_dir()) {
            databases.push(Database::read(root, &path)?);
        }
        if databases.is_empty() {
            let is_flat = given::holds_migrations(&folder)?;
            return Err(if is_flat { Error::NotByDatabase { folder } } else { Error::NoDatabases { folder } });
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

    /// The database of that name.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`], with the nearest name.
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
    fn read(root: &Path, folder: &Path) -> Result<Self, Error> {
        let name = file_name(folder);
        let (engine, Configuration { volatile, max_wait, .. }) = configuration::of_database(folder)?;
        let fixtures = read_fixtures(&root.join("fixtures").join(&name))?;
        let (beside, origin, setup) = (Vec::new(), Origin::Workspace, Vec::new());
        let folder = folder.to_owned();
        Ok(Self { name, engine, folder, beside, origin, setup, volatile, max_wait, fixtures })
    }

    /// All folders of its history.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.folder).chain(&self.beside).map(PathBuf::as_path)
    }

    /// What is typed to rehearse it.
    #[must_use]
    pub fn rehearse(&self) -> String {
        match &self.origin {
            Origin::Workspace => command(&format!("ci {}", self.name)),
            Origin::Given { flags } => command(&format!("ci {flags}")),
        }
    }
}

fn read_fixtures(folder: &Path) -> Result<Vec<Fixture>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    entries(folder)?.into_iter().map(read_fixture).collect()
}

/// How much of a fixture is read to find the version in its first comments; the rest may be gigabytes.
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

/// What stands behind `-- at:` in the first comments of a fixture.
fn stated_version(path: &Path) -> Result<Option<String>, Error> {
    let mut header = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(HEADER).read_to_end(&mut header));
    read.map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let (found, _) = directives(&String::from_utf8_lossy(&header), &["at"]);
    Ok(found.first().map(|directive| directive.value.clone()))
}

impl Fixture {
    /// All its rows, in the order in which they come.
    pub fn rows(&self) -> impl Iterator<Item = Rows> {
        let first = Rows { path: self.path.clone(), version: self.version };
        std::iter::once(first).chain(self.later.iter().cloned())
    }
}

impl Rows {
    /// Their SQL.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sql(&self) -> Result<String, Error> {
        read(&self.path)
    }
}

/// A file of SQL without the mark that some editors put before its first byte.
fn read(path: &Path) -> Result<String, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    Ok(text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text))
}

/// The entries of a folder in the order of their names, those that begin with a dot left out.
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
