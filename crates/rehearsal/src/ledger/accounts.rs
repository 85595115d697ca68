//! What became of old values, key by key: the books of a data change that must lose nothing.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

/// How many keys that nobody foresaw have an account of their own. Those are the first in their order, so that the accounts
/// are the same however the units are cut into batches; what is behind them is in one account.
const FORESEEN_BY_NOBODY: usize = 1000;

/// A key of more bytes than this has no account of its own either.
const LONGEST: usize = 200;

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is in its new place.
    Carried,
    /// Another value of the same place was chosen.
    ChosenAgainst,
    /// It is the same as another one, which was taken.
    Duplicate,
    /// It has no new place and is kept as it was.
    Kept,
    /// It lacks what a new place needs.
    Skipped,
    /// Its new place was taken already, perhaps by itself.
    Present,
}

/// How many values of a key met which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// In their new place.
    pub carried: u64,
    /// Another was chosen.
    pub chosen_against: u64,
    /// Kept as they were.
    pub kept: u64,
    /// The same as another one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duplicate: u64,
    /// Not carried over, for they lack something.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// There already.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub present: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Account {
    /// All values of the key.
    #[must_use]
    pub fn sum(self) -> u64 {
        self.carried + self.chosen_against + self.duplicate + self.kept + self.skipped + self.present
    }

    fn count(&mut self, fate: Fate, values: u64) {
        *match fate {
            Fate::Carried => &mut self.carried,
            Fate::ChosenAgainst => &mut self.chosen_against,
            Fate::Duplicate => &mut self.duplicate,
            Fate::Kept => &mut self.kept,
            Fate::Skipped => &mut self.skipped,
            Fate::Present => &mut self.present,
        } += values;
    }
}

impl fmt::Display for Account {
    /// The parity line: all values, and what they are made of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.carried, "carried"),
            (self.chosen_against, "chosen against"),
            (self.duplicate, "duplicate"),
            (self.kept, "kept"),
            (self.skipped, "skipped"),
            (self.present, "present"),
        ];
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, fate)| format!("{n} {fate}")).collect();
        write!(f, "{} = {}", self.sum(), if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") })
    }
}

impl AddAssign for Account {
    fn add_assign(&mut self, other: Self) {
        self.carried += other.carried;
        self.chosen_against += other.chosen_against;
        self.duplicate += other.duplicate;
        self.kept += other.kept;
        self.skipped += other.skipped;
        self.present += other.present;
    }
}

/// The accounts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// Of the keys that the old form is meant to have.
    pub fields: BTreeMap<String, Account>,
    /// Of other keys.
    pub others: BTreeMap<String, Account>,
    /// Of the other keys that are too many, or too long, to have an account each.
    pub beyond: Account,
    /// Of values that have no key, because what should hold keys holds something else.
    pub whole: Account,
}

impl Accounts {
    /// True where nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.others.is_empty() && self.beyond.sum() + self.whole.sum() == 0
    }

    /// Counts values of a key that the old form is meant to have.
    pub fn field(&mut self, key: &str, fate: Fate, values: u64) {
        if let Some(account) = self.fields.get_mut(key) {
            account.count(fate, values);
        } else {
            self.fields.entry(key.to_owned()).or_default().count(fate, values);
        }
    }

    /// Counts values of any other key.
    pub fn other(&mut self, key: &str, fate: Fate, values: u64) {
        if key.len() > LONGEST {
            self.beyond.count(fate, values);
        } else {
            self.others.entry(key.to_owned()).or_default().count(fate, values);
            self.bound();
        }
    }

    /// Counts values that have no key.
    pub fn whole(&mut self, fate: Fate, values: u64) {
        self.whole.count(fate, values);
    }

    /// Adds the accounts of `other`.
    pub fn add(&mut self, other: &Self) {
        for (these, those) in [(&mut self.fields, &other.fields), (&mut self.others, &other.others)] {
            for (key, account) in those {
                *these.entry(key.clone()).or_default() += *account;
            }
        }
        self.beyond += other.beyond;
        self.whole += other.whole;
        self.bound();
    }

    /// All accounts of other keys in one.
    #[must_use]
    pub fn of_others(&self) -> Account {
        let mut sum = self.beyond;
        self.others.values().for_each(|account| sum += *account);
        sum
    }

    /// All accounts in one.
    #[must_use]
    pub fn together(&self) -> Account {
        let mut sum = self.of_others();
        sum += self.whole;
        self.fields.values().for_each(|account| sum += *account);
        sum
    }

    fn bound(&mut self) {
        while self.others.len() > FORESEEN_BY_NOBODY
            && let Some((_, account)) = self.others.pop_last()
        {
            self.beyond += account;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the order in which so many keys come that not each can have its account.
        #[test]
        fn adding_is_associative(keys in prop::collection::vec((0..1500_u32, 0..3_u64), 0..4000), cut in 0..4000_usize) {
            let accounts = |keys: &[(u32, u64)]| {
                let mut accounts = Accounts::default();
                keys.iter().for_each(|(key, n)| accounts.other(&format!("{key:04}"), Fate::Kept, *n));
                accounts
            };
            let (one, other) = keys.split_at(cut.min(keys.len()));
            let (one, other) = (accounts(one), accounts(other));
            let whole = accounts(&keys);
            for (mut sum, rest) in [(one.clone(), &other), (other.clone(), &one)] {
                sum.add(rest);
                prop_assert_eq!(&sum, &whole);
            }
            prop_assert_eq!(whole.together().sum(), keys.iter().map(|(_, n)| n).sum::<u64>());
        }
    }
}
