//! Interrupts one run of a backfill many times ([`plan`]): each process at a later commit than the one before, until the
//! last one finishes. This tries as many interruptions as there are processes for the price of about one run. If the
//! result differs, the caller tries each interruption alone, so that the finding names one.

use super::process::{Blow, Point};
use rehearsal_db::CommitPhase;

/// The interruptions of one process. Commits are numbered from the start of that process.
pub(super) type Link = Vec<(Blow, Point)>;

/// With fewer commits, a run has no room for all interruptions.
pub(super) const FEWEST: usize = 20;

/// Number of commits between two interruptions of one process.
const STEP: usize = 2;

/// Number of commits after which a new process has made progress: it first joins the run and leases a range.
const PROGRESS: usize = 5;

/// Most processes that are only killed.
const KILLS: usize = 6;

/// Returns what happens to each process of a run that has this many commits without an interruption. The first process
/// loses its sessions, and its server if that may crash; the next ones are killed; the last one is killed while a
/// concurrent process works on the run, which then finishes it.
pub(super) fn plan(commits: usize, has_own_server: bool) -> Vec<Link> {
    let at = |blow, number, side| (blow, Point { number, side });
    let losses = match has_own_server {
        true => [Blow::CrashServer, Blow::CrashServer, Blow::EndSessions, Blow::EndSessions].as_slice(),
        false => [Blow::EndSessions, Blow::EndSessions].as_slice(),
    };
    let sides = [CommitPhase::Before, CommitPhase::After].into_iter().cycle();
    let numbers = (PROGRESS - 1..).step_by(STEP);
    let mut first: Link =
        losses.iter().zip(numbers).zip(sides.clone()).map(|((blow, number), side)| at(*blow, number, side)).collect();
    let used = PROGRESS - 1 + STEP * losses.len();
    first.push(at(Blow::Kill, used, CommitPhase::Before));
    let left = commits.saturating_sub(used + PROGRESS);
    let kills = (left / PROGRESS).clamp(1, KILLS);
    let killed = sides.skip(1).take(kills).map(|side| vec![at(Blow::Kill, PROGRESS, side)]);
    let last = vec![at(Blow::KillBeside, PROGRESS - 1, CommitPhase::Before)];
    std::iter::once(first).chain(killed).chain([last]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn plans_fit_into_a_run() {
        let check = |commits, has_own_server, processes, kills| {
            let plan = plan(commits, has_own_server);
            let kill = |link: &Link| link.iter().filter(|(blow, _)| *blow == Blow::Kill).count();
            assert_eq!((plan.len(), plan.iter().map(kill).sum::<usize>()), (processes, kills), "{plan:?}");
            let longest: Vec<usize> =
                plan.iter().map(|link| link.last().map_or(0, |(_, point)| point.number)).collect();
            assert!(longest.iter().all(|number| *number > 3), "each process makes progress: {longest:?}");
            assert_eq!(plan.iter().flatten().filter(|(blow, _)| *blow == Blow::KillBeside).count(), 1);
        };
        check(FEWEST, true, 3, 2);
        check(FEWEST, false, 3, 2);
        check(54, true, 8, 7);
        check(1000, false, 8, 7);
    }
}
