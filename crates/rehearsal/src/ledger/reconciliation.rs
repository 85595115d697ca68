//! Reconciliation: [`Reconciliation`] counts the outcome of every old value or row of a data change, by key.
//! Outcomes add up to the total, so that a lost value shows.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

/// Maximum number of unexpected keys with separate counts. The first keys in sort order have them, so that the
/// result does not depend on how units are cut into batches; the others are counted together.
const MOST_OTHERS: usize = 1000;

/// Keys longer than this number of bytes are counted as unlisted.
const LONGEST: usize = 200;

/// The outcome of an old value or row. Names, order and JSON keys of outcomes are defined only here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueOutcome {
    /// Stored in its new location.
    Migrated,
    /// Another value was chosen for its new location.
    Overridden,
    /// Equal to another value, which was migrated.
    Duplicate,
    /// Stored unchanged, because it has no new location.
    Preserved,
    /// Not migrated, because it lacks data that its new location requires.
    Skipped,
    /// Not migrated, because its new location already had a value, possibly this one.
    Present,
}

impl ValueOutcome {
    /// All outcomes, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Migrated, Self::Overridden, Self::Duplicate, Self::Preserved, Self::Skipped, Self::Present];

    /// The name in reports and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Migrated => "migrated",
            Self::Overridden => "overridden",
            Self::Duplicate => "duplicate",
            Self::Preserved => "preserved",
            Self::Skipped => "skipped",
            Self::Present => "present",
        }
    }

    /// Parses a name.
    fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == key)
    }
}

/// The number of values of a key by outcome. In JSON, an object of `total` and every outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts([u64; ValueOutcome::ALL.len()]);

impl OutcomeCounts {
    /// The sum of all outcomes.
    #[must_use]
    pub fn total(self) -> u64 {
        self.0.iter().sum()
    }

    /// The number of values with an outcome.
    #[must_use]
    pub fn of(self, outcome: ValueOutcome) -> u64 {
        self.0[outcome as usize]
    }

    fn add(&mut self, outcome: ValueOutcome, values: u64) {
        self.0[outcome as usize] += values;
    }
}

impl fmt::Display for OutcomeCounts {
    /// The total and its outcomes: `13 = 7 migrated + 6 present`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = ValueOutcome::ALL.map(|outcome| (self.of(outcome), outcome.name()));
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect();
        write!(f, "{} = {}", self.total(), if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") })
    }
}

impl AddAssign for OutcomeCounts {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(n, more)| *n += more);
    }
}

impl Serialize for OutcomeCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1 + ValueOutcome::ALL.len()))?;
        map.serialize_entry("total", &self.total())?;
        for outcome in ValueOutcome::ALL {
            map.serialize_entry(outcome.name(), &self.of(outcome))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for OutcomeCounts {
    /// Ignores `total`, which follows from the outcomes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut counts = Self::default();
        for (key, values) in BTreeMap::<String, u64>::deserialize(deserializer)? {
            if let Some(outcome) = ValueOutcome::of(&key) {
                counts.add(outcome, values);
            }
        }
        Ok(counts)
    }
}

/// The outcomes of the old values of a run or a unit. JSON also has the `total` of all keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Reconciliation {
    /// Counts of the keys that the old schema defines.
    pub fields: BTreeMap<String, OutcomeCounts>,
    /// Counts of other keys.
    pub others: BTreeMap<String, OutcomeCounts>,
    /// Counts of other keys that are too numerous or too long to list.
    pub unlisted: OutcomeCounts,
    /// Counts of values without a key, found in an old column that should contain keys but contains other data.
    pub keyless: OutcomeCounts,
}

impl Serialize for Reconciliation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("fields", &self.fields)?;
        map.serialize_entry("others", &self.others)?;
        map.serialize_entry("unlisted", &self.unlisted)?;
        map.serialize_entry("keyless", &self.keyless)?;
        map.serialize_entry("total", &self.total())?;
        map.end()
    }
}

impl Reconciliation {
    /// True if no value was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.others.is_empty() && self.unlisted.total() + self.keyless.total() == 0
    }

    /// Counts values of a key that the old schema defines.
    pub fn field(&mut self, key: &str, outcome: ValueOutcome, values: u64) {
        if let Some(counts) = self.fields.get_mut(key) {
            counts.add(outcome, values);
        } else {
            self.fields.entry(key.to_owned()).or_default().add(outcome, values);
        }
    }

    /// Counts values of any other key.
    pub fn other(&mut self, key: &str, outcome: ValueOutcome, values: u64) {
        if key.len() > LONGEST {
            self.unlisted.add(outcome, values);
        } else {
            self.others.entry(key.to_owned()).or_default().add(outcome, values);
            self.bound();
        }
    }

    /// Counts values that have no key.
    pub fn keyless(&mut self, outcome: ValueOutcome, values: u64) {
        self.keyless.add(outcome, values);
    }

    /// Adds the counts of `other`, key by key.
    pub fn add(&mut self, other: &Self) {
        for (these, those) in [(&mut self.fields, &other.fields), (&mut self.others, &other.others)] {
            for (key, counts) in those {
                *these.entry(key.clone()).or_default() += *counts;
            }
        }
        self.unlisted += other.unlisted;
        self.keyless += other.keyless;
        self.bound();
    }

    /// The sum of all other keys, including unlisted ones.
    #[must_use]
    pub fn other_total(&self) -> OutcomeCounts {
        let mut sum = self.unlisted;
        self.others.values().for_each(|counts| sum += *counts);
        sum
    }

    /// The sum of all keys and of values without a key.
    #[must_use]
    pub fn total(&self) -> OutcomeCounts {
        let mut sum = self.other_total();
        sum += self.keyless;
        self.fields.values().for_each(|counts| sum += *counts);
        sum
    }

    fn bound(&mut self) {
        while self.others.len() > MOST_OTHERS
            && let Some((_, counts)) = self.others.pop_last()
        {
            self.unlisted += counts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    #[test]
    fn json_has_a_total_and_every_outcome() {
        let check = |json: &str, expect: &str| {
            let counts: OutcomeCounts = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&counts).unwrap(), expect);
        };
        let expect = r#"{"total":10,"migrated":4,"overridden":1,"duplicate":0,"preserved":2,"skipped":0,"present":3}"#;
        check(r#"{"migrated":4,"overridden":1,"preserved":2,"present":3}"#, expect);
        check(expect, expect);
    }

    #[test]
    fn outcomes_are_indexed_in_order() {
        for (at, outcome) in ValueOutcome::ALL.into_iter().enumerate() {
            assert_eq!((outcome as usize, ValueOutcome::of(outcome.name())), (at, Some(outcome)));
        }
    }

    proptest! {
        /// Also with more keys than are listed, in any order.
        #[test]
        fn adding_is_associative(keys in prop::collection::vec((0..1500_u32, 0..3_u64), 0..4000), cut in 0..4000_usize) {
            let reconciliation = |keys: &[(u32, u64)]| {
                let mut reconciliation = Reconciliation::default();
                keys.iter().for_each(|(key, n)| reconciliation.other(&format!("{key:04}"), ValueOutcome::Preserved, *n));
                reconciliation
            };
            let (one, other) = keys.split_at(cut.min(keys.len()));
            let (one, other) = (reconciliation(one), reconciliation(other));
            let whole = reconciliation(&keys);
            for (mut sum, rest) in [(one.clone(), &other), (other.clone(), &one)] {
                sum.add(rest);
                prop_assert_eq!(&sum, &whole);
            }
            prop_assert_eq!(whole.total().total(), keys.iter().map(|(_, n)| n).sum::<u64>());
        }
    }
}
