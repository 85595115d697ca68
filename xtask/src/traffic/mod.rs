//! The registry of traffic: what the app does with the units of a backfill, for the proof *live*. Each has a file of its own,
//! named after its database.

mod parts;
mod pets;
mod profiles;

use rehearsal::proofs::AnyTraffic;

/// All traffic.
pub(crate) fn all() -> Vec<Box<dyn AnyTraffic>> {
    vec![Box::new(parts::Parts), Box::new(pets::Pets), Box::new(profiles::Profiles)]
}
