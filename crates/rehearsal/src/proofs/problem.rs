//! What a proof found wrong: in which step, what, where to look at it, and what to type next.

use super::Proof;
use crate::Error;
use crate::backfill;
use crate::check::{CheckResult, Verdict};
use crate::workspace::Database;
use rehearsal_db::Address;
use rehearsal_db::command::command;

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
    /// A way back is not what it should be.
    WayBack(WayBack),
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

/// How a way back fails.
#[derive(Debug)]
pub enum WayBack {
    /// The down file fails.
    Broken(Box<Error>),
    /// What was reverted can't be applied again.
    ReupFails(Box<Error>),
    /// The schema is another than it was.
    LossySchema(Unlike),
    /// The rows are others than they were.
    LossyContent(Unlike),
    /// With everything reverted, something is left.
    LeftBehind(Unlike),
}

/// How two states that should be the same are not.
#[derive(Debug)]
pub struct Unlike {
    /// What should have been, as a sentence.
    pub expected: String,
    /// Each difference, with examples indented below it.
    pub lines: Vec<String>,
    /// What usually helps.
    pub hint: String,
}

impl WayBack {
    /// What a person calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Broken(_) => "broken",
            Self::ReupFails(_) => "re-up fails",
            Self::LossySchema(_) => "lossy schema",
            Self::LossyContent(_) => "lossy content",
            Self::LeftBehind(_) => "left behind at zero",
        }
    }
}

impl What {
    /// What a script calls this kind of problem.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Error(_) => "error",
            Self::Differences { .. } => "differences",
            Self::MadeUp { .. } => "made_up_rows",
            Self::WayBack(WayBack::Broken(_)) => "broken",
            Self::WayBack(WayBack::ReupFails(_)) => "reup_fails",
            Self::WayBack(WayBack::LossySchema(_)) => "lossy_schema",
            Self::WayBack(WayBack::LossyContent(_)) => "lossy_content",
            Self::WayBack(WayBack::LeftBehind(_)) => "left_behind",
            Self::Checks(_) => "checks",
            Self::Backfill { .. } => "backfill",
        }
    }

    pub(super) fn next(&self, database: &Database, kept: Option<&Address>) -> String {
        match (self, kept) {
            (Self::Checks(results), Some(kept)) => {
                let red = results.iter().filter(|result| matches!(result.verdict, Verdict::Red { .. })).count();
                let them = if red == 1 { "it" } else { "them" };
                format!("{}   (shows {them} again)", kept.command(&format!("verify {}", database.name)))
            }
            (Self::Backfill { backfill, .. }, _) => command(&format!("backfill {backfill} --verify")),
            (Self::Error(error), _) => match &**error {
                Error::Backfill(
                    backfill::Error::Rejected { backfill, .. } | backfill::Error::Statement { backfill, .. },
                ) => command(&format!("backfill {backfill} --verify")),
                _ => database.rehearse(),
            },
            _ => database.rehearse(),
        }
    }
}
