//! A database of a project without a workspace. [`Database::given`] builds it from flags that name its migrations, engine
//! and data, [`Database::of_project`] from the folder of its migrations alone.

use super::configuration::{self, Configuration};
use super::error::{Error, GivenError};
use super::sqlx_toml;
use super::{Database, Fixture, Origin, Rows, Setup, Stated, entries, file_name, file_stem, read, stated_version};
use crate::layout::{SourceFile, Tool, detect, files_in};
use rehearsal_db::Engine;
use rehearsal_db::command::shell_word;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The flags that describe a database.
#[derive(Debug, Clone)]
pub struct Given {
    /// The folders of the migrations. Together they are one history, ordered by version.
    pub folders: Vec<PathBuf>,
    /// The engine.
    pub engine: Engine,
    /// The files of data as given, `FILE` or `FILE@VERSION`, and folders of such files.
    pub fixtures: Vec<PathBuf>,
    /// SQL files to run before the history.
    pub setup: Vec<PathBuf>,
    /// The tool that applies the migrations for real. `None` to recognise it.
    pub tool: Option<Tool>,
}

/// The folders of a project that may contain fixtures, relative to its root.
const FIXTURES: [&str; 2] = ["fixtures", "tests/fixtures"];

impl Database {
    /// Returns the only database of a project: what was found or given, and, if no fixture is given, the fixtures of the
    /// project that state a version. `root` is the folder to which paths are relative; `name` is the name of the database,
    /// unless its `rehearsal.toml` has one; `flags` are those that replace what was found, quoted for a shell.
    ///
    /// # Errors
    /// Fails with the first fault of the files.
    pub fn of_project(root: &Path, given: &Given, name: String, flags: String) -> Result<Self, Error> {
        let configured = configuration::beside(&given.folders)?;
        let (name, origin) = (configured.name.unwrap_or(name), Origin::Project { flags });
        let plain = Self { name, origin, ..Self::given(given)? };
        if !given.fixtures.is_empty() {
            return Ok(plain);
        }
        let (mut fixtures, mut unused) = (Vec::new(), Vec::new());
        let usual = || FIXTURES.map(|folder| root.join(folder)).into_iter().filter(|folder| folder.is_dir()).collect();
        let configured = plain.configured.fixtures_in(root, &plain.folder)?;
        for folder in configured.map_or_else(usual, |folder| vec![folder]) {
            for path in entries(&folder)?.into_iter().filter(|path| is_sql(path)) {
                match stated_version(&path)? {
                    Some(found) => {
                        let version = found.parse().map_err(|_| not_a_version(&path, found, Stated::Comment))?;
                        fixtures.push(fixture(path, version, Stated::Comment));
                    }
                    None => unused.push(path),
                }
            }
        }
        name_apart(&mut fixtures);
        Ok(Self { fixtures, unused, ..plain })
    }

    /// Returns the database that the flags describe.
    ///
    /// # Errors
    /// Fails with the first fault of the flags, or of the files that they name.
    pub fn given(given: &Given) -> Result<Self, Error> {
        let configured = configuration::beside(&given.folders)?;
        let Configuration { volatile, max_wait, allow, layout, folders: configured, .. } = configured;
        let named = given.tool.or(layout);
        for (at, folder) in given.folders.iter().enumerate() {
            check_folder(folder, named)?;
            if given.folders[..at].iter().any(|other| is_same(other, folder)) {
                return Err(GivenError::FolderTwice { folder: folder.clone() }.into());
            }
        }
        let tool = named.unwrap_or_else(|| tool_of(&given.folders));
        let (sqlx, mut setup) = sqlx_toml::settings(&given.folders, given.engine)?;
        for path in &given.setup {
            setup.push(Setup { path: path.clone(), sql: read(path)? });
        }
        let mut fixtures = Vec::new();
        for typed in &given.fixtures {
            fixtures.extend(fixtures_of(typed)?);
        }
        name_apart(&mut fixtures);
        let names: Vec<String> = given.folders.iter().map(|folder| folder.display().to_string()).collect();
        let mut folders = given.folders.iter().cloned();
        let folder = folders.next().unwrap_or_default();
        let plain = Self::new(
            names.join(" + "),
            given.engine,
            folder,
            Origin::Given { flags: given.flags(Some(given.engine)) },
        );
        let beside = folders.collect();
        Ok(Self { tool, beside, setup, sqlx, volatile, max_wait, configured, allow, fixtures, ..plain })
    }
}

