//! What can be wrong with a check.

use crate::source;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db as db;
use std::path::PathBuf;

/// A check that can't be run.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// A directive of a check can't be understood.
    #[error("{file}: {why}")]
    #[diagnostic(help("{help}"))]
    Directive {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
        /// What to write.
        help: &'static str,
        /// The file's text.
        #[source_code]
        text: NamedSource<String>,
        /// Where the directive is.
        #[label]
        at: SourceSpan,
    },
    /// A check is not one query.
    #[error("{} holds {statements} statements; {}", file.display(), if *wanted == 1 { "a check is one query" } else { "a check of what is preserved is two queries" })]
    #[diagnostic(help(
        "write one SELECT that returns the offending rows; put each further query into a file of its own"
    ))]
    NotOneQuery {
        /// The file.
        file: PathBuf,
        /// How many statements it holds.
        statements: usize,
        /// How many it should hold.
        wanted: usize,
    },
    /// A file in the folder of checks is none.
    #[error("{} is no check: checks are `.sql` files", file.display())]
    #[diagnostic(help("rename it, or move it out of the folder"))]
    NotACheck {
        /// The file.
        file: PathBuf,
    },
    /// The engine refused the query.
    #[error("check {check} can't run: {why}")]
    #[diagnostic(help("correct the query; if it needs a later schema, say so with `-- from: VERSION`"))]
    Query {
        /// The check.
        check: String,
        /// What the engine said.
        why: String,
        /// The file's text.
        #[source_code]
        text: NamedSource<String>,
        /// The token at fault, or the start of the query.
        #[label]
        at: SourceSpan,
    },
    /// A check changes what it should only look at.
    #[error("check {check} ({}) writes to the database", file.display())]
    #[diagnostic(help("a check is one SELECT that returns the offending rows"))]
    Writes {
        /// The check.
        check: String,
        /// Its file.
        file: PathBuf,
    },
    /// The engine refused the query of a check in Rust.
    #[error("check {check} (in Rust) can't run: {why}")]
    #[diagnostic(help("correct its `rows` in `{}`", source::path("checks")))]
    RowQuery {
        /// The check.
        check: &'static str,
        /// What the engine said.
        why: String,
    },
    /// The versions that are applied can't be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] crate::migration::Error),
    /// A file can't be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Workspace(#[from] crate::workspace::Error),
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] db::Error),
}
