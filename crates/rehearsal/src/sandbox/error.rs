//! What can go wrong when throwaway databases are made.

use super::NoHost;
use crate::fixture;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db as engine;
use rehearsal_postgres as postgres_server;

/// A failure of the sandbox.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// There is no PostgreSQL to make throwaway databases on.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoHost(#[from] NoHost),
    /// The fixture can't be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fixture(#[from] fixture::Error),
    /// A server of its own for a history can't be started.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(#[from] postgres_server::Error),
    /// A statement of what is run before the history failed.
    #[error("{file} can't be run in an empty database: {why}")]
    #[diagnostic(code("history/setup-failed"), help("{}", what_helps(text.inner())))]
    Setup {
        /// The file.
        file: String,
        /// What the engine said.
        why: String,
        /// Its text.
        #[source_code]
        text: NamedSource<String>,
        /// The token at fault, or the start of the statement.
        #[label]
        at: SourceSpan,
    },
    /// The database failed, or the file system below it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
}

fn what_helps(setup: &str) -> String {
    let of_psql = setup.lines().find(|line| line.starts_with('\\'));
    match of_psql.and_then(|line| line.split_whitespace().next()) {
        Some(command) => format!("`{command}` is a command of psql's own, which no server knows: write SQL instead"),
        None => "correct it: it is run before the history, in a database that holds nothing".to_owned(),
    }
}
