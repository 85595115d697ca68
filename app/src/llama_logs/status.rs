//! How an attempt went.
//!
//! Only the labels. The database refuses any other.

use std::fmt;

/// How an attempt went: the column `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// All of it was done.
    Success,
    /// Some of it was done.
    PartialSuccess,
    /// It could not be done.
    Failed,
    /// There was no need to do it.
    Skipped,
    /// No source knew anything.
    NoDataAvailable,
}

impl Status {
    /// Every status.
    pub const ALL: &'static [Status] =
        &[Status::Success, Status::PartialSuccess, Status::Failed, Status::Skipped, Status::NoDataAvailable];

    /// The label, as it stands in the database.
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
