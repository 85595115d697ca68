//! The registry of traffic: operations of the app on the units of a backfill, which the proof `concurrent` runs
//! alongside it. Each database has a file of this folder; add new ones to [`all`].

mod parts;
mod pets;
mod profiles;

use rehearsal::proofs::AnyTraffic;

/// All traffic.
pub(crate) fn all() -> Vec<Box<dyn AnyTraffic>> {
    vec![Box::new(parts::Parts), Box::new(pets::Pets), Box::new(profiles::Profiles)]
}
