//! Filling of a new database: [`fill`] runs the setup and loads a fixture.

use super::Error;
use crate::event::silent;
use crate::fixture;
use crate::migration::History;
use crate::workspace::{Database, Fixture};
use miette::NamedSource;
use rehearsal_db::{self as db, Around, Connection, run_script};

/// Runs the setup scripts, which precede the history, and loads the fixture if given.
pub(super) async fn fill(
    connection: &mut Connection,
    database: &Database,
    history: &History,
    fixture: Option<&Fixture>,
) -> Result<(), Error> {
    for setup in &database.setup {
        run_script(connection, &setup.sql, Around::Nothing).await.map_err(|failed| match failed.error {
            db::Error::Statement { why, .. } | db::Error::Privilege { why, .. } => {
                let file = setup.path.display().to_string();
                let text = NamedSource::new(&file, setup.sql.clone());
                Error::Setup { file, why, text, at: failed.at }
            }
            error => error.into(),
        })?;
    }
    match fixture {
        Some(fixture) => Ok(fixture::load(connection, history, fixture, &silent).await?),
        None => Ok(()),
    }
}
