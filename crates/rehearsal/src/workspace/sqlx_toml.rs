//! What a project says in its `sqlx.toml`, as far as it bears on its migrations. sqlx's macros and sqlx-cli read that file.

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

/// The name of the variable in which the project keeps the URL of the database, where that is not `DATABASE_URL`.
///
/// # Errors
/// [`Error::Given`] where the file can't be understood.
pub fn url_variable(folder: &Path) -> Result<Option<String>, Error> {
    Ok(find(folder)?.and_then(|(_, toml)| toml.common.database_url_var))
}

/// What has to be there before the history because the project says so. The books of a rehearsal are in `_sqlx_migrations`,
/// wherever the project keeps its own: no proof looks at them.
pub(super) fn setup(folders: &[PathBuf], engine: Engine) -> Result<Vec<Setup>, Error> {
    let mut setup: Vec<Setup> = Vec::new();
    for folder in folders {
        let Some((path, toml)) = find(folder)? else { continue };
        if engine.loads_extensions() && !toml.drivers.sqlite.unsafe_load_extensions.is_empty() {
            let why = format!("it loads extensions into {engine} (`unsafe-load-extensions`)");
            let help =
                "leave out of the folder what needs them, or take the setting away to see what fails without them";
            return Err(GivenError::SqlxToml { path, why, help }.into());
        }
        if let Some(table) = toml.migrate.table_name.filter(|table| table != SQLX_TABLE)
            && let Some(file) = speaks_of(folder, &table)?
        {
            let why = format!("its books are in `{table}`, and {} works on that table", file.display());
            let help = "leave that migration out of the folder: a rehearsal keeps its books in `_sqlx_migrations`";
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

/// The first file in a folder that holds the name of a table.
fn speaks_of(folder: &Path, table: &str) -> Result<Option<PathBuf>, Error> {
    for path in entries(folder)?.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "sql")) {
        if read(&path)?.contains(table) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The nearest `sqlx.toml` at or above a folder, as far up as its crate reaches.
fn find(folder: &Path) -> Result<Option<(PathBuf, SqlxToml)>, Error> {
    for above in folder.ancestors() {
        let path = above.join("sqlx.toml");
        if path.is_file() {
            let toml = toml::from_str(&read(&path)?).map_err(|error| GivenError::SqlxToml {
                path: path.clone(),
                why: error.message().to_owned(),
                help: "correct that file: sqlx-cli would not read it either",
            })?;
            return Ok(Some((path, toml)));
        }
        if above.join("Cargo.toml").is_file() {
            return Ok(None);
        }
    }
    Ok(None)
}