/// Returns the tool whose migrations are in these folders.
#[must_use]
pub fn tool_of(folders: &[PathBuf]) -> Tool {
    let files: Vec<SourceFile> = folders.iter().flat_map(|folder| files_in(folder)).flatten().collect();
    detect(&files).unwrap_or_default()
}

/// Returns the engine that the files of a tool name, if they do.
#[must_use]
pub fn engine_of_tool(folders: &[PathBuf]) -> Option<Engine> {
    let files: Vec<SourceFile> = folders.iter().flat_map(|folder| files_in(folder)).flatten().collect();
    detect(&files)?.engine(&files)
}

impl Given {
    /// Returns the flags that describe this database, with `--engine` only if an engine is named.
    fn flags(&self, engine: Option<Engine>) -> String {
        let path = |flag: &str, path: &PathBuf| format!("{flag} {}", shell_word(&path.display().to_string()));
        let folders = self.folders.iter().map(|folder| path("--migrations", folder));
        let engine = engine.map(|engine| format!("--engine {}", engine.scheme()));
        let fixtures = self.fixtures.iter().map(|fixture| path("--fixture", fixture));
        let setup = self.setup.iter().map(|file| path("--setup", file));
        let layout = self.tool.map(|tool| format!("--layout {tool}"));
        folders.chain(engine).chain(layout).chain(fixtures).chain(setup).collect::<Vec<_>>().join(" ")
    }

    /// Returns the flags that replace what was found in a project, whose folder needs none.
    #[must_use]
    pub fn replacing(&self, engine: Option<Engine>) -> String {
        Self { folders: Vec::new(), ..self.clone() }.flags(engine)
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn check_folder(folder: &Path, tool: Option<Tool>) -> Result<(), Error> {
    if folder.is_file() {
        return Err(GivenError::NotAFolder { file: folder.to_owned() }.into());
    }
    if !folder.is_dir() {
        return Err(GivenError::NoFolder { folder: folder.to_owned() }.into());
    }
    // The engine does not decide which files are migrations.
    let files: Vec<SourceFile> = files_in(folder).into_iter().flatten().collect();
    match tool.and_then(|tool| Some((tool, tool.migrations(&files, Engine::Postgres)?))) {
        Some((tool, Ok(none))) if none.is_empty() => {
            return Err(GivenError::NoMigrationsOf { folder: folder.to_owned(), tool }.into());
        }
        // A file that the tool cannot read is a fault of the history.
        Some(_) => return Ok(()),
        None if holds_migrations(folder)? => return Ok(()),
        None => {}
    }
    let mut below = Vec::new();
    for path in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        if holds_migrations(&path)? {
            below.push(path);
        }
    }
    Err(GivenError::NoMigrations { folder: folder.to_owned(), below }.into())
}

pub(super) fn holds_migrations(folder: &Path) -> Result<bool, Error> {
    let is_of_sqlx = entries(folder)?.iter().any(|path| is_sql(path) && leading_version(path).is_some());
    Ok(is_of_sqlx || detect(&files_in(folder).into_iter().flatten().collect::<Vec<_>>()).is_some())
}

fn is_sql(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "sql")
}

/// Returns the version at the start of a file name.
fn leading_version(path: &Path) -> Option<i64> {
    let name = file_name(path);
    let digits = name.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|_| name[digits.len()..].starts_with(['_', '.']))
}

impl Fixture {
    /// Returns the fixture in a file, as `FILE` or `FILE@VERSION`, or those in a folder.
    ///
    /// # Errors
    /// Fails if there is no such file, or if it states no version.
    pub fn of_file(typed: &Path) -> Result<Vec<Self>, Error> {
        fixtures_of(typed)
    }
}

