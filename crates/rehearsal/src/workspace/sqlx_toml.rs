//! Reads the settings of a project's `sqlx.toml` that affect its migrations; sqlx's macros and sqlx-cli read the same
//! file. [`setup`] returns the SQL that must run before the history, [`url_variable`] the name of the variable with
//! the URL.

use super::error::{Error, GivenError};
use super::{Setup, entries, read};
use rehearsal_db::{Engine, SQLX_TABLE};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct SqlxToml {
    common: Common,
    migrate: Migrate,
    drivers: Drivers,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Common {
    database_url_var: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Migrate {
    create_schemas: Vec<String>,
    table_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Drivers {
    sqlite: Sqlite,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Sqlite {
    unsafe_load_extensions: Vec<toml::Value>,
}

/// Returns the name of the environment variable that contains the URL of the database. `None` if the project uses
/// `DATABASE_URL`.
///
/// # Errors
/// [`Error::Given`] if the file is not valid.
pub fn url_variable(folder: &Path) -> Result<Option<String>, Error> {
    Ok(find(folder)?.and_then(|(_, toml)| toml.common.database_url_var))
}

/// Returns the SQL that must run before the history: it creates the schemas in `create-schemas`. A rehearsal records
/// migrations in `_sqlx_migrations` even if the project uses another table, because no proof examines that table.
pub(super) fn setup(folders: &[PathBuf], engine: Engine) -> Result<Vec<Setup>, Error> {
    let mut setup: Vec<Setup> = Vec::new();
    for folder in folders {
        let Some((path, toml)) = find(folder)? else { continue };
        if engine.loads_extensions() && !toml.drivers.sqlite.unsafe_load_extensions.is_empty() {
            let why = format!("loads extensions into {engine} (`unsafe-load-extensions`), which is not supported");
            let help =
                "rehearse a copy of the folder without this setting and without the migrations that need an extension";
            return Err(GivenError::SqlxToml { path, why, help }.into());
        }
        if let Some(table) = toml.migrate.table_name.filter(|table| table != SQLX_TABLE)
            && let Some(file) = file_that_names(folder, &table)?
        {
            let why = format!("records migrations in `{table}`, and {} uses that table", file.display());
            let help = "move that migration out of the folder: a rehearsal records migrations in `_sqlx_migrations`";
            return Err(GivenError::SqlxToml { path, why, help }.into());
        }
        let schemas = toml.migrate.create_schemas.iter();
        let sql: String =
            schemas.map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {};\n", engine.quote(schema))).collect();
        if !sql.is_empty() && setup.iter().all(|other| other.path != path) {
            setup.push(Setup { path, sql });
        }
    }
    Ok(setup)
}

/// Returns the first SQL file in a folder that contains the name of a table.
fn file_that_names(folder: &Path, table: &str) -> Result<Option<PathBuf>, Error> {
    for path in entries(folder)?.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "sql")) {
        if read(&path)?.contains(table) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Returns the nearest `sqlx.toml` in a folder or above it, up to the root of its crate.
fn find(folder: &Path) -> Result<Option<(PathBuf, SqlxToml)>, Error> {
    for above in folder.ancestors() {
        let path = above.join("sqlx.toml");
        if path.is_file() {
            let toml = toml::from_str(&read(&path)?).map_err(|error| GivenError::SqlxToml {
                path: path.clone(),
                why: format!("is not valid TOML: {}", error.message()),
                help: "correct the file: sqlx-cli cannot read it either",
            })?;
            return Ok(Some((path, toml)));
        }
        if above.join("Cargo.toml").is_file() {
            return Ok(None);
        }
    }
    Ok(None)
}
