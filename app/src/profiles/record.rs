//! [`Record`]: the reconciliation of a unified profile with the old data. It lists the conflicts and the unmapped
//! values, and counts where every legacy value went.

use std::collections::BTreeMap;

use super::Context;
use crate::json::Json;

/// Different values for one field, of which one was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// A field (`location`), or a field and a key of its object (`beliefs.religion`). The first dot ends the name
    /// of the field, which contains no dot itself; a key may contain dots.
    pub field: String,
    /// All values in order, each with its context.
    pub values: Vec<(Context, Json)>,
    /// The chosen value: the first one.
    pub chosen: Json,
}

impl Conflict {
    /// The overridden values, in order.
    pub fn losers(&self) -> impl Iterator<Item = &(Context, Json)> {
        self.values.iter().filter(|(_, value)| *value != self.chosen)
    }
}

/// A value that has no column in the new tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped {
    /// The context that the value is from.
    pub context: Context,
    /// The value, and its location in the data of the context.
    pub what: Left,
}

/// The part of a context's data that is unmapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// All of the data, because it is not an object.
    Data(Json),
    /// A key and its value.
    Key(String, Json),
    /// A key, and the elements of its list that are not strings.
    Elements(String, Vec<Json>),
}

impl Left {
    /// The top-level key. `None` for [`Left::Data`].
    pub fn key(&self) -> Option<&str> {
        match self {
            Left::Data(_) => None,
            Left::Key(key, _) | Left::Elements(key, _) => Some(key),
        }
    }

    /// The unmapped values.
    pub fn values(&self) -> &[Json] {
        match self {
            Left::Data(value) | Left::Key(_, value) => std::slice::from_ref(value),
            Left::Elements(_, values) => values,
        }
    }
}

/// The number of legacy values per outcome.
///
/// A **legacy value** is the value of a top-level key of the data. Null is not a legacy value. There are these
/// exceptions:
/// - In a list of a shared field (`coreValues`), each element other than null is a legacy value.
/// - In an object of a shared field (`beliefs`), the value of each key is a legacy value, unless it is null.
/// - In a list of a context's own field (`complementarySkills` of `professional`), each element other than null is
///   a legacy value.
/// - Data that is neither an object nor null is a single legacy value.
///
/// An empty string is a legacy value, although its field counts as not filled. A value of the wrong JSON type for
/// its field is a single legacy value. The check `legacy_values_are_migrated_or_preserved` counts the legacy
/// values independently, in SQL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Values stored in a column of the new tables, including duplicates of a stored value.
    pub migrated: u64,
    /// Values that differ from the chosen one. `legacyData` preserves them, but they count only here.
    pub overridden: u64,
    /// Values without a column, which `legacyData` preserves.
    pub preserved: u64,
}

impl Tally {
    /// The number of all legacy values.
    pub fn total(self) -> u64 {
        self.migrated + self.overridden + self.preserved
    }
}

/// The tally of each top-level key. The key `None` is for data that is not an object.
pub type Account = BTreeMap<Option<String>, Tally>;

/// The reconciliation of a unified profile with the old data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The conflicts, in the order of the fields.
    pub conflicts: Vec<Conflict>,
    /// The unmapped values, in the order in which they were found.
    pub unmapped: Vec<Unmapped>,
    /// The tallies of all legacy values.
    pub account: Account,
}

impl Record {
    /// Adds the entries of another record.
    pub(super) fn add(&mut self, other: Record) {
        self.conflicts.extend(other.conflicts);
        self.unmapped.extend(other.unmapped);
        for (key, tally) in other.account {
            let sum = self.account.entry(key).or_default();
            sum.migrated += tally.migrated;
            sum.overridden += tally.overridden;
            sum.preserved += tally.preserved;
        }
    }

    /// Returns the tally of a top-level key.
    pub(super) fn tally(&mut self, key: &str) -> &mut Tally {
        self.account.entry(Some(key.to_owned())).or_default()
    }

    /// Records unmapped values.
    pub(super) fn leave(&mut self, context: Context, what: Left) {
        self.account.entry(what.key().map(str::to_owned)).or_default().preserved += what.values().len() as u64;
        self.unmapped.push(Unmapped { context, what });
    }
}
