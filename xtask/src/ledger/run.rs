//! The words of the ledger: what a run does, how it stands, what it found.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a run does to its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// Fills them.
    Execute,
    /// Takes the fill back.
    Undo,
}

impl Work {
    /// The word under which the ledger stores it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Undo => "undo",
        }
    }

    /// The other one.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Execute => Self::Undo,
            Self::Undo => Self::Execute,
        }
    }
}

/// How a run stands.
///
/// | from | to | when |
/// |---|---|---|
/// | (new), stopped, failed, running | running | a process takes it up; `running` is left by one that was killed |
/// | running | stopped | a person interrupted it |
/// | running | failed | a batch failed and was rolled back |
/// | running | finished | no unit was left |
/// | stopped, failed, running | superseded | the opposite work began, or a migration was reverted |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// A process works on it, or was killed while it did.
    Running,
    /// Interrupted between two batches.
    Stopped,
    /// Ended by an error.
    Failed,
    /// Done.
    Finished,
    /// Not to be taken up again, because the opposite was begun.
    Superseded,
}

impl RunState {
    /// The word under which the ledger stores it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Finished => "finished",
            Self::Superseded => "superseded",
        }
    }
}

/// What sort of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// Several values for one place; one was chosen.
    Conflict,
    /// A value that has no place in the new form.
    Unmapped,
    /// Something that was not carried over, on purpose.
    Skipped,
    /// The same thing more than once; one was kept.
    Duplicate,
    /// A unit that can't be transformed. It stops an execution.
    Rejected,
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conflict => "conflict",
            Self::Unmapped => "unmapped",
            Self::Skipped => "skipped",
            Self::Duplicate => "duplicate",
            Self::Rejected => "rejected",
        })
    }
}

/// Something that a person should know of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What sort of thing.
    pub kind: FindingKind,
    /// The unit's id.
    pub unit: String,
    /// The field, as a path (`beliefs.religion`).
    pub field: String,
    /// What was found there.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, field `{}`: {}", self.unit, self.field, self.detail)
    }
}
