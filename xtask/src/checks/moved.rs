//! What is wrong with a row that was moved from a legacy table, where its key is that of one row in the new one.

use app::parts::Unfit;
use serde::Serialize;
use uuid::Uuid;

/// A legacy row, and what is known of it.
pub(super) struct Moved {
    /// Its id.
    pub(super) legacy: Uuid,
    /// The new table.
    pub(super) table: &'static str,
    /// Whether the user is marked as finished.
    pub(super) is_done: bool,
    /// The first legacy row of the user with its key.
    pub(super) winner: Option<Uuid>,
}

impl Moved {
    /// What is wrong with what is stored under its key. What was there before has another id, and is left alone.
    pub(super) fn offence<T: Serialize>(
        &self,
        stored: Option<Result<T, Unfit>>,
        expected: &T,
        id: impl Fn(&T) -> Uuid,
    ) -> Option<String> {
        let table = self.table;
        let stored = match (stored, self.is_done) {
            (None, true) => return Some(format!("it is not in {table}, and its user is marked as finished")),
            (None, false) => return None,
            (Some(Err(unfit)), _) => return Some(unfit.to_string()),
            (Some(Ok(stored)), _) => stored,
        };
        if id(&stored) != id(expected) {
            return None;
        }
        match self.winner {
            _ if !self.is_done => Some(format!("it is in {table}, and its user is not marked as finished")),
            Some(winner) if winner != self.legacy => Some(format!("it is in {table}, and is a duplicate of {winner}")),
            _ => Unfit::difference(&stored, expected).map(|unfit| unfit.to_string()),
        }
    }
}
