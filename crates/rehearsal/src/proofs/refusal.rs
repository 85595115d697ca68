//! Why a database can't be rehearsed at all, which is told once instead of by every proof.

use crate::migration;
use crate::proofs::problem::What;
use crate::proofs::{Answer, Rehearsal};
use crate::sandbox::{self, NoHost};
use crate::workspace::Origin;
use crate::{Error, Exit};
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::{self as db, Engine, Missing};

/// Why a database was not rehearsed.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Refusal {
    /// There is no server for it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoHost(#[from] NoHost),
    /// There can't be a throwaway database with what is run before the history.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Setup(Box<sandbox::Error>),
    /// The history names what none of its migrations makes.
    #[error("the history needs the {missing}, which none of its migrations makes")]
    #[diagnostic(help("{}", what_helps(missing, *engine)))]
    Missing {
        /// What it is.
        missing: Missing,
        /// The engine that misses it.
        engine: Engine,
        /// The migration's text.
        #[source_code]
        text: NamedSource<String>,
        /// Where it is named.
        #[label]
        at: SourceSpan,
    },
    /// The role may not do what the history does.
    #[error("migration {migration} needs a right that the role of the server has not: {why}")]
    #[diagnostic(help(
        "name a role that is a superuser in REHEARSAL_POSTGRES_URL; or leave it unset, and the history runs on a throwaway server"
    ))]
    Rights {
        /// The migration.
        migration: String,
        /// What the server said.
        why: String,
        /// The migration's text.
        #[source_code]
        text: NamedSource<String>,
        /// The statement.
        #[label]
        at: SourceSpan,
    },
}

fn what_helps(missing: &Missing, engine: Engine) -> String {
    let name = &missing.name;
    match missing.remedy(engine) {
        Some(sql) => format!(
            "if another system owns it, write SQL that makes it ({sql}) and add `--setup FILE`; else correct the migration"
        ),
        None if missing.kind == "extension" => format!(
            "install {name} into the PostgreSQL of this machine; or name a server that has it, on which databases may be made, \
             in REHEARSAL_POSTGRES_URL"
        ),
        None => format!(
            "if the program defines {name} for its connections, that can't be done here: rehearse the migrations before this one, \
             in a folder of their own; else correct the migration"
        ),
    }
}

impl Refusal {
    /// The exit code that it leads to.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoHost(_) | Self::Missing { .. } | Self::Rights { .. } => Exit::Incomplete,
            // A file that was named by a flag: what is wrong with it is no fault of the history.
            Self::Setup(error) if matches!(**error, sandbox::Error::Setup { .. }) => Exit::Usage,
            Self::Setup(_) => Exit::Failed,
        }
    }

    /// Why no proof can be made where *fresh* failed like that; none where it found a fault of the history.
    pub(super) fn of(rehearsal: &Rehearsal<'_>, fresh: &Answer) -> Option<Self> {
        // A workspace of ours is corrected, not provided for.
        let Origin::Given { .. } = rehearsal.database.origin else { return None };
        let [problem] = fresh.problems.as_slice() else { return None };
        let What::Error(error) = &problem.what else { return None };
        let Error::Migration(migration::Error::Sql { migration, cause, text, at, .. }) = error.as_ref() else {
            return None;
        };
        let (text, at) = (text.clone(), *at);
        match cause {
            // On a server of our own the role may do anything, unless the history has given that up itself.
            db::Error::Privilege { why, .. } if rehearsal.sandbox.is_a_guest(rehearsal.database.engine) => {
                Some(Self::Rights { migration: migration.clone(), why: why.clone(), text, at })
            }
            db::Error::Statement { why, .. } => {
                let missing = rehearsal.database.engine.missing(why)?;
                let makes = |sql: &str| rehearsal.database.engine.makes(sql, &missing.name);
                // Making an extension is what fails where the server has none of that name.
                let is_made = missing.kind != "extension"
                    && rehearsal.history.migrations.iter().any(|migration| makes(&migration.up.sql));
                let engine = rehearsal.database.engine;
                (!is_made).then_some(Self::Missing { missing, engine, text, at })
            }
            _ => None,
        }
    }
}
