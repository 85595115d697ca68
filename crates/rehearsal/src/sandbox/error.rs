//! Errors of the sandbox: scratch databases that cannot be created.

use super::NoHost;
use crate::fixture;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db as engine;
use rehearsal_postgres as postgres_server;

/// A failure of the sandbox.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// There is no PostgreSQL server for scratch databases.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoHost(#[from] NoHost),
    /// The fixture cannot be loaded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fixture(#[from] fixture::Error),
    /// A separate server for a history cannot be started.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(#[from] postgres_server::Error),
    /// A statement of the setup, which runs before the history, failed.
    #[error("{file} cannot run in an empty database: {why}")]
    #[diagnostic(code("history/setup-failed"), help("{}", setup_help(text.inner())))]
    Setup {
        /// The file.
        file: String,
        /// The database's message.
        why: String,
        /// The file's text.
        #[source_code]
        text: NamedSource<String>,
        /// The token at fault, or the start of the statement.
        #[label]
        at: SourceSpan,
    },
    /// The database or the file system failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
}

fn setup_help(setup: &str) -> String {
    let psql_line = setup.lines().find(|line| line.starts_with('\\'));
    match psql_line.and_then(|line| line.split_whitespace().next()) {
        Some(command) => format!("replace `{command}`, a psql command that servers do not understand, with SQL"),
        None => "correct the file; it runs before the history, in an empty database".to_owned(),
    }
}
