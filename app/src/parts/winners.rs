//! Which of several legacy rows with one key is kept.

use uuid::Uuid;

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is the first of its key.
    Winner,
    /// Its key is taken.
    Duplicate {
        /// The id of the first.
        of: Uuid,
    },
}

/// Tells winners and duplicates apart, row by row. However many rows there are, only the last winner is remembered.
///
/// Rows of one user come in an order in which equal keys stand beside each other, the winner first: parts as
/// [`LEGACY_PARTS_ORDER`](super::LEGACY_PARTS_ORDER) has it, with their names as keys; sessions as
/// [`LEGACY_SESSIONS_ORDER`](super::LEGACY_SESSIONS_ORDER) has it, with their starts. Rows that are skipped are not shown.
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
    /// What becomes of the next row.
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
    fn the_first_of_a_key_wins() {
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
