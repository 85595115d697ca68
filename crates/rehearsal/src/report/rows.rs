//! Removes the values of rows from a report, for `--rows hide`: rows, the examples below a difference, and what databases
//! quote in their messages.

use super::{BackfillRun, DatabaseReport, Finding, RehearsalReport};
use crate::quoted::without_values;

/// The figures of a proof that hold values of rows.
const OF_ROWS: [&str; 1] = ["gallery"];

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
        for proof in &mut self.proofs {
            proof.figures.retain(|name, _| !OF_ROWS.contains(&name.as_str()));
            if let Some(runs) = proof.figures.get_mut("backfills") {
                let hidden: Vec<BackfillRun> = serde_json::from_value(runs.take()).unwrap_or_default();
                let hidden: Vec<BackfillRun> = hidden.into_iter().map(BackfillRun::without_rows).collect();
                *runs = serde_json::to_value(hidden).unwrap_or_default();
            }
            for text in [&mut proof.notes, &mut proof.warnings, &mut proof.not_covered].into_iter().flatten() {
                *text = without_values(text);
            }
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
        for detail in &mut self.details {
            // The examples of a difference are indented below it.
            let lines: Vec<String> = detail.lines().filter(|line| !line.starts_with(' ')).map(without_values).collect();
            *detail = lines.join("\n");
        }
        self.help = self.help.map(|help| without_values(&help).into());
        self
    }
}
