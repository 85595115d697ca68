//! What a proof found wrong: in which step, what, where to look at it, and what to type next.

use super::Proof;
use crate::Error;
use crate::backfill;
use crate::check::{CheckResult, Verdict};
use crate::shell::quoted;
use crate::workspace::Database;

/// Something that a proof found wrong.
#[derive(Debug)]
pub struct Problem {
    /// What was being done.
    pub step: String,
    /// What came of it.
    pub what: What,
    /// The URL of a copy of the database on which it shows.
    pub kept: Option<String>,
    /// The command to run next, or what to change.
    pub next: String,
}

/// What went wrong.
#[derive(Debug)]
pub enum What {
    /// Something failed.
    Error(Box<Error>),
    /// Two states that should be the same are not, or data is gone that nobody declared.
    Differences {
        /// What should have been, as a sentence.
        expected: String,
        /// Each difference, with examples indented below it.
        lines: Vec<String>,
        /// What usually helps.
        hint: String,
    },
    /// A migration fails on rows that the rehearsal made up, and that the schema before it allows.
    MadeUp {
        /// How it fails.
        error: Box<Error>,
        /// Why that would happen elsewhere, too.
        why: String,
        /// Some of the rows.
        rows: Vec<String>,
        /// What to write instead.
        hint: String,
    },
    /// Checks are red.
    Checks(Vec<CheckResult>),
    /// A backfill had something to do, or wrote, where it should not.
    Backfill {
        /// The backfill.
        backfill: &'static str,
        /// What should have been, and what was.
        sentence: String,
    },
}

impl Problem {
    /// True where nothing else can be proved with the same data: the fixture is at fault, or an empty database does not take
    /// the history.
    pub(super) fn ends(&self, proof: Proof) -> bool {
        let What::Error(error) = &self.what else { return false };
        match **error {
            Error::Fixture(_) => true,
            Error::Migration(_) => proof == Proof::Fresh,
            _ => false,
        }
    }
}

impl What {
    pub(super) fn next(&self, database: &Database, kept: Option<&str>) -> String {
        match (self, kept) {
            (Self::Checks(results), Some(kept)) => {
                let red = results.iter().filter(|result| matches!(result.verdict, Verdict::Red { .. })).count();
                let them = if red == 1 { "it" } else { "them" };
                format!("cargo xtask verify {} --url {}   (shows {them} again)", database.name, quoted(kept))
            }
            (Self::Backfill { backfill, .. }, _) => format!("cargo xtask backfill {backfill} --verify"),
            (Self::Error(error), _) => match &**error {
                Error::Backfill(
                    backfill::Error::Rejected { backfill, .. } | backfill::Error::Statement { backfill, .. },
                ) => format!("cargo xtask backfill {backfill} --verify"),
                _ => database.rehearse(),
            },
            _ => database.rehearse(),
        }
    }
}
