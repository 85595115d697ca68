//! What is told beside a unified profile: values that contradict each other, values that have no place, and an account of
//! them all.

use std::collections::BTreeMap;

use super::Context;
use crate::json::Json;

/// Different values for one place, of which one was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The place: a field (`location`), or a field and a key of its object (`beliefs.religion`). No field's name has a
    /// dot in it, so that the first dot ends the field, whatever the key is.
    pub field: String,
    /// Every value, in order, with the context that it is from.
    pub values: Vec<(Context, Json)>,
    /// The one that was chosen: the first.
    pub chosen: Json,
}

impl Conflict {
    /// The values that were not chosen, in order.
    pub fn losers(&self) -> impl Iterator<Item = &(Context, Json)> {
        self.values.iter().filter(|(_, value)| *value != self.chosen)
    }
}

/// A value that has no place in the new tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped {
    /// The context that it is from.
    pub context: Context,
    /// What it is.
    pub what: Left,
}

/// What has no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// All of the data, which is no object.
    Data(Json),
    /// A key and its value.
    Key(String, Json),
    /// A key, and the elements of its list that are no texts.
    Elements(String, Vec<Json>),
}

impl Left {
    /// The top-level key; none for all of the data.
    pub fn key(&self) -> Option<&str> {
        match self {
            Left::Data(_) => None,
            Left::Key(key, _) | Left::Elements(key, _) => Some(key),
        }
    }

    /// The values.
    pub fn values(&self) -> &[Json] {
        match self {
            Left::Data(value) | Left::Key(_, value) => std::slice::from_ref(value),
            Left::Elements(_, values) => values,
        }
    }
}

/// How many legacy values went where.
///
/// A **legacy value** is a value other than null of a top-level key of the data, except that
/// - of a shared list (`coreValues`) that is a list, each element other than null is one,
/// - of a shared object (`beliefs`) that is an object, each key whose value is not null is one,
/// - of a list of a context's own (`complementarySkills` of `professional`) that is a list, each element other than null
///   is one,
/// - data that is no object, and not null, is one as a whole.
///
/// An empty text is a value, although its field counts as not filled. A value of the wrong JSON type for its field is one
/// as a whole. The check `legacy_values_are_migrated_or_preserved` counts them again, in SQL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Is in a column of the new tables, also where another value there is equal to it.
    pub migrated: u64,
    /// Is another than the one that was chosen; kept in `legacyData`, but counted only here.
    pub overridden: u64,
    /// Has no place, and is kept in `legacyData`.
    pub preserved: u64,
}

impl Tally {
    /// All of them.
    pub fn total(self) -> u64 {
        self.migrated + self.overridden + self.preserved
    }
}

/// The tally of each top-level key; that of data that is no object is under none.
pub type Account = BTreeMap<Option<String>, Tally>;

/// All that is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// In the order of the fields.
    pub conflicts: Vec<Conflict>,
    /// In the order of the contexts' keys.
    pub unmapped: Vec<Unmapped>,
    /// Where every legacy value went.
    pub account: Account,
}

impl Record {
    /// Adds what another part of the work tells.
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

    /// The tally of a top-level key.
    pub(super) fn tally(&mut self, key: &str) -> &mut Tally {
        self.account.entry(Some(key.to_owned())).or_default()
    }

    /// Records what has no place.
    pub(super) fn leave(&mut self, context: Context, what: Left) {
        self.account.entry(what.key().map(str::to_owned)).or_default().preserved += what.values().len() as u64;
        self.unmapped.push(Unmapped { context, what });
    }
}
