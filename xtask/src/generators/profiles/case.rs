//! What a user who is chosen by hand is described by: the kinds of contexts, when they began, and what their old profiles hold.

use rehearsal::generate::Cell;

/// The kinds, in the order of the enum.
pub(super) const KINDS: [&str; 5] = ["romantic", "friendship", "professional", "creative", "service"];

pub(super) const ROMANTIC: usize = 0;
pub(super) const FRIENDSHIP: usize = 1;
pub(super) const PROFESSIONAL: usize = 2;
pub(super) const CREATIVE: usize = 3;
pub(super) const SERVICE: usize = 4;

/// A user who is chosen by hand.
pub(super) struct Chosen {
    pub(super) name: &'static str,
    /// What stands behind the UUID.
    pub(super) end_of_id: &'static str,
    pub(super) began: Began,
    /// The kind of each, and what its old profile holds.
    pub(super) contexts: &'static [(usize, Old)],
}

/// When the contexts of a user began.
pub(super) enum Began {
    /// One after the other.
    InTurn,
    /// All in one instant, so that it is their ids that decide.
    AtOnce,
    /// At these.
    At(&'static [&'static str]),
}

/// What the old profile of a context holds.
#[derive(Clone, Copy)]
pub(super) enum Old {
    /// There is no such row.
    Missing,
    /// NULL.
    Null,
    /// This, which may be broken into lines where no text is.
    Json(&'static str),
    /// What is too long to be written out.
    Sql(&'static str),
}

impl Old {
    /// None where there is no such row.
    pub(super) fn cell(self) -> Option<Cell> {
        match self {
            Self::Missing => None,
            Self::Null => Some(None::<&str>.into()),
            Self::Json(json) => Some(json.lines().map(str::trim_start).collect::<Vec<_>>().join(" ").into()),
            Self::Sql(sql) => Some(Cell::Sql(sql.to_owned())),
        }
    }
}
