//! Which database a command looks at, and the connection to it.
//!
//! Never creates one, and never changes a schema: both are the work of `cargo xtask migrate`.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

/// The environment variable that names the database.
const VARIABLE: &str = "PETS_DATABASE_URL";

/// Where a person learns of it.
pub(super) const HELP: &str = "The database is the one that PETS_DATABASE_URL names (environment, else .env file), \
                               else .dev/pets.sqlite in the workspace. `cargo xtask migrate pets` creates it.";

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("could not read the .env file: {0}. Correct it, or set PETS_DATABASE_URL in the environment")]
    DotEnv(dotenvy::Error),
    #[error("{VARIABLE} is {url:?}, which is not a SQLite URL{reason}: write sqlite://path/to/pets.sqlite")]
    Url { url: String, reason: String },
    #[error("there is no database {}: run `cargo xtask migrate pets` to create it", .0.display())]
    Missing(PathBuf),
    #[error("could not open the database {}: {cause}. Check that you may write to this SQLite file", .path.display())]
    Open { path: PathBuf, cause: sqlx::Error },
}

/// Connects to the development database.
pub(super) async fn connect() -> Result<SqliteConnection, DatabaseError> {
    match dotenvy::from_path(workspace_root().join(".env")) {
        Err(error) if !error.not_found() => return Err(DatabaseError::DotEnv(error)),
        _ => {}
    }
    let options = match std::env::var_os(VARIABLE) {
        Some(url) => parse(&url.to_string_lossy())?,
        None => SqliteConnectOptions::new().filename(".dev/pets.sqlite"),
    };
    // A relative path is meant from the root of the workspace, wherever the command is typed.
    let path = workspace_root().join(options.get_filename());
    let options = options.filename(&path).create_if_missing(false);
    match options.connect().await {
        Ok(conn) => Ok(conn),
        Err(_) if !path.exists() => Err(DatabaseError::Missing(path)),
        Err(cause) => Err(DatabaseError::Open { path, cause }),
    }
}

/// Reads a URL; sqlx itself would take one of any other engine for the name of a file.
fn parse(url: &str) -> Result<SqliteConnectOptions, DatabaseError> {
    let fault = |reason| DatabaseError::Url { url: url.to_owned(), reason };
    if !url.starts_with("sqlite:") {
        return Err(fault(String::new()));
    }
    SqliteConnectOptions::from_str(url).map_err(|cause| fault(format!(" ({cause})")))
}

/// The folder above this package when run by cargo, which says at run time where that is; else the current one.
fn workspace_root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    package.as_deref().and_then(|package| package.parent()).map_or_else(PathBuf::new, |root| root.to_path_buf())
}
