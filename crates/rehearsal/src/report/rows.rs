//! Removes the values of rows from a report, for `--rows hide`: rows, examples, keys, and what databases and backfills quote.

use super::{BackfillRun, DatabaseReport, Finding, RehearsalReport};
use crate::ledger::OutcomeCounts;
use crate::quoted::{reason, without_values};
use std::collections::BTreeMap;

/// What stands for names that can come from rows.
const HIDDEN: &str = "(hidden)";

/// The figures of proofs without values of rows. Those of a program's own proofs are unknown.
const FIGURES: [&str; 4] = ["tables", "migrations", "backfills", "interrupted"];

impl RehearsalReport {
    /// Removes the values of rows.
    #[must_use]
    pub fn without_rows(self) -> Self {
        Self { databases: self.databases.into_iter().map(DatabaseReport::without_rows).collect(), ..self }
    }
}

impl DatabaseReport {
    /// Removes the values of rows.
    #[must_use]
    pub fn without_rows(mut self) -> Self {
        self.findings = self.findings.into_iter().map(Finding::without_rows).collect();
        self.runs = self.runs.into_iter().map(BackfillRun::without_rows).collect();
        self.incomplete = self.incomplete.map(|text| text.lines().map(without_values).collect::<Vec<_>>().join("\n"));
        for proof in &mut self.proofs {
            // The figures of *mutation* and *concurrent* are named after backfills.
            let is_known =
                |name: &str| FIGURES.contains(&name) || self.backfills.iter().any(|backfill| backfill == name);
            proof.figures.retain(|name, value| value.is_number() || is_known(name));
            let hidden: Vec<BackfillRun> = proof.backfills().into_iter().map(BackfillRun::without_rows).collect();
            if let Some(runs) = proof.figures.get_mut("backfills") {
                *runs = serde_json::to_value(hidden).unwrap_or_default();
            }
            for text in [&mut proof.notes, &mut proof.warnings, &mut proof.not_covered].into_iter().flatten() {
                *text = without_values(text);
            }
        }
        for note in &mut self.notes {
            *note = without_values(note);
        }
        self
    }
}

impl Finding {
    /// Removes the values of rows.
    #[must_use]
    pub fn without_rows(mut self) -> Self {
        self.rows = Box::default();
        self.message = without_values(&self.message);
        // Only a migration is known to be part of the source code; the other files can be fixtures.
        self.source = self.source.filter(|_| self.migration.is_some());
        self.details.retain(|detail| has_no_value(detail));
        self.details.iter_mut().for_each(|detail| *detail = without_values(detail));
        self.help = self.help.map(|help| without_values(&help).into());
        self.step = self.step.map(|step| without_values(&step).into());
        self
    }
}

/// True for a detail that counts rows of a table, or that has no number, such as a key.
fn has_no_value(detail: &str) -> bool {
    let line = detail.lines().next().unwrap_or_default();
    let can_be_value = |char: char| char.is_ascii_digit() || char == '\'';
    !line.contains('=') && (line.starts_with('"') || !line.contains(can_be_value))
}

impl BackfillRun {
    /// Removes the values of rows: findings, keys, and names and reasons that can come from rows.
    #[must_use]
    pub fn without_rows(mut self) -> Self {
        self.sample.clear();
        self.resumed_after = None;
        self.error = self.error.map(|error| without_values(&error));
        let reconciliation = &mut self.counts.reconciliation;
        for fields in self.fields.values_mut() {
            let is_of_schema = |field: &str| field.is_empty() || reconciliation.fields.contains_key(field);
            *fields = hidden(std::mem::take(fields), |field| is_of_schema(field).then(|| field.to_owned()));
        }
        self.skipped = hidden(std::mem::take(&mut self.skipped), |text| Some(reason(text)));
        let others: Vec<OutcomeCounts> = std::mem::take(&mut reconciliation.others).into_values().collect();
        others.iter().for_each(|counts| reconciliation.unlisted += *counts);
        self
    }
}

/// Counts labels under the names that they get; those without a name together.
fn hidden(labels: BTreeMap<String, u64>, name: impl Fn(&str) -> Option<String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (label, n) in labels {
        *counts.entry(name(&label).unwrap_or_else(|| HIDDEN.to_owned())).or_default() += n;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backfill::{About, Effect, Undo};
    use crate::event::Event;
    use crate::ledger::{self, FindingKind, ValueOutcome};
    use crate::report::history::EDITED;
    use crate::report::{Observer, Place};
    use pretty_assertions::assert_eq;

    /// A run with a value of a row wherever one can be.
    fn run() -> BackfillRun {
        let about = About {
            name: "fill",
            database: "pets",
            unit: "pet",
            from: 1,
            until: None,
            scopes: &[],
            undo: Undo::Absent,
        };
        let observer = Observer::default();
        for (field, detail) in [("name", "7c40: no 'Momo'"), ("Momo", "8d51: no 'Momo'")] {
            let (field, detail) = (field.to_owned(), detail.to_owned());
            let unit = "Momo".to_owned();
            let finding =
                ledger::Finding { kind: FindingKind::Skipped, unit, field, detail, ..ledger::Finding::default() };
            observer.event(&Event::FindingReported(finding));
        }
        let mut run = observer.run(&about, Effect::Execute, Err("row 'Momo' is wrong"));
        run.resumed_after = Some("Momo".to_owned());
        run.counts.reconciliation.field("name", ValueOutcome::Skipped, 1);
        run.counts.reconciliation.other("Momo", ValueOutcome::Skipped, 2);
        run
    }

    #[test]
    fn runs() {
        let total = run().counts.reconciliation.total();
        assert!(serde_json::to_string(&run()).unwrap().matches("Momo").count() > 5);
        let hidden = run().without_rows();
        let text = serde_json::to_string(&hidden).unwrap();
        assert!(!text.contains("Momo"), "{text}");
        // Counts stay, and so does the reason without what it quotes.
        assert_eq!(hidden.counts.reconciliation.total(), total);
        assert_eq!(hidden.skipped, BTreeMap::from([("…: no '…'".to_owned(), 2)]));
        let fields = BTreeMap::from([("name".to_owned(), 1), (HIDDEN.to_owned(), 1)]);
        assert_eq!(hidden.fields[&FindingKind::Skipped], fields);
    }

    /// The line of a migration is source code; that of a fixture is a row.
    #[test]
    fn lines_of_files() {
        let place = Place::of("a.sql", "INSERT INTO pet VALUES ('Momo');", 0, 6);
        let finding = Finding::new(&EDITED, "message").at(place);
        assert_eq!(finding.clone().without_rows().source, None);
        assert!(finding.of_migration(1).without_rows().source.is_some());
    }

    #[test]
    fn details() {
        let check = |detail: &str, stays: bool| assert_eq!(has_no_value(detail), stays, "{detail}");
        check("\"orders\" was emptied: it had 2 rows\n  id 1, name Momo", true);
        check("existing rows have no value for the new column", true);
        check("\"people\": id = 1, email = a1@example.com", false);
        check("pet 7c401c54 is still pending", false);
    }
}
