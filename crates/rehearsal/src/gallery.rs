//! [`Gallery`]: pictures that the app draws of a few units, before the first migration after a fixture's version and after all
//! migrations and backfills, for a person to compare.

use futures_util::future::BoxFuture;
use rehearsal_db::Connection;
use serde::{Deserialize, Serialize};

/// The most units of a fixture that are drawn.
pub const SAMPLE: u32 = 12;

/// Draws units of a database.
pub trait Gallery: Send + Sync {
    /// The name of the database.
    fn database(&self) -> &'static str;

    /// Draws a few units, at most that many, and the same ones each time. The schema can be that of any version: a unit that
    /// cannot be drawn there gets a caption without a picture.
    ///
    /// # Errors
    /// Fails with a sentence that says why no unit can be drawn.
    fn draw<'a>(&'a self, connection: &'a mut Connection, units: u32) -> BoxFuture<'a, Result<Vec<Picture>, String>>;
}

/// A unit as the app draws it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The id of the unit.
    pub unit: String,
    /// What a person calls the unit.
    pub caption: String,
    /// The picture, an SVG document; `None` if there is nothing to draw yet.
    pub svg: Option<String>,
}

/// A unit before and after the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// What a person calls the unit.
    pub caption: String,
    /// The picture before; `None` if there was nothing to draw.
    pub before: Option<String>,
    /// The picture after.
    pub after: Option<String>,
}

/// Pairs the pictures of units that were drawn both times.
#[must_use]
pub fn pairs(before: Vec<Picture>, after: Vec<Picture>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for Picture { unit, caption, svg } in after {
        let earlier = before.iter().find(|picture| picture.unit == unit);
        if let Some(earlier) = earlier {
            pairs.push(Pair { caption, before: earlier.svg.clone(), after: svg });
        }
    }
    pairs
}
