//! Errors of checks: files that are not valid checks, and queries that fail.

use crate::source;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db as db;
use std::path::PathBuf;

/// A check that is invalid or cannot run.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// A directive of a check is invalid.
    #[error("{file}: {why}")]
    #[diagnostic(help("{help}"))]
    Directive {
        /// The file.
        file: String,
        /// The reason.
        why: String,
        /// The correction.
        help: &'static str,
        /// The file's text.
        #[source_code]
        text: NamedSource<String>,
        /// Where the directive is.
        #[label]
        at: SourceSpan,
    },
    /// A check has the wrong number of queries.
    #[error("{} contains {statements} {}; {}", file.display(), if *statements == 1 { "statement" } else { "statements" }, if *wanted == 1 { "a check is one query" } else { "a check of preserved rows is two queries" })]
    #[diagnostic(help("{}", if *wanted == 1 {
        "write one SELECT that returns the offending rows, and put each further query into its own file"
    } else {
        "write one SELECT before the line `-- after` and one SELECT after it"
    }))]
    NotOneQuery {
        /// The file.
        file: PathBuf,
        /// The number of statements in it.
        statements: usize,
        /// The number of statements it should contain.
        wanted: usize,
    },
    /// A file in the `checks` folder is not a check.
    #[error("{} is not a check: checks are `.sql` files", file.display())]
    #[diagnostic(help("give it the extension `.sql`, or move it out of the `checks` folder"))]
    NotACheck {
        /// The file.
        file: PathBuf,
    },
    /// The query of a check failed.
    #[error("check `{check}` cannot run: {why}")]
    #[diagnostic(help("correct the query; if it needs a later schema, add `-- from: VERSION`"))]
    Query {
        /// The check.
        check: String,
        /// The database's message.
        why: String,
        /// The file's text.
        #[source_code]
        text: NamedSource<String>,
        /// The token at fault, or the start of the query.
        #[label]
        at: SourceSpan,
    },
    /// A check writes to the database.
    #[error("check {check} ({}) writes to the database", file.display())]
    #[diagnostic(help("rewrite it as one SELECT that returns the offending rows"))]
    Writes {
        /// The check.
        check: String,
        /// Its file.
        file: PathBuf,
    },
    /// The query of a check in Rust failed.
    #[error("check `{check}` (in Rust) cannot run: {why}")]
    #[diagnostic(help("correct its `rows` in `{}`", source::path("checks")))]
    RowQuery {
        /// The check.
        check: &'static str,
        /// The database's message.
        why: String,
    },
    /// The applied migrations cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Migration(#[from] crate::migration::Error),
    /// A file cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Workspace(#[from] crate::workspace::Error),
    /// The database failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] db::Error),
}
