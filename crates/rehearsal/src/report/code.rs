//! Finding codes: stable names of what can be wrong, each with its explanation beside it. A script may depend on a name.
//!
//! A proof brings its own codes, so that a proof outside of this crate has them too.

use crate::Exit;
use serde::{Serialize, Serializer};
use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The change must not ship like this.
    Error,
    /// A person should look at it; the rehearsal passes all the same.
    Warning,
}

/// What `explain CODE` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// What the code means, in one or two sentences.
    pub meaning: &'static str,
    /// A change that leads to it.
    pub example: &'static str,
    /// How to fix it.
    pub fix: &'static str,
    /// How to allow it where it is intended.
    pub allow: &'static str,
}

/// The code of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `populated/data-lost`: the proof or the subject, and what is wrong.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The exit code of a rehearsal that ends with it.
    pub exit: Exit,
    /// What a person can read about it.
    pub explanation: Explanation,
}

impl Code {
    /// A code of something that is wrong with a change.
    #[must_use]
    pub const fn error(name: &'static str, explanation: Explanation) -> Self {
        Self { name, severity: Severity::Error, exit: Exit::Failed, explanation }
    }

    /// A code of something that a rehearsal would need and does not have.
    #[must_use]
    pub const fn incomplete(name: &'static str, explanation: Explanation) -> Self {
        Self { name, severity: Severity::Error, exit: Exit::Incomplete, explanation }
    }

    /// A code of wrong usage or configuration.
    #[must_use]
    pub const fn usage(name: &'static str, explanation: Explanation) -> Self {
        Self { name, severity: Severity::Error, exit: Exit::Usage, explanation }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

/// The codes of a proof that could not be carried out, by what failed. [`failures!`](crate::failures) makes them for a proof's
/// name.
#[derive(Debug)]
pub struct Failures {
    /// A migration failed.
    pub migration: Code,
    /// A backfill failed.
    pub backfill: Code,
    /// A check did not find what it expects, or could not run.
    pub check: Code,
    /// The fixture could not be loaded.
    pub fixture: Code,
    /// The database, or the system below it, failed.
    pub database: Code,
}

impl Failures {
    /// Every one of them.
    #[must_use]
    pub fn all(&'static self) -> Vec<&'static Code> {
        vec![&self.migration, &self.backfill, &self.check, &self.fixture, &self.database]
    }
}

/// The codes with which a proof of this name reports that a migration, a backfill, a check, a fixture or the database failed:
/// `static FAILURES: Failures = failures!("fresh");`.
#[macro_export]
macro_rules! failures {
    ($proof:literal) => {
        $crate::report::Failures {
            migration: $crate::report::Code::error(
                concat!($proof, "/migration-failed"),
                $crate::report::Explanation {
                    meaning: "A statement of a migration failed while this proof applied or reverted the history.",
                    example: "ALTER TABLE \"Toy\" ADD COLUMN size integer NOT NULL; on a table with rows fails.",
                    fix: "Correct the file at the place that the finding names, then rehearse again.",
                    allow: "It cannot be allowed: a database that looks like this one could not be migrated.",
                },
            ),
            backfill: $crate::report::Code::error(
                concat!($proof, "/backfill-failed"),
                $crate::report::Explanation {
                    meaning: "A backfill stopped with an error, or did or found something that this proof does not expect.",
                    example: "A backfill's `write` violates a constraint for one unit of the fixture.",
                    fix: "Correct the backfill, or the data of the unit that the finding names; `backfill NAME --verify` repeats it.",
                    allow: "It cannot be allowed: the real run would stop or differ in the same way.",
                },
            ),
            check: $crate::report::Code::error(
                concat!($proof, "/check-failed"),
                $crate::report::Explanation {
                    meaning: "A verification query found rows that it should not find, found none where it needs some, or could not run.",
                    example: "A check that lists pets without traits returns three pets after the backfill.",
                    fix: "Look at the rows in the finding: correct the migration or the backfill that made them, or the check itself.",
                    allow: "Narrow the check with `-- from: VERSION` and `-- until: VERSION`, or make it a report with `-- kind: report`.",
                },
            ),
            fixture: $crate::report::Code::error(
                concat!($proof, "/fixture-failed"),
                $crate::report::Explanation {
                    meaning: "The rows of a fixture could not be inserted at the version that the fixture states.",
                    example: "A fixture with `-- at: 20250901090000` inserts into a column that a later migration adds.",
                    fix: "Correct the fixture, or the version in its first line.",
                    allow: "It cannot be allowed: without the fixture nothing is proved about its data.",
                },
            ),
            database: $crate::report::Code::error(
                concat!($proof, "/database-failed"),
                $crate::report::Explanation {
                    meaning: "The throwaway database or its server failed, so the proof has no result.",
                    example: "The disk is full, or the server was stopped while the proof ran.",
                    fix: "Follow the help of the finding, then rehearse again.",
                    allow: "It cannot be allowed: the proof has no result.",
                },
            ),
        }
    };
}
