//! Named data at a stated version: checking that the version exists, and loading the rows.

use crate::directive::{did_you_mean, nearest};
use crate::event::Events;
use crate::migration::{self, Goal, History};
use crate::workspace::{self, Database, Fixture, Rows, Stated};
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::command::command;
use rehearsal_db::{self as db, Around, Connection, Target, run_script};
use std::path::PathBuf;

/// A fixture that can't be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// There is none of that name.
    #[error("`{database}` has no fixture `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("{}", if known.is_empty() { format!("there is none: put data into fixtures/{database}/<name>.sql") } else { format!("there is: {}", known.join(", ")) }))]
    Unknown {
        /// The database.
        database: String,
        /// The name as given.
        name: String,
        /// The closest one.
        nearest: Option<String>,
        /// All that there are.
        known: Vec<String>,
    },
    /// It is at a version that is none.
    #[error(
        "{} says that its data is at version {version}, and there is no such migration{}",
        path.display(),
        nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
    )]
    #[diagnostic(help(
        "write the version of the last migration that the data has seen {}; the newest is {newest}", stated.place()
    ))]
    Version {
        /// The fixture's file.
        path: PathBuf,
        /// The version that it states.
        version: i64,
        /// Where it states it.
        stated: Stated,
        /// The closest one that there is.
        nearest: Option<String>,
        /// The newest that there is.
        newest: String,
    },
    /// A statement of it failed.
    #[error("fixture {fixture} can't be loaded at version {version}: {why}")]
    #[diagnostic(help("correct the fixture, or the version {}", stated.place()))]
    Sql {
        /// The fixture's name.
        fixture: String,
        /// The version that it states.
        version: i64,
        /// Where it states it.
        stated: Stated,
        /// What the engine said.
        why: String,
        /// The file.
        #[source_code]
        text: NamedSource<String>,
        /// The token at fault, or the start of the statement.
        #[label]
        at: SourceSpan,
    },
    /// Its rows don't fit together.
    #[error("fixture {fixture} can't be loaded at version {version}: {why}")]
    #[diagnostic(help("a row refers to one that the fixture does not hold: add that row, or remove the reference"))]
    References {
        /// The fixture's name.
        fixture: String,
        /// The version that it states.
        version: i64,
        /// What the engine said.
        why: String,
    },
    /// The database that it is to be loaded into holds something.
    #[error("{database} is not empty, and a fixture is only loaded into an empty database")]
    #[diagnostic(help(
        "revert everything first with `{}`, or name a new file with `--url sqlite:FILE?mode=rwc`",
        command(&format!("migrate {name} --revert --to 0"))
    ))]
    NotEmpty {
        /// The address.
        database: String,
        /// The name of the database.
        name: String,
    },
    /// Its file can't be read.
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
    /// True where the cause lies in what the person asked for.
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

/// The fixture of that name.
///
/// # Errors
/// [`Error::Unknown`], with the nearest name.
pub fn find<'d>(database: &'d Database, name: &str) -> Result<&'d Fixture, Error> {
    let known: Vec<String> = database.fixtures.iter().map(|fixture| fixture.name.clone()).collect();
    database.fixtures.iter().find(|fixture| fixture.name == name).ok_or_else(|| Error::Unknown {
        database: database.name.clone(),
        name: name.to_owned(),
        nearest: nearest(name, &known),
        known,
    })
}

/// Takes the lock of an empty database, brings it to the fixture's version and loads its first rows.
///
/// # Errors
/// [`Error::NotEmpty`] before anything is done; see [`load`].
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

/// Refuses a fixture whose version, or that of rows that come later, is none of the history's.
///
/// # Errors
/// [`Error::Version`].
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

/// Brings an empty database to the fixture's version and loads its first rows, in one transaction.
///
/// # Errors
/// See [`Error`]. The migrations stay where the rows can't be loaded.
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

/// Inserts the rows of that version, where the fixture has any that come later than its first.
///
/// # Errors
/// See [`Error`].
pub async fn load_later(connection: &mut Connection, fixture: &Fixture, version: i64) -> Result<(), Error> {
    for rows in fixture.later.iter().filter(|rows| rows.version == version) {
        insert(connection, fixture, rows).await?;
    }
    Ok(())
}

async fn insert(connection: &mut Connection, fixture: &Fixture, rows: &Rows) -> Result<(), Error> {
    let (sql, version) = (rows.sql()?, rows.version);
    let (fixture, stated) = (fixture.name.clone(), fixture.stated);
    connection.begin_load().await?;
    let loaded = match run_script(connection, &sql, Around::Transaction).await {
        Ok(()) => connection.commit().await.map_err(|error| match error {
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
