//! Chooses the migrations ([`chosen`]) and the order of commits ([`spread`]) that *crash* tries when there is no
//! time for all, and divides the time between the steps ([`Time`]).

use crate::migration::{Migration, Transaction};
use crate::proofs::Depth;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Time budget of a fixture, unless all commits are tried.
pub(super) const BUDGET: Duration = Duration::from_secs(2);

/// Most migrations that are tried within the budget.
const MIGRATIONS: usize = 6;

/// Returns the numbers below `n` in the order in which commits are tried: the middle one, where most work is in
/// progress, the first, the last, and then the middle of each remaining gap.
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

/// Returns the versions of the migrations to try: all of them if they are few or if the depth is exhaustive;
/// otherwise first those whose statements commit one by one, then some between the newest and the oldest.
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

/// True if a migration runs in one transaction, judging by its text.
fn is_in_one_piece(migration: &Migration) -> bool {
    migration.up.transaction == Transaction::Wrapped && !migration.up.sql.to_ascii_uppercase().contains("COMMIT")
}

/// The time budget, and the number of steps that still share it.
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

    /// Returns the deadline of the next step; `None` without a budget. Later steps share the time that a step does
    /// not use.
    pub(super) fn next(&mut self) -> Option<Instant> {
        let left = self.budget?.saturating_sub(self.start.elapsed());
        let share = left / u32::try_from(self.steps.max(1)).unwrap_or(u32::MAX);
        self.steps = self.steps.saturating_sub(1);
        Some(Instant::now() + share)
    }

    /// Time since the start.
    pub(super) fn spent(&self) -> Duration {
        self.start.elapsed()
    }

    /// True if the budget is used up.
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
