//! Finds the development database and connects to it; see [`connect`].
//!
//! This module never creates a database and never changes a schema: `cargo xtask migrate` does both.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

/// The environment variable that names the database.
const VARIABLE: &str = "PETS_DATABASE_URL";

/// The paragraph about the database at the end of `--help`.
pub(super) const HELP: &str = "The database is the one that PETS_DATABASE_URL names, in the environment or in .env; \
                               without PETS_DATABASE_URL, .dev/pets.sqlite in the workspace. \
                               `cargo xtask migrate pets` creates it.";

/// A failure to connect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("could not read the .env file: {0}. Correct it, or set PETS_DATABASE_URL in the environment")]
    DotEnv(dotenvy::Error),
    #[error("{VARIABLE} is {url:?}, which is not a SQLite URL{reason}: set it to sqlite://path/to/pets.sqlite")]
    Url { url: String, reason: String },
    #[error("database {} does not exist: run `cargo xtask migrate pets` to create it", .0.display())]
    Missing(PathBuf),
    #[error(
        "could not open the database {}: {cause}. Check that this is a SQLite file and that you can write to it",
        .path.display()
    )]
    Open { path: PathBuf, cause: sqlx::Error },
}

/// Connects to the database that `PETS_DATABASE_URL` names, or to `.dev/pets.sqlite` if the variable is not set.
pub(super) async fn connect() -> Result<SqliteConnection, DatabaseError> {
    match dotenvy::from_path(workspace_root().join(".env")) {
        Err(error) if !error.not_found() => return Err(DatabaseError::DotEnv(error)),
        _ => {}
    }
    let options = match std::env::var_os(VARIABLE) {
        Some(url) => parse(&url.to_string_lossy())?,
        None => SqliteConnectOptions::new().filename(".dev/pets.sqlite"),
    };
    // A relative path is relative to the root of the workspace, not to the current directory.
    let path = workspace_root().join(options.get_filename());
    let options = options.filename(&path).create_if_missing(false);
    match options.connect().await {
        Ok(conn) => Ok(conn),
        Err(_) if !path.exists() => Err(DatabaseError::Missing(path)),
        Err(cause) => Err(DatabaseError::Open { path, cause }),
    }
}

/// Parses a URL. The prefix is checked here because sqlx would treat the URL of another engine as a file name.
fn parse(url: &str) -> Result<SqliteConnectOptions, DatabaseError> {
    let fault = |reason| DatabaseError::Url { url: url.to_owned(), reason };
    if !url.starts_with("sqlite:") {
        return Err(fault(String::new()));
    }
    SqliteConnectOptions::from_str(url).map_err(|cause| fault(format!(" ({cause})")))
}

/// The parent folder of this package if cargo runs the command (it sets `CARGO_MANIFEST_DIR`); otherwise the
/// current folder.
fn workspace_root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    package.as_deref().and_then(|package| package.parent()).map_or_else(PathBuf::new, |root| root.to_path_buf())
}
