//! Finding codes: stable names of what can be wrong, each with its explanation ([`Code`]). A script may depend on a
//! name.
//!
//! Each proof defines its own codes, so that a proof outside this crate can add some. Codes that belong to no proof
//! are in [`history`](super::history).

use crate::Exit;
use serde::{Serialize, Serializer};
use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The change must not ship like this.
    Error,
    /// A person should look at it; it does not make the rehearsal fail.
    Warning,
}

/// The text that `explain CODE` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The meaning of the code, in one or two sentences.
    pub meaning: &'static str,
    /// A change that causes the finding.
    pub example: &'static str,
    /// How to fix it.
    pub fix: &'static str,
    /// How to allow it if it is intended.
    pub allow: &'static str,
}

/// The code of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `populated/data-lost`: the proof or the area, then the problem.
    pub name: &'static str,
    /// The severity of its findings.
    pub severity: Severity,
    /// The exit code of a rehearsal with such a finding.
    pub exit: Exit,
    /// The explanation for a person.
    pub explanation: Explanation,
}

impl Code {
    /// A code for a fault in a change.
    #[must_use]
    pub const fn error(name: &'static str, explanation: Explanation) -> Self {
        Self { name, severity: Severity::Error, exit: Exit::Failed, explanation }
    }

    /// A code for something that a person should look at.
    #[must_use]
    pub const fn warning(name: &'static str, explanation: Explanation) -> Self {
        Self { name, severity: Severity::Warning, exit: Exit::Failed, explanation }
    }

    /// A code for something that the rehearsal needs and does not have.
    #[must_use]
    pub const fn incomplete(name: &'static str, explanation: Explanation) -> Self {
        Self { name, severity: Severity::Error, exit: Exit::Incomplete, explanation }
    }

    /// A code for wrong usage or configuration.
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

/// The codes with which a proof reports that it could not be carried out, by what failed.
/// [`failures!`](crate::failures) makes them from the name of the proof.
#[derive(Debug)]
pub struct Failures {
    /// A migration failed.
    pub migration: Code,
    /// A backfill failed.
    pub backfill: Code,
    /// A check failed or could not run.
    pub check: Code,
    /// The fixture could not be loaded.
    pub fixture: Code,
    /// The database or the operating system failed.
    pub database: Code,
}

impl Failures {
    /// All five codes.
    #[must_use]
    pub fn all(&'static self) -> Vec<&'static Code> {
        vec![&self.migration, &self.backfill, &self.check, &self.fixture, &self.database]
    }
}

/// Defines the codes with which the proof with this name reports that a migration, a backfill, a check, a fixture
/// or the database failed: `static FAILURES: Failures = failures!("fresh");`.
#[macro_export]
macro_rules! failures {
    ($proof:literal) => {
        $crate::report::Failures {
            migration: $crate::report::Code::error(
                concat!($proof, "/migration-failed"),
                $crate::report::Explanation {
                    meaning: "A statement of a migration failed while this proof applied or reverted the history.",
                    example: "ALTER TABLE \"Toy\" ADD COLUMN size integer NOT NULL on a table that has rows",
                    fix: "Correct the file at the location in the finding, then rehearse again.",
                    allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: the migration would fail on any database like this one.",
                },
            ),
            backfill: $crate::report::Code::error(
                concat!($proof, "/backfill-failed"),
                $crate::report::Explanation {
                    meaning: "A backfill stopped with an error, or its result is not the one that this proof expects.",
                    example: "A backfill's `write` violates a constraint for one unit of the fixture.",
                    fix: "Correct the backfill, or the data of the unit in the finding; `backfill NAME --verify` \
                          runs it again.",
                    allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: a run on a real database would fail or differ in the same way.",
                },
            ),
            check: $crate::report::Code::error(
                concat!($proof, "/check-failed"),
                $crate::report::Explanation {
                    meaning: "A check returned rows that must not exist, returned no row although it must return \
                              some, or could not run.",
                    example: "A check that lists pets without traits returns three pets after the backfill.",
                    fix: "Look at the rows in the finding; correct the migration or backfill that wrote them, or the \
                          check.",
                    allow: "Narrow the check with `-- from: VERSION` and `-- until: VERSION`, or make it a report \
                            with `-- kind: report`.",
                },
            ),
            fixture: $crate::report::Code::error(
                concat!($proof, "/fixture-failed"),
                $crate::report::Explanation {
                    meaning: "The rows of a fixture could not be inserted at the version that its first line names.",
                    example: "A fixture with `-- at: 20250901090000` inserts into a column that a later migration \
                              adds.",
                    fix: "Correct the fixture, or the version in its first line.",
                    allow: "It cannot be allowed: without the fixture's data, the rehearsal is incomplete.",
                },
            ),
            database: $crate::report::Code::error(
                concat!($proof, "/database-failed"),
                $crate::report::Explanation {
                    meaning: "The throwaway database or its server failed, so the proof has no result.",
                    example: "The disk is full, or the server stopped while the proof ran.",
                    fix: "Follow the help of the finding, then rehearse again.",
                    allow: "It cannot be allowed: without a result of the proof, the rehearsal is incomplete.",
                },
            ),
        }
    };
}
