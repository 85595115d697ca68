//! How many units are read at a time: no more than the pass says, and so few that what they hold stays small.

/// What the units of a batch may hold, in bytes as the database sends them. With its outputs, its findings and the statement
/// that writes it, a batch takes ten to twenty times as much, and there are two of them at a time.
const BYTES: u64 = 2 * 1024 * 1024;
/// How many units the first batch has: nobody knows yet how large they are.
const FIRST: u32 = 200;

/// The size of the next batch.
#[derive(Debug)]
pub(super) struct Pace {
    most: u32,
    next: u32,
}

impl Pace {
    pub(super) fn new(most: u32) -> Self {
        Self { most, next: most.min(FIRST) }
    }

    /// How many units, and how many bytes at which it is enough, whatever the number.
    pub(super) fn next(&self) -> (u32, u64) {
        (self.next, 4 * BYTES)
    }

    /// Learns from a batch: how many units were read, how many of them it took, how many bytes those held.
    pub(super) fn learn(&mut self, read: u64, units: u64, bytes: u64) {
        let fitting =
            (BYTES * units).checked_div(bytes).map_or(u32::MAX, |units| u32::try_from(units).unwrap_or(u32::MAX));
        // What a batch had no room for was read in vain.
        let fitting = if units < read { fitting.min(u32::try_from(units * 2).unwrap_or(u32::MAX)) } else { fitting };
        // By steps: a few small units say little of those to come.
        self.next = fitting.min(self.next.saturating_mul(8)).clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn follows_the_size_of_units() {
        let check = |most: u32, units_of: &[u64], expect: &[u32]| {
            let mut pace = Pace::new(most);
            let mut sizes = vec![pace.next().0];
            for bytes in units_of {
                let units = u64::from(pace.next().0);
                pace.learn(units, units, units * bytes);
                sizes.push(pace.next().0);
            }
            assert_eq!(sizes, expect);
        };
        check(25, &[100, 100], &[25, 25, 25]);
        check(5000, &[100, 100, 100], &[200, 1600, 5000, 5000]);
        check(5000, &[2048, 2048, 4096], &[200, 1024, 1024, 512]);
        check(5000, &[BYTES * 3, BYTES / 2, 0], &[200, 1, 2, 16]);
        check(1, &[BYTES * 3], &[1, 1]);
        let mut pace = Pace::new(5000);
        pace.learn(200, 7, 700);
        assert_eq!(pace.next().0, 14, "some of the page had no room");
    }
}
