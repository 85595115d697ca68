//! The comparison of a legacy row with the row in the new table that has its key. The checks of parts and sessions
//! share [`Moved::offence`].

use app::parts::Unfit;
use serde::Serialize;
use uuid::Uuid;

/// A legacy row that has to be migrated.
pub(super) struct Moved {
    /// The id of the legacy row.
    pub(super) legacy: Uuid,
    /// The new table.
    pub(super) table: &'static str,
    /// Whether the user is marked as finished.
    pub(super) is_done: bool,
    /// The user's first legacy row with the same key.
    pub(super) winner: Option<Uuid>,
}

impl Moved {
    /// Describes how the stored row with the same key is wrong; `None` if it is right. Accepts rows with another id,
    /// which the app created.
    pub(super) fn offence<T: Serialize>(
        &self,
        stored: Option<Result<T, Unfit>>,
        expected: &T,
        id: impl Fn(&T) -> Uuid,
    ) -> Option<String> {
        let table = self.table;
        let stored = match (stored, self.is_done) {
            (None, true) => return Some(format!("missing from {table}, but the user is marked as finished")),
            (None, false) => return None,
            (Some(Err(unfit)), _) => return Some(unfit.to_string()),
            (Some(Ok(stored)), _) => stored,
        };
        if id(&stored) != id(expected) {
            return None;
        }
        match self.winner {
            _ if !self.is_done => Some(format!("present in {table}, but the user is not marked as finished")),
            Some(winner) if winner != self.legacy => Some(format!("present in {table}, but a duplicate of {winner}")),
            _ => Unfit::difference(&stored, expected).map(|unfit| unfit.to_string()),
        }
    }
}