/// Returns the fixtures that one `--fixture` names.
fn fixtures_of(typed: &Path) -> Result<Vec<Fixture>, Error> {
    if typed.is_dir() {
        return fixtures_in(typed);
    }
    if typed.is_file() {
        let (version, stated) = match stated_version(typed)? {
            Some(found) => (found.parse().map_err(|_| not_a_version(typed, found, Stated::Comment))?, Stated::Comment),
            None => (leading_version(typed).ok_or_else(|| no_version(typed))?, Stated::FileName),
        };
        return Ok(vec![fixture(typed.to_owned(), version, stated)]);
    }
    let text = typed.display().to_string();
    let Some((path, version)) = text.rsplit_once('@').filter(|(path, _)| Path::new(path).is_file()) else {
        return Err(GivenError::NoFixture { path: typed.to_owned() }.into());
    };
    let path = PathBuf::from(path);
    match version.parse() {
        Ok(version) => Ok(vec![fixture(path, version, Stated::Flag)]),
        Err(_) => Err(not_a_version(&path, version.to_owned(), Stated::Flag).into()),
    }
}

fn no_version(path: &Path) -> GivenError {
    GivenError::FixtureWithoutVersion { path: path.to_owned(), found: None }
}

fn not_a_version(path: &Path, found: String, stated: Stated) -> GivenError {
    GivenError::FixtureWithoutVersion { path: path.to_owned(), found: Some((found, stated)) }
}

fn fixture(path: PathBuf, version: i64, stated: Stated) -> Fixture {
    Fixture { name: file_stem(&path), path, version, stated, later: Vec::new() }
}

/// Returns the fixtures in a folder. Each file with `-- at:` is a fixture; the files named after versions together
/// are another one, whose rows are inserted in the order of the versions.
fn fixtures_in(folder: &Path) -> Result<Vec<Fixture>, Error> {
    let mut fixtures = Vec::new();
    let mut rows: BTreeMap<i64, PathBuf> = BTreeMap::new();
    for path in entries(folder)?.into_iter().filter(|path| is_sql(path)) {
        if let Some(found) = stated_version(&path)? {
            let version = found.parse().map_err(|_| not_a_version(&path, found, Stated::Comment))?;
            fixtures.push(fixture(path, version, Stated::Comment));
            continue;
        }
        let version = leading_version(&path).ok_or_else(|| no_version(&path))?;
        if let Some(one) = rows.insert(version, path.clone()) {
            return Err(GivenError::RowsTwice { version, one, other: path }.into());
        }
    }
    let mut rows = rows.into_iter().map(|(version, path)| Rows { path, version });
    if let Some(first) = rows.next() {
        let later = rows.collect();
        let (name, stated) = (file_name(folder), Stated::FileName);
        fixtures.push(Fixture { name, path: first.path, version: first.version, stated, later });
    }
    if fixtures.is_empty() {
        return Err(GivenError::NoFixtures { folder: folder.to_owned() }.into());
    }
    Ok(fixtures)
}

/// Makes the names of fixtures unique: those that share a name are named after their paths.
fn name_apart(fixtures: &mut [Fixture]) {
    let names: Vec<String> = fixtures.iter().map(|fixture| fixture.name.clone()).collect();
    for fixture in &mut *fixtures {
        if names.iter().filter(|name| **name == fixture.name).count() > 1 {
            fixture.name = fixture.path.display().to_string();
        }
    }
    // One file may be given at several versions.
    let names: Vec<String> = fixtures.iter().map(|fixture| fixture.name.clone()).collect();
    for fixture in fixtures {
        if names.iter().filter(|name| **name == fixture.name).count() > 1 {
            fixture.name = format!("{}@{}", fixture.name, fixture.version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn leading_versions() {
        let check = |name: &str, expect: Option<i64>| assert_eq!(leading_version(Path::new(name)), expect, "{name}");
        check("20240101120000_users.sql", Some(20_240_101_120_000));
        check("0001_users.sql", Some(1));
        check("0_setup.sql", Some(0));
        check("12.sql", Some(12));
        check("a/7_x.up.sql", Some(7));
        check("users.sql", None);
        check("7users.sql", None);
        check("_7.sql", None);
        check("99999999999999999999_x.sql", None);
    }
}
