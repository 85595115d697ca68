//! Deterministic choices: [`Seed`] and a number always give the same [`Draw`] and the same ids, on every machine
//! and in every version of this crate.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;
use std::fmt;
use uuid::{Uuid, uuid};

/// The namespace of all UUIDs that are derived from a seed.
const NAMESPACE: Uuid = uuid!("0c5e2a5b-8a34-4e0c-9d0c-6f0f4f5f7a11");
/// The stream of the random generator: an arbitrary constant that must never change.
const STREAM: u128 = 1;

/// The number from which all rows of a fixture are derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Seed {
    /// Returns the id of the row with that kind and number. `kind` is the name of its table, which makes the ids
    /// unique.
    #[must_use]
    pub fn id(self, kind: &str, number: u64) -> String {
        self.uuid("id", kind, number).to_string()
    }

    /// Returns the choices for the row with that kind and number.
    #[must_use]
    pub fn draw(self, kind: &str, number: u64) -> Draw {
        Draw(Pcg64::new(self.uuid("draw", kind, number).as_u128(), STREAM))
    }

    fn uuid(self, what: &str, kind: &str, number: u64) -> Uuid {
        Uuid::new_v5(&NAMESPACE, format!("{self} {what} {kind} {number}").as_bytes())
    }
}

/// The choices for one row, one after the other.
#[derive(Debug)]
pub struct Draw(Pcg64);

impl Draw {
    /// Returns a number from 0 to `n` - 1, or 0 if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Returns true once in `n` calls on average.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Returns one of the values. Panics if there are none.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// Returns `count` different numbers below `n`, in random order; all `n` of them if `count` is larger.
    pub fn several(&mut self, count: usize, n: u64) -> Vec<u64> {
        let mut all: Vec<u64> = (0..n).collect();
        for place in 0..count.min(all.len()) {
            let other = place + self.below((all.len() - place) as u64) as usize;
            all.swap(place, other);
        }
        all.truncate(count);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    /// Committed fixtures depend on these values.
    #[test]
    fn values_never_change() {
        let mut draw = Seed(7).draw("Pet", 0);
        let numbers = [draw.below(1000), draw.below(1000), draw.below(1000)];
        assert_eq!(
            (&*Seed(7).id("Pet", 0), numbers, &*draw.several(4, 9)),
            ("713b993a-add8-503b-8ca5-e8fd4809ea30", [39, 781, 561], &[8, 0, 1, 4][..])
        );
    }

    #[test]
    fn differs_by_seed_kind_and_number() {
        let ids = [Seed(7).id("Pet", 0), Seed(8).id("Pet", 0), Seed(7).id("User", 0), Seed(7).id("Pet", 1)];
        let different: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
    }

    #[test]
    fn stays_within_bounds() {
        for number in 0..1000 {
            let mut draw = Seed(number).draw("Pet", number);
            assert!(draw.below(3) < 3);
            assert_eq!((draw.below(0), draw.below(1)), (0, 0));
            let mut several = draw.several(4, 6);
            several.sort_unstable();
            several.dedup();
            assert!(several.len() == 4 && several.iter().all(|n| *n < 6), "{several:?}");
            assert_eq!(draw.several(3, 2).len(), 2);
        }
    }
}
