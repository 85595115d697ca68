//! The books of a backfill held against the database: as many old values as there are, key by key, none forgotten and none
//! counted twice.

use crate::backfill::Counted;
use crate::ledger::Reconciliation;
use std::collections::{BTreeMap, BTreeSet};

/// A line for each key whose books are wrong.
pub(in crate::proofs) fn differences(accounts: &Reconciliation, counted: &Counted) -> Vec<String> {
    let mut lines = Vec::new();
    let mut check = |what: String, accounted: u64, counted: u64| {
        if accounted != counted {
            lines.push(format!("{what}: {accounted} accounted for, and the database has {counted}"));
        }
    };
    let there = |key: &str| counted.get(&Some(key.to_owned())).copied().unwrap_or_default();
    for (key, account) in &accounts.fields {
        check(format!("values of `{key}`"), account.total(), there(key));
    }
    let others: BTreeMap<&str, u64> = counted
        .iter()
        .filter_map(|(key, n)| Some((key.as_deref()?, *n)))
        .filter(|(key, _)| !accounts.fields.contains_key(*key))
        .collect();
    // Where some have no account of their own, only their sum can be held against anything.
    if accounts.unlisted.total() > 0 {
        check("values of other keys".to_owned(), accounts.other_total().total(), others.values().sum());
    } else {
        let keys: BTreeSet<&str> = others.keys().copied().chain(accounts.others.keys().map(String::as_str)).collect();
        for key in keys {
            let accounted = accounts.others.get(key).map_or(0, |account| account.total());
            check(format!("values of `{key}`"), accounted, there(key));
        }
    }
    check("values without a key".to_owned(), accounts.keyless.total(), counted.get(&None).copied().unwrap_or_default());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::ValueOutcome;
    use pretty_assertions::assert_eq;

    #[test]
    fn books_that_are_wrong_are_named() {
        let check = |fields: &[(&str, u64)], others: &[(&str, u64)], counted: &[(&str, u64)], expect: &[&str]| {
            let mut accounts = Reconciliation::default();
            fields.iter().for_each(|(key, n)| accounts.field(key, ValueOutcome::Migrated, *n));
            others.iter().for_each(|(key, n)| accounts.other(key, ValueOutcome::Preserved, *n));
            let counted = counted.iter().map(|(key, n)| (Some((*key).to_owned()), *n)).collect();
            assert_eq!(differences(&accounts, &counted), expect);
        };
        check(&[], &[], &[], &[]);
        check(&[("a", 3)], &[("b", 1)], &[("a", 3), ("b", 1)], &[]);
        check(&[("a", 3)], &[], &[("a", 4)], &["values of `a`: 3 accounted for, and the database has 4"]);
        check(&[("a", 3)], &[], &[], &["values of `a`: 3 accounted for, and the database has 0"]);
        check(&[], &[], &[("b", 2)], &["values of `b`: 0 accounted for, and the database has 2"]);
        check(&[], &[("b", 2)], &[], &["values of `b`: 2 accounted for, and the database has 0"]);
    }
}
