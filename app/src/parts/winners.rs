//! [`Winners`] decides which of several legacy rows with the same key is migrated.

use uuid::Uuid;

/// The result for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The row is the first with its key.
    Winner,
    /// An earlier row has the same key.
    Duplicate {
        /// The id of the first row with the key.
        of: Uuid,
    },
}

/// Separates winners from duplicates, row by row. Memory use is constant: only the last winner is stored.
///
/// The caller passes the rows of one user in an order that groups equal keys, the winner first: parts in
/// [`LEGACY_PARTS_ORDER`](super::LEGACY_PARTS_ORDER) with their names as keys, and sessions in
/// [`LEGACY_SESSIONS_ORDER`](super::LEGACY_SESSIONS_ORDER) with their starts as keys. Skipped rows are not passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Winners<K> {
    last: Option<(K, Uuid)>,
}

impl<K> Default for Winners<K> {
    fn default() -> Winners<K> {
        Winners { last: None }
    }
}

impl<K: PartialEq + Clone> Winners<K> {
    /// Decides whether the next row is a winner or a duplicate.
    pub fn place(&mut self, key: &K, id: Uuid) -> Place {
        match &self.last {
            Some((last, of)) if last == key => Place::Duplicate { of: *of },
            _ => {
                self.last = Some((key.clone(), id));
                Place::Winner
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_first_row_with_a_key_wins() {
        let mut winners = Winners::default();
        let mut check = |key: &'static str, id: u128, expected: Place| {
            assert_eq!(winners.place(&key, Uuid::from_u128(id)), expected, "{key} {id}");
        };
        let duplicate_of = |id| Place::Duplicate { of: Uuid::from_u128(id) };
        check("", 9, Place::Winner);
        check("", 1, duplicate_of(9));
        check("a", 2, Place::Winner);
        check("a", 3, duplicate_of(2));
        check("a", 4, duplicate_of(2));
        check("A", 5, Place::Winner);
        check("b", 6, Place::Winner);
    }
}
