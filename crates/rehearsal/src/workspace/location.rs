//! Finds the migrations of a project from the folder in which a command runs. [`find`] is the entry point: it looks for
//! a `sqlx.toml` with `migrations-dir` and for a folder `migrations`, first upward, then downward.

use super::error::{CONFIGURATION, Error, GivenError};
use super::given::holds_migrations;
use super::{configuration, entries, file_name, sqlx_toml};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The folder of the migrations, unless `sqlx.toml` names another one.
pub(super) const MIGRATIONS: &str = "migrations";

/// How many folders deep the search goes downward.
const DEPTH: usize = 4;

/// The migrations of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// `migrations` contains a folder for each database, with a `rehearsal.toml`.
    Databases {
        /// The folder that contains `migrations`.
        root: PathBuf,
    },
    /// One folder contains the migrations of the only database, as in most sqlx projects.
    Single {
        /// The root of the project.
        root: PathBuf,
        /// The folder of the migrations, relative to the root.
        folder: PathBuf,
    },
}

/// The files that mark the root of a project.
const MARKS: [&str; 4] = ["Cargo.toml", "Cargo.lock", "package.json", "go.mod"];

impl Location {
    /// Moves the root of migrations in `db/migrations` up to the root of their project, at most to `from`.
    fn in_its_project(self, from: &Path) -> Self {
        let Self::Single { root, folder } = &self else { return self };
        let above = root.ancestors().take_while(|folder| folder.starts_with(from));
        let marked = above.into_iter().find(|folder| MARKS.iter().any(|mark| folder.join(mark).is_file()));
        let owner = marked.unwrap_or(from).to_owned();
        match root.join(folder).strip_prefix(&owner) {
            Ok(folder) => Self::Single { folder: folder.to_owned(), root: owner },
            Err(_) => self,
        }
    }

    /// The root of the project.
    #[must_use]
    pub fn root(&self) -> &Path {
        match self {
            Self::Databases { root } | Self::Single { root, .. } => root,
        }
    }
}

/// Returns the migrations of the project that contains this folder: those of the nearest folder in its repository that has
/// any, otherwise those below it, if they are the only ones there.
///
/// # Errors
/// [`Error::NoMigrations`] if there are none, [`Error::SeveralMigrations`] if there is more than one choice below.
pub fn find(from: &Path) -> Result<Location, Error> {
    // What is above a repository belongs to other projects.
    let in_repository = from.ancestors().position(|folder| folder.join(".git").exists());
    let above: Vec<&Path> = from.ancestors().take(in_repository.map_or(usize::MAX, |last| last + 1)).collect();
    for folder in &above {
        if let Some(location) = at(folder)? {
            return Ok(location);
        }
    }
    let mut below = Vec::new();
    search(from, DEPTH, &mut below)?;
    if below.len() > 1 {
        let relative = |location: &Location| match location {
            Location::Databases { root } => root.join(MIGRATIONS),
            Location::Single { root, folder } => root.join(folder),
        };
        let short = |path: PathBuf| path.strip_prefix(from).map(Path::to_owned).unwrap_or(path);
        return Err(Error::SeveralMigrations { below: below.iter().map(relative).map(short).collect() });
    }
    if let Some(found) = below.pop() {
        return Ok(found.in_its_project(from));
    }
    // A folder without migrations is where the user will write the first one.
    let empty = above.into_iter().find(|folder| folder.join(MIGRATIONS).is_dir());
    let root = empty.ok_or_else(|| Error::NoMigrations { from: from.to_owned() })?;
    Ok(Location::Databases { root: root.to_owned() })
}

/// Returns the name of a project: that of its package, otherwise that of its folder.
#[must_use]
pub fn project_name(root: &Path) -> String {
    #[derive(Deserialize)]
    struct Manifest {
        package: Package,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
    }
    let manifest = super::read(&root.join("Cargo.toml")).ok();
    let manifest = manifest.and_then(|text| toml::from_str::<Manifest>(&text).ok());
    match manifest {
        Some(manifest) => manifest.package.name,
        None => file_name(root),
    }
}

/// Returns the migrations that belong to this folder. `None` if it has none.
fn at(root: &Path) -> Result<Option<Location>, Error> {
    let single = |folder: PathBuf| Some(Location::Single { root: root.to_owned(), folder });
    if let Some(folder) = sqlx_toml::migrations_folder(root)? {
        if !root.join(&folder).is_dir() {
            let why = format!("names the folder `{}` in `migrations-dir`, which does not exist", folder.display());
            let path = root.join(sqlx_toml::FILE);
            return Err(GivenError::SqlxToml { path, why, help: "create the folder, or correct the setting" }.into());
        }
        return Ok(single(folder));
    }
    let folder = root.join(MIGRATIONS);
    if !folder.is_dir() {
        return Ok(None);
    }
    if has_databases(&folder)? {
        return Ok(Some(Location::Databases { root: root.to_owned() }));
    }
    if holds_migrations(&folder)? {
        return Ok(single(PathBuf::from(MIGRATIONS)));
    }
    // The folder of a database without its configuration is a mistake; a folder without migrations is none of ours.
    let mut below = entries(&folder)?.into_iter().filter(|path| path.is_dir());
    let has_any = below.any(|path| holds_migrations(&path).unwrap_or_default());
    Ok(has_any.then(|| Location::Databases { root: root.to_owned() }))
}

/// True if a folder contains the folder of a database.
fn has_databases(folder: &Path) -> Result<bool, Error> {
    let is_database = |path: &PathBuf| path.join(CONFIGURATION).is_file() || path.join(configuration::FORMER).is_file();
    Ok(entries(folder)?.iter().any(is_database))
}

fn search(folder: &Path, depth: usize, found: &mut Vec<Location>) -> Result<(), Error> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
    // A folder that this user may not read has no migrations of the project.
    for path in entries(folder).unwrap_or_default().into_iter().filter(|path| path.is_dir() && !path.is_symlink()) {
        if ["target", "node_modules"].contains(&file_name(&path).as_str()) {
            continue;
        }
        match at(&path)? {
            Some(location) => found.push(location),
            None => search(&path, depth, found)?,
        }
    }
    Ok(())
}
