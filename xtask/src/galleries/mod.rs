//! The registry of galleries: what the app draws of a few units, for reports. Each database has a file of this folder; add new
//! ones to [`all`].

mod pets;

use rehearsal::gallery::Gallery;

/// All galleries.
pub(crate) fn all() -> Vec<Box<dyn Gallery>> {
    vec![Box::new(pets::Pets)]
}
