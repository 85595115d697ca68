//! Which steps and which commits are tried where there is no time for all, and how much time each step has.

use crate::migration::{Migration, Transaction};
use crate::proofs::Depth;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long the processes of a fixture are killed for where not all commits are tried.
pub(super) const BUDGET: Duration = Duration::from_secs(2);

/// How many migrations are tried within that.
const MIGRATIONS: usize = 6;

/// The numbers below `n`: one in the middle, where most is under way, the first, the last, and then always one in the middle of
/// what is between.
pub(super) fn spread(n: usize) -> Vec<usize> {
    let (middle, last) = (n / 2, n.saturating_sub(1));
    let mut order = Vec::new();
    for at in [middle, 0, last] {
        if at < n && !order.contains(&at) {
            order.push(at);
        }
    }
    let mut gaps = VecDeque::from([(0, middle), (middle, last)]);
    while let Some((first, last)) = gaps.pop_front() {
        if last > first + 1 {
            let middle = first.midpoint(last);
            order.push(middle);
            gaps.extend([(first, middle), (middle, last)]);
        }
    }
    order
}

/// The versions of the migrations that are tried: all of them where they are few or the depth says so, else first those whose
/// statements commit one by one, then some from the newest to the oldest.
pub(super) fn chosen(migrations: &[Migration], depth: Depth) -> Vec<i64> {
    let mut versions: Vec<(bool, i64)> = spread(migrations.len())
        .into_iter()
        .filter_map(|at| migrations.get(migrations.len() - 1 - at))
        .map(|migration| (is_in_one_piece(migration), migration.version))
        .collect();
    if depth == Depth::Sample {
        versions.sort_by_key(|(is_in_one_piece, _)| *is_in_one_piece);
        versions.truncate(MIGRATIONS);
    }
    versions.into_iter().map(|(_, version)| version).collect()
}

/// Whether a migration is one transaction, as far as its text tells.
fn is_in_one_piece(migration: &Migration) -> bool {
    migration.up.transaction == Transaction::Wrapped && !migration.up.sql.to_ascii_uppercase().contains("COMMIT")
}

/// The time that is left, and the steps that it is for.
#[derive(Debug)]
pub(super) struct Time {
    start: Instant,
    budget: Option<Duration>,
    steps: usize,
}

impl Time {
    pub(super) fn new(depth: Depth, steps: usize) -> Self {
        let budget = match depth {
            Depth::Sample => Some(BUDGET),
            Depth::Exhaustive => None,
        };
        Self { start: Instant::now(), budget, steps }
    }

    /// When the next step is to be over; never, where there is time for all. What a step leaves is for those behind it.
    pub(super) fn next(&mut self) -> Option<Instant> {
        let left = self.budget?.saturating_sub(self.start.elapsed());
        let share = left / u32::try_from(self.steps.max(1)).unwrap_or(u32::MAX);
        self.steps = self.steps.saturating_sub(1);
        Some(Instant::now() + share)
    }

    /// How long it took so far.
    pub(super) fn spent(&self) -> Duration {
        self.start.elapsed()
    }

    /// Whether nothing is left of it.
    pub(super) fn is_up(&self) -> bool {
        self.budget.is_some_and(|budget| self.start.elapsed() >= budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn the_middle_and_the_ends_first() {
        let check = |n: usize, expect: &[usize]| assert_eq!(spread(n), expect);
        check(0, &[]);
        check(1, &[0]);
        check(2, &[1, 0]);
        check(3, &[1, 0, 2]);
        check(9, &[4, 0, 8, 2, 6, 1, 3, 5, 7]);
        let mut all = spread(84);
        all.sort_unstable();
        assert_eq!(all, (0..84).collect::<Vec<_>>());
    }
}
