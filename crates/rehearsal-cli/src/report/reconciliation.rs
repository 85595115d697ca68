//! The reconciliation of old values as a table.

use crate::terminal::{Paint, thousands};
use rehearsal::ledger::{OutcomeCounts, Reconciliation, ValueOutcome};

/// Formats one line per key and one for the total. Empty if nothing was reconciled. The JSON report contains the same
/// numbers.
#[must_use]
pub fn reconciliation_table(reconciliation: &Reconciliation, paint: Paint) -> String {
    if reconciliation.is_empty() {
        return String::new();
    }
    let (others, total) = (reconciliation.other_total(), reconciliation.total());
    let mut rows: Vec<(&str, OutcomeCounts)> =
        reconciliation.fields.iter().map(|(key, counts)| (key.as_str(), *counts)).collect();
    if others.total() > 0 {
        rows.push(("other keys", others));
    }
    if reconciliation.keyless.total() > 0 {
        rows.push(("no key", reconciliation.keyless));
    }
    rows.push(("total", total));
    // `migrated` is always shown, any other outcome only if it occurred.
    let is_shown = |outcome: &ValueOutcome| *outcome == ValueOutcome::Migrated || total.of(*outcome) > 0;
    let outcomes: Vec<ValueOutcome> = ValueOutcome::ALL.into_iter().filter(is_shown).collect();
    let titles: Vec<String> =
        std::iter::once("total").chain(outcomes.iter().map(|outcome| outcome.name())).map(ToOwned::to_owned).collect();
    let numbers = |counts: &OutcomeCounts| {
        std::iter::once(counts.total()).chain(outcomes.iter().map(|outcome| counts.of(*outcome))).collect::<Vec<u64>>()
    };
    let cells = |counts: &OutcomeCounts| numbers(counts).into_iter().map(thousands).collect::<Vec<String>>();
    let width = rows.iter().map(|(key, _)| key.chars().count() + 2).max().unwrap_or_default().max("values".len());
    let widths: Vec<usize> = (0..titles.len())
        .map(|at| {
            rows.iter().map(|(_, counts)| cells(counts)[at].len()).max().unwrap_or_default().max(titles[at].len())
        })
        .collect();
    let line = |first: String, cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}"));
        format!("  {first:<width$}{}", cells.collect::<String>())
    };
    let mut text = format!("{}\n", paint.faint(line("values".to_owned(), &titles)));
    for (key, counts) in rows {
        text.push_str(&line(format!("  {key}"), &cells(&counts)));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn is_aligned() {
        let mut reconciliation = Reconciliation::default();
        assert_eq!(reconciliation_table(&reconciliation, Paint::Plain), "");
        reconciliation.field("location", ValueOutcome::Migrated, 1234);
        reconciliation.field("location", ValueOutcome::Overridden, 7);
        reconciliation.field("beliefs", ValueOutcome::Preserved, 1);
        reconciliation.other("größe", ValueOutcome::Preserved, 12);
        let expect = "  values        total  migrated  overridden  preserved
    beliefs         1         0           0          1
    location    1,241     1,234           7          0
    other keys     12         0           0         12
    total       1,254     1,234           7         13
";
        assert_eq!(reconciliation_table(&reconciliation, Paint::Plain), expect);
    }
}
