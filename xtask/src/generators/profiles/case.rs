//! The types that describe a hand-written user: the kinds of contexts, their start times, and the data of their old
//! profiles. The users themselves are in `chosen.rs`.

use rehearsal::generate::Cell;

/// The kinds of contexts, in the order of the database's enum.
pub(super) const KINDS: [&str; 5] = ["romantic", "friendship", "professional", "creative", "service"];

pub(super) const ROMANTIC: usize = 0;
pub(super) const FRIENDSHIP: usize = 1;
pub(super) const PROFESSIONAL: usize = 2;
pub(super) const CREATIVE: usize = 3;
pub(super) const SERVICE: usize = 4;

/// A hand-written user.
pub(super) struct Chosen {
    pub(super) name: &'static str,
    /// The suffix of the id, after the UUID.
    pub(super) end_of_id: &'static str,
    pub(super) began: Began,
    /// The kind of each context, and the data of its old profile.
    pub(super) contexts: &'static [(usize, Old)],
}

/// The start times of a user's contexts.
pub(super) enum Began {
    /// One after the other.
    InTurn,
    /// All at the same instant, so that their ids determine the order.
    AtOnce,
    /// At these times, one per context.
    At(&'static [&'static str]),
}

/// The data of a context's old profile.
#[derive(Clone, Copy)]
pub(super) enum Old {
    /// The context has no old profile.
    Missing,
    /// SQL NULL.
    Null,
    /// JSON, with line breaks outside strings only.
    Json(&'static str),
    /// An SQL expression, for data that is too long for a literal.
    Sql(&'static str),
}

impl Old {
    /// The value of the column `data`; `None` if there is no old profile.
    pub(super) fn cell(self) -> Option<Cell> {
        match self {
            Self::Missing => None,
            Self::Null => Some(None::<&str>.into()),
            Self::Json(json) => Some(json.lines().map(str::trim_start).collect::<Vec<_>>().join(" ").into()),
            Self::Sql(sql) => Some(Cell::Sql(sql.to_owned())),
        }
    }
}
