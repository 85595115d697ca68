//! Compares the reconciliation of a backfill with the database, key by key: each old value has to be counted
//! exactly once. `differences` returns the keys whose counts differ.

use crate::backfill::Counted;
use crate::ledger::Reconciliation;
use std::collections::{BTreeMap, BTreeSet};

/// Returns a line for each key whose count differs from the database.
pub(in crate::proofs) fn differences(reconciliation: &Reconciliation, counted: &Counted) -> Vec<String> {
    let mut lines = Vec::new();
    let mut check = |what: String, reconciled: u64, counted: u64| {
        if reconciled != counted {
            lines.push(format!("{what}: {reconciled} in the reconciliation, {counted} in the database"));
        }
    };
    let there = |key: &str| counted.get(&Some(key.to_owned())).copied().unwrap_or_default();
    for (key, counts) in &reconciliation.fields {
        check(format!("values of `{key}`"), counts.total(), there(key));
    }
    let others: BTreeMap<&str, u64> = counted
        .iter()
        .filter_map(|(key, n)| Some((key.as_deref()?, *n)))
        .filter(|(key, _)| !reconciliation.fields.contains_key(*key))
        .collect();
    // If some keys are not listed, only the sum of the other keys can be compared.
    if reconciliation.unlisted.total() > 0 {
        check("values of other keys".to_owned(), reconciliation.other_total().total(), others.values().sum());
    } else {
        let listed = reconciliation.others.keys().map(String::as_str);
        let keys: BTreeSet<&str> = others.keys().copied().chain(listed).collect();
        for key in keys {
            let reconciled = reconciliation.others.get(key).map_or(0, |counts| counts.total());
            check(format!("values of `{key}`"), reconciled, there(key));
        }
    }
    let keyless = counted.get(&None).copied().unwrap_or_default();
    check("values without a key".to_owned(), reconciliation.keyless.total(), keyless);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::ValueOutcome;
    use pretty_assertions::assert_eq;

    #[test]
    fn differing_counts_are_listed() {
        let check = |fields: &[(&str, u64)], others: &[(&str, u64)], counted: &[(&str, u64)], expect: &[&str]| {
            let mut reconciliation = Reconciliation::default();
            fields.iter().for_each(|(key, n)| reconciliation.field(key, ValueOutcome::Migrated, *n));
            others.iter().for_each(|(key, n)| reconciliation.other(key, ValueOutcome::Preserved, *n));
            let counted = counted.iter().map(|(key, n)| (Some((*key).to_owned()), *n)).collect();
            assert_eq!(differences(&reconciliation, &counted), expect);
        };
        check(&[], &[], &[], &[]);
        check(&[("a", 3)], &[("b", 1)], &[("a", 3), ("b", 1)], &[]);
        check(&[("a", 3)], &[], &[("a", 4)], &["values of `a`: 3 in the reconciliation, 4 in the database"]);
        check(&[("a", 3)], &[], &[], &["values of `a`: 3 in the reconciliation, 0 in the database"]);
        check(&[], &[], &[("b", 2)], &["values of `b`: 0 in the reconciliation, 2 in the database"]);
        check(&[], &[("b", 2)], &[], &["values of `b`: 2 in the reconciliation, 0 in the database"]);
    }
}
