//! Reads the settings of a project's `sqlx.toml` that affect its migrations; sqlx's macros and sqlx-cli read the same
//! file. [`settings`] returns how sqlx records migrations, [`url_variable`] the name of the variable with the URL.

use super::error::{Error, GivenError};
use super::{Setup, entries, read};
use rehearsal_db::{Engine, MigrationTable, SQLX_TABLE, schema_named};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The name of the file.
pub(super) const FILE: &str = "sqlx.toml";

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
    migrations_dir: Option<PathBuf>,
    table_name: Option<String>,
    ignored_chars: BTreeSet<char>,
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

/// Returns the folder that the `sqlx.toml` in this folder names for the migrations. `None` if it names none.
pub(super) fn migrations_folder(root: &Path) -> Result<Option<PathBuf>, Error> {
    let path = root.join(FILE);
    Ok(if path.is_file() { parse(&path)?.migrate.migrations_dir } else { None })
}

/// The settings of a project that decide how sqlx records its migrations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SqlxSettings {
    /// The table of the applied migrations, and the schemas that are created before it.
    pub table: MigrationTable,
    /// The characters that sqlx leaves out of checksums.
    pub ignored_chars: BTreeSet<char>,
}

/// Returns the settings for the migrations in these folders, and the SQL that must run before the history: it creates the
/// schemas in `create-schemas`. A rehearsal records migrations in `_sqlx_migrations` even if the project uses another table,
/// because no proof examines that table.
pub(super) fn settings(folders: &[PathBuf], engine: Engine) -> Result<(SqlxSettings, Vec<Setup>), Error> {
    let mut found: Vec<(PathBuf, SqlxSettings)> = Vec::new();
    let mut setup = Vec::new();
    for folder in folders {
        let Some((path, toml)) = find(folder)? else { continue };
        if let Some(table) = toml.migrate.table_name.as_ref().filter(|table| *table != SQLX_TABLE)
            && let Some(file) = file_that_names(folder, table)?
        {
            let why = format!("records migrations in `{table}`, and {} uses that table", file.display());
            let help = "move that migration out of the folder: a rehearsal records migrations in `_sqlx_migrations`";
            return Err(GivenError::SqlxToml { path, why, help }.into());
        }
        if found.iter().any(|(other, _)| *other == path) {
            continue;
        }
        let settings = settings_of(&path, &toml, engine)?;
        let sql: String =
            settings.table.schemas().iter().map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {schema};\n")).collect();
        if !sql.is_empty() {
            setup.push(Setup { path: path.clone(), sql });
        }
        if let Some((one, _)) = found.iter().find(|(_, other)| *other != settings) {
            let why = format!("and {} configure one history differently", one.display());
            let help = "give both files the same `table-name`, `create-schemas` and `ignored-chars`";
            return Err(GivenError::SqlxToml { path, why, help }.into());
        }
        found.push((path, settings));
    }
    Ok((found.into_iter().next().map(|(_, settings)| settings).unwrap_or_default(), setup))
}

/// Reads the settings in a `sqlx.toml`, and refuses what a rehearsal or a real run could not follow.
fn settings_of(path: &Path, toml: &SqlxToml, engine: Engine) -> Result<SqlxSettings, Error> {
    let refuse = |why: String, help| Error::from(GivenError::SqlxToml { path: path.to_owned(), why, help });
    if engine.loads_extensions() && !toml.drivers.sqlite.unsafe_load_extensions.is_empty() {
        let why = format!("loads extensions into {engine} (`unsafe-load-extensions`), which is not supported");
        let help =
            "rehearse a copy of the folder without this setting and without the migrations that need an extension";
        return Err(refuse(why, help));
    }
    if !engine.has_schemas() && !toml.migrate.create_schemas.is_empty() {
        let why = format!("attaches databases to {engine} (`create-schemas`), which is not supported");
        return Err(refuse(why, "remove the setting, or rehearse the migrations of each database file separately"));
    }
    let mut schemas = Vec::new();
    for name in &toml.migrate.create_schemas {
        let Some(schema) = schema_named(engine, name) else {
            let why = format!("has `{name}` in `create-schemas`, which is not the name of a schema");
            return Err(refuse(why, "write each schema as in SQL: `create-schemas = [\"app\"]`"));
        };
        schemas.push(schema);
    }
    let table = match &toml.migrate.table_name {
        None => MigrationTable::default(),
        Some(name) => MigrationTable::named(engine, name).ok_or_else(|| {
            let why = format!("has `table-name = \"{name}\"`, which is not the name of a table in {engine}");
            refuse(why, "write the name as in SQL, with at most one schema before it: `table-name = \"app.books\"`")
        })?,
    };
    let ignored_chars = toml.migrate.ignored_chars.clone();
    Ok(SqlxSettings { table: table.after_schemas(schemas), ignored_chars })
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
        let path = above.join(FILE);
        if path.is_file() {
            let toml = parse(&path)?;
            return Ok(Some((path, toml)));
        }
        if above.join("Cargo.toml").is_file() {
            return Ok(None);
        }
    }
    Ok(None)
}

fn parse(path: &Path) -> Result<SqlxToml, Error> {
    let invalid = |error: toml::de::Error| GivenError::SqlxToml {
        path: path.to_owned(),
        why: format!("is not valid TOML: {}", error.message()),
        help: "correct the file: sqlx-cli cannot read it either",
    };
    Ok(toml::from_str(&read(path)?).map_err(invalid)?)
}
