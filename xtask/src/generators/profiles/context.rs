//! The contexts of a user, with the data of their old profiles. [`contexts`] takes them from the hand-written users,
//! then draws them at random.

use super::case::{Began, KINDS};
use super::chosen::CHOSEN;
use super::drawn;
use rehearsal::generate::{Cell, Seed};

/// A context of a user.
pub(super) struct Context {
    /// The number of the context, unique in a fixture.
    pub(super) number: u64,
    /// The index into [`KINDS`].
    pub(super) kind: usize,
    /// The start, in microseconds after the user's registration.
    pub(super) after: u64,
    /// A fixed start, which overrides `after`.
    pub(super) at: Option<&'static str>,
    /// The data of the old profile; `None` if the context has none.
    pub(super) old: Option<Cell>,
}

const MINUTE: u64 = 60_000_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// Returns the contexts of user `n`.
pub(super) fn contexts(seed: Seed, n: u64) -> Vec<Context> {
    let context = |kind, after, at, old| Context { number: n * KINDS.len() as u64 + kind as u64, kind, after, at, old };
    if let Some(chosen) = CHOSEN.get(n as usize) {
        let contexts = chosen.contexts.iter().enumerate().map(|(place, (kind, old))| {
            let (after, at) = match chosen.began {
                Began::InTurn => ((place as u64 + 1) * MINUTE, None),
                Began::AtOnce => (MINUTE, None),
                Began::At(times) => (MINUTE, times.get(place).copied()),
            };
            context(*kind, after, at, old.cell())
        });
        return contexts.collect();
    }
    let mut draw = seed.draw("contexts", n);
    let count = match draw.below(20) {
        0 => 0,
        1..=6 => 1,
        7..=11 => 2,
        12..=15 => 3,
        16..=17 => 4,
        _ => 5,
    };
    let person = drawn::person(&mut draw);
    let at_once = draw.once_in(10);
    let kinds = draw.several(count, KINDS.len() as u64);
    let kinds = kinds.into_iter().map(|kind| {
        let after = if at_once { MINUTE } else { draw.below(90 * DAY) };
        context(kind as usize, after, None, drawn::old(&mut draw, &person, kind as usize))
    });
    kinds.collect()
}
