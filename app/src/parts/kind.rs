//! [`Kind`]: the types of relationships between parts, and their labels.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Skip;
use crate::json::excerpt;

/// The type of a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The first protects the second.
    Protects,
    /// The parts conflict with each other.
    Conflicts,
    /// The parts support each other.
    Supports,
    /// The first triggers the second.
    Triggers,
    /// The first soothes the second.
    Soothes,
}

impl Kind {
    /// Every type, in the order of the table's CHECK constraint.
    pub const ALL: &'static [Kind] = &[Kind::Protects, Kind::Conflicts, Kind::Supports, Kind::Triggers, Kind::Soothes];

    /// The label stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Protects => "protects",
            Kind::Conflicts => "conflicts",
            Kind::Supports => "supports",
            Kind::Triggers => "triggers",
            Kind::Soothes => "soothes",
        }
    }

    /// The type with this label, if there is one.
    pub fn from_label(label: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.as_str() == label)
    }

    /// Converts a legacy type. `triggers` and `soothes` have no legacy counterpart.
    ///
    /// # Errors
    ///
    /// [`Skip::NoType`] or [`Skip::UnknownType`].
    pub fn from_legacy(label: Option<&str>) -> Result<Kind, Skip> {
        match label {
            Some("polarized") => Ok(Kind::Conflicts),
            Some("protector-exile") => Ok(Kind::Protects),
            Some("allied") => Ok(Kind::Supports),
            Some(label) => Err(Skip::UnknownType { label: excerpt(label) }),
            None => Err(Skip::NoType),
        }
    }

    /// Whether the order of the two parts is irrelevant. A symmetric relationship is stored with the smaller id
    /// first.
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Kind::Conflicts | Kind::Supports)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
