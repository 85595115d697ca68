//! How many units are read at a time: no more than the pass says, so few that what they hold stays small, and so few that
//! writing them takes no longer than it is meant to.

use super::pass::Pass;
use std::sync::Mutex;
use std::time::Duration;

/// What the units of a batch may hold, in bytes as the database sends them. With its outputs, its findings and the statement
/// that writes it, a batch takes ten to twenty times as much, and there are two of them at a time.
const BYTES: u64 = 2 * 1024 * 1024;
/// How many units the first batch has: nobody knows yet how large they are.
const FIRST: u32 = 200;
/// The times by which a batch may have more units than the one before it: a few small units say little of those to come.
const STEP: u32 = 8;

/// The size of the next batch.
#[derive(Debug)]
pub(super) struct BatchSizer {
    most: u32,
    aim: Option<Duration>,
    /// As the bytes of units say.
    by_bytes: u32,
    /// As the time of batches says.
    by_time: u32,
}

impl BatchSizer {
    /// That of a pass, to be shared by whoever reads and whoever writes.
    pub(super) fn of(pass: &Pass) -> Mutex<Self> {
        Mutex::new(Self::new(pass.batch.get(), pass.aim))
    }

    fn new(most: u32, aim: Option<Duration>) -> Self {
        Self { most, aim, by_bytes: most.min(FIRST), by_time: if aim.is_some() { most.min(FIRST) } else { most } }
    }

    /// How many units, and how many bytes at which it is enough, whatever the number.
    pub(super) fn next(&self) -> (u32, u64) {
        (self.by_bytes.min(self.by_time), 4 * BYTES)
    }

    /// Learns from a batch that was read: how many units were read, how many of them it took, how many bytes those held.
    pub(super) fn read(&mut self, read: u64, units: u64, bytes: u64) {
        let fitting =
            (BYTES * units).checked_div(bytes).map_or(u32::MAX, |units| u32::try_from(units).unwrap_or(u32::MAX));
        // What a batch had no room for was read in vain.
        let fitting = if units < read { fitting.min(u32::try_from(units * 2).unwrap_or(u32::MAX)) } else { fitting };
        self.by_bytes = fitting.min(self.next().0.saturating_mul(STEP)).clamp(1, self.most);
    }

    /// Learns from a batch that was committed: how many units it had, and how long it took from its beginning.
    pub(super) fn wrote(&mut self, units: u64, took: Duration) {
        if units == 0 {
            return;
        }
        let Some(aim) = self.aim else {
            // Somebody had to wait for one before: step by step it is as it was.
            self.by_time = self.by_time.saturating_mul(2).min(self.most);
            return;
        };
        if took <= aim && units < u64::from(self.by_time) {
            // It had no more, or its units are large: what it took says little of one that is as long as it may be.
            return;
        }
        let fitting = u128::from(units) * aim.as_micros() / took.as_micros().max(1);
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX);
        let grown = u32::try_from(units).unwrap_or(u32::MAX).saturating_mul(STEP);
        self.by_time = fitting.min(grown).clamp(1, self.most);
    }

    /// Somebody had to wait for the last one.
    pub(super) fn shorten(&mut self) {
        self.by_time = (self.next().0 / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn follows_the_size_of_units() {
        let check = |most: u32, units_of: &[u64], expect: &[u32]| {
            let mut sizer = BatchSizer::new(most, None);
            let mut sizes = vec![sizer.next().0];
            for bytes in units_of {
                let units = u64::from(sizer.next().0);
                sizer.read(units, units, units * bytes);
                sizes.push(sizer.next().0);
            }
            assert_eq!(sizes, expect);
        };
        check(25, &[100, 100], &[25, 25, 25]);
        check(5000, &[100, 100, 100], &[200, 1600, 5000, 5000]);
        check(5000, &[2048, 2048, 4096], &[200, 1024, 1024, 512]);
        check(5000, &[BYTES * 3, BYTES / 2, 0], &[200, 1, 2, 16]);
        check(1, &[BYTES * 3], &[1, 1]);
        let mut sizer = BatchSizer::new(5000, None);
        sizer.read(200, 7, 700);
        assert_eq!(sizer.next().0, 14, "some of the page had no room");
    }

    /// Each batch takes so many microseconds a unit; where it is shortened, a zero.
    #[test]
    fn follows_the_time_that_batches_take() {
        let check = |most: u32, took: &[u64], expect: &[u32]| {
            let mut sizer = BatchSizer::new(most, Some(Duration::from_millis(200)));
            let mut sizes = vec![sizer.next().0];
            for micros in took {
                let units = u64::from(sizer.next().0);
                sizer.read(units, units, units);
                match micros {
                    0 => sizer.shorten(),
                    micros => sizer.wrote(units, Duration::from_micros(units * micros)),
                }
                sizes.push(sizer.next().0);
            }
            assert_eq!(sizes, expect);
        };
        check(5000, &[100, 100, 100], &[200, 1600, 2000, 2000]);
        check(5000, &[20, 20, 20], &[200, 1600, 5000, 5000]);
        check(5000, &[10_000, 100, 100], &[200, 20, 160, 1280]);
        check(5000, &[1_000_000, 1_000_000], &[200, 1, 1]);
        check(5000, &[100, 0, 0, 100], &[200, 1600, 800, 400, 2000]);
        check(25, &[100], &[25, 25]);
        let mut sizer = BatchSizer::new(5000, Some(Duration::from_millis(200)));
        sizer.wrote(3, Duration::from_millis(30));
        assert_eq!(sizer.next().0, 200, "the end of a range says little of the next one");
        sizer.wrote(3, Duration::from_millis(300));
        assert_eq!(sizer.next().0, 2, "but that even so few take too long");
    }
}
