//! [`Status`]: the outcome of a logged operation and its labels. A constraint of the database allows only these
//! labels.

use std::fmt;

/// The outcome of an operation: the column `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The operation succeeded.
    Success,
    /// The operation succeeded in part.
    PartialSuccess,
    /// The operation failed.
    Failed,
    /// The operation was not necessary.
    Skipped,
    /// No source had any data.
    NoDataAvailable,
}

impl Status {
    /// Every status.
    pub const ALL: &'static [Status] =
        &[Status::Success, Status::PartialSuccess, Status::Failed, Status::Skipped, Status::NoDataAvailable];

    /// The label stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Success => "SUCCESS",
            Status::PartialSuccess => "PARTIAL_SUCCESS",
            Status::Failed => "FAILED",
            Status::Skipped => "SKIPPED",
            Status::NoDataAvailable => "NO_DATA_AVAILABLE",
        }
    }

    /// The status with this label, if there is one.
    pub fn from_label(label: &str) -> Option<Status> {
        Status::ALL.iter().copied().find(|status| status.as_str() == label)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
