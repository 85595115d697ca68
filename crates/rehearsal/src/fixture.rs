//! Loads fixtures: named data at a stated migration version. [`fill`] migrates an empty database to that version and
//! inserts the rows; [`load_later`] inserts the rows of later versions. `crate::workspace` finds the files.

use crate::directive::{did_you_mean, nearest};
use crate::event::Events;
use crate::migration::{self, Goal, History};
use crate::workspace::{self, Database, Fixture, Rows, Stated};
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::command::command;
use rehearsal_db::{self as db, Connection, Target, run_rows};
use std::path::PathBuf;

/// A fixture that cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The database has no fixture with that name.
    #[error("`{database}` has no fixture `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("{}", if known.is_empty() { format!("put data into fixtures/{database}/<name>.sql") } else { format!("use one of: {}", known.join(", ")) }))]
    Unknown {
        /// The database.
        database: String,
        /// The name as given.
        name: String,
        /// The most similar name.
        nearest: Option<String>,
        /// The names of all fixtures of the database.
        known: Vec<String>,
    },
    /// The fixture states a version that no migration has.
    #[error(
        "{} states that its data is at version {version}, but no migration has that version{}",
        path.display(),
        nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
    )]
    #[diagnostic(help(
        "state the version of the last migration that the data has seen {}; the newest is {newest}", stated.place()
    ))]
    Version {
        /// The file of the fixture.
        path: PathBuf,
        /// The stated version.
        version: i64,
        /// Where the version is stated.
        stated: Stated,
        /// The most similar version of a migration.
        nearest: Option<String>,
        /// The version of the newest migration.
        newest: String,
    },
    /// A statement of the fixture failed.
    #[error("fixture `{fixture}` cannot be loaded at version {version}: {why}")]
    #[diagnostic(help("correct the fixture, or the version stated {}", stated.place()))]
    Sql {
        /// The fixture's name.
        fixture: String,
        /// The stated version.
        version: i64,
        /// Where the version is stated.
        stated: Stated,
        /// The database's error.
        why: String,
        /// The file.
        #[source_code]
        text: NamedSource<String>,
        /// The token that caused the error, or the start of the statement.
        #[label]
        at: SourceSpan,
    },
    /// A row of the fixture violates a foreign key.
    #[error("fixture `{fixture}` cannot be loaded at version {version}: {why}")]
    #[diagnostic(help("add the row that the fixture refers to but does not contain, or remove the reference"))]
    References {
        /// The fixture's name.
        fixture: String,
        /// The stated version.
        version: i64,
        /// The database's error.
        why: String,
    },
    /// The target database is not empty.
    #[error("{database} is not empty, and a fixture can only be loaded into an empty database")]
    #[diagnostic(help(
        "revert everything first with `{}`, or name a new file with `--url sqlite:FILE?mode=rwc`",
        command(&format!("migrate {name} --revert --to 0"))
    ))]
    NotEmpty {
        /// The address of the database.
        database: String,
        /// The name of the database.
        name: String,
    },
    /// The file of the fixture cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Workspace(#[from] workspace::Error),
    /// A migration failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] migration::Error),
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] db::Error),
}

impl Error {
    /// Returns true if the caller's request is at fault, not the data or the database.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Unknown { .. } | Self::Version { .. } | Self::NotEmpty { .. } | Self::Workspace(_) => true,
            Self::Migration(error) => error.is_usage(),
            Self::Engine(error) => error.is_usage(),
            Self::Sql { .. } | Self::References { .. } => false,
        }
    }
}

/// Returns the fixture with that name.
///
/// # Errors
/// [`Error::Unknown`] if the database has none, with the most similar name.
pub fn find<'d>(database: &'d Database, name: &str) -> Result<&'d Fixture, Error> {
    let known: Vec<String> = database.fixtures.iter().map(|fixture| fixture.name.clone()).collect();
    database.fixtures.iter().find(|fixture| fixture.name == name).ok_or_else(|| Error::Unknown {
        database: database.name.clone(),
        name: name.to_owned(),
        nearest: nearest(name, &known),
        known,
    })
}

/// Locks an empty database, migrates it to the fixture's version and loads the fixture's first rows.
///
/// # Errors
/// [`Error::NotEmpty`] before anything is done; otherwise as [`load`].
pub async fn fill(
    target: &Target,
    database: &Database,
    history: &History,
    fixture: &Fixture,
    events: Events<'_>,
) -> Result<(), Error> {
    let _lock = migration::lock(target, events).await?;
    let mut connection = target.open().await?;
    let work = async {
        if !connection.is_empty().await? {
            return Err(Error::NotEmpty { database: target.address.url(), name: database.name.clone() });
        }
        load(&mut connection, history, fixture, events).await
    };
    let worked = work.await;
    connection.close_with(worked).await
}

/// Checks that the history has the fixture's version, and the versions of all its later rows.
///
/// # Errors
/// [`Error::Version`] for the first version that no migration has.
pub fn check_version(fixture: &Fixture, history: &History) -> Result<(), Error> {
    let Some(rows) = fixture.rows().find(|rows| history.get(rows.version).is_none()) else { return Ok(()) };
    let versions = history.migrations.iter().map(|migration| migration.version.to_string());
    Err(Error::Version {
        path: rows.path,
        version: rows.version,
        stated: fixture.stated,
        nearest: nearest(&rows.version.to_string(), versions),
        newest: history.newest().map_or_else(|| "none".to_owned(), |newest| newest.to_string()),
    })
}

/// Migrates an empty database to the fixture's version, then loads the fixture's first rows in one transaction.
///
/// # Errors
/// See [`Error`]. If the rows cannot be loaded, the migrations stay applied.
pub async fn load(
    connection: &mut Connection,
    history: &History,
    fixture: &Fixture,
    events: Events<'_>,
) -> Result<(), Error> {
    check_version(fixture, history)?;
    let steps = migration::plan(history, &[], Goal::UpTo(fixture.version))?;
    migration::apply_all(connection, &steps, events).await?;
    insert(connection, fixture, &Rows { path: fixture.path.clone(), version: fixture.version }).await
}

/// Inserts the fixture's later rows of that version, if it has any.
///
/// # Errors
/// See [`Error`].
pub async fn load_later(connection: &mut Connection, fixture: &Fixture, version: i64) -> Result<(), Error> {
    for rows in fixture.later.iter().filter(|rows| rows.version == version) {
        insert(connection, fixture, rows).await?;
    }
    Ok(())
}

/// Ends the transaction of a file of rows.
async fn ended(connection: &mut Connection) -> Result<(), db::Error> {
    connection.end_load().await?;
    connection.commit().await
}

async fn insert(connection: &mut Connection, fixture: &Fixture, rows: &Rows) -> Result<(), Error> {
    let (sql, version) = (rows.sql()?, rows.version);
    let (fixture, stated) = (fixture.name.clone(), fixture.stated);
    connection.begin_load().await?;
    let loaded = match run_rows(connection, &sql).await {
        Ok(()) => ended(connection).await.map_err(|error| match error {
            db::Error::Statement { why, .. } => Error::References { fixture, version, why },
            other => other.into(),
        }),
        Err(failed) => match failed.error {
            db::Error::Statement { why, .. } | db::Error::Privilege { why, .. } => {
                let text = NamedSource::new(rows.path.display().to_string(), sql);
                Err(Error::Sql { fixture, version, stated, why, text, at: failed.at })
            }
            error => Err(error.into()),
        },
    };
    if loaded.is_err() {
        connection.rollback().await;
    }
    loaded
}
