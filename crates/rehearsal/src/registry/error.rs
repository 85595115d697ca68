//! What does not fit between a program's own code and the databases.

use crate::directive::did_you_mean;
use crate::source;
use miette::Diagnostic;

/// What does not fit.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The name is not that of a backfill.
    #[error("there is no backfill `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("there is: {}", known.join(", ")))]
    UnknownBackfill {
        /// The name as given.
        name: String,
        /// The closest one.
        nearest: Option<String>,
        /// All that there are.
        known: Vec<String>,
    },
    /// No generator is registered for a database.
    #[error("there is no generator for `{database}`, so that its fixtures are only made by hand")]
    #[diagnostic(help(
        "there is one for: {}; to add one, write {} and put it into the registry beside it",
        known.join(", "),
        source::generator(database)
    ))]
    NoGenerator {
        /// The database.
        database: String,
        /// All that have one.
        known: Vec<&'static str>,
    },
    /// A registered backfill, check or generator does not fit the workspace.
    #[error("{what} does not fit the workspace: {why}")]
    #[diagnostic(help("correct its `about`"))]
    Registration {
        /// ``backfill `pet_traits` ``.
        what: String,
        /// What does not fit.
        why: String,
    },
}
