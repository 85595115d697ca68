//! The size of batches. [`BatchSizer`] learns from every batch and keeps the next one within the limit of the pass,
//! within a bound in bytes, and within the target duration of the pass.

use super::pass::Pass;
use std::sync::Mutex;
use std::time::Duration;

/// Target size of a batch's units, in bytes as the database sends them. With its outputs, its findings and the
/// statement that writes it, a batch takes ten to twenty times as much memory, and two batches exist at a time.
const BYTES: u64 = 2 * 1024 * 1024;
/// Units in the first batch, before their size is known.
const FIRST: u32 = 200;
/// Maximum growth from one batch to the next: a few small units say little about later ones.
const STEP: u32 = 8;

/// The size of the next batch.
#[derive(Debug)]
pub(super) struct BatchSizer {
    most: u32,
    aim: Option<Duration>,
    /// Limit derived from the size of units.
    by_bytes: u32,
    /// Limit derived from the duration of batches.
    by_time: u32,
}

impl BatchSizer {
    /// Creates the sizer of a pass, shared by a reader and a writer.
    pub(super) fn of(pass: &Pass) -> Mutex<Self> {
        Mutex::new(Self::new(pass.batch.get(), pass.aim))
    }

    fn new(most: u32, aim: Option<Duration>) -> Self {
        Self { most, aim, by_bytes: most.min(FIRST), by_time: if aim.is_some() { most.min(FIRST) } else { most } }
    }

    /// Returns the limits of the next page: its maximum number of units, and the size in bytes at which it ends early.
    pub(super) fn next(&self) -> (u32, u64) {
        (self.by_bytes.min(self.by_time), 4 * BYTES)
    }

    /// Adjusts the limit after a read: of `read` units, `units` fit into the batch, with `bytes` bytes.
    pub(super) fn read(&mut self, read: u64, units: u64, bytes: u64) {
        let fitting =
            (BYTES * units).checked_div(bytes).map_or(u32::MAX, |units| u32::try_from(units).unwrap_or(u32::MAX));
        // Units that did not fit into the batch were read in vain.
        let fitting = if units < read { fitting.min(u32::try_from(units * 2).unwrap_or(u32::MAX)) } else { fitting };
        self.by_bytes = fitting.min(self.next().0.saturating_mul(STEP)).clamp(1, self.most);
    }

    /// Adjusts the limit after a commit of a batch of `units` units that took `took` from its start.
    pub(super) fn wrote(&mut self, units: u64, took: Duration) {
        if units == 0 {
            return;
        }
        let Some(aim) = self.aim else {
            // Without a target, recover step by step from an earlier `shorten`.
            self.by_time = self.by_time.saturating_mul(2).min(self.most);
            return;
        };
        if took <= aim && units < u64::from(self.by_time) {
            // The range ended or the units are large: the duration says little about a full batch.
            return;
        }
        let fitting = u128::from(units) * aim.as_micros() / took.as_micros().max(1);
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX);
        let grown = u32::try_from(units).unwrap_or(u32::MAX).saturating_mul(STEP);
        self.by_time = fitting.min(grown).clamp(1, self.most);
    }

    /// Halves the next batch, because another session had to wait for the last one.
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
        assert_eq!(sizer.next().0, 14, "part of the page did not fit");
    }

    /// `took` is each batch's duration in microseconds per unit; 0 calls `shorten`.
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
        assert_eq!(sizer.next().0, 200, "a short batch at the end of a range says little about the next one");
        sizer.wrote(3, Duration::from_millis(300));
        assert_eq!(sizer.next().0, 2, "unless even a few units take too long");
    }
}
