//! The words of the ledger: what a run does, and how it stands.

use serde::{Deserialize, Serialize};

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
