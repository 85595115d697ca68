//! Renders the proofs of a database as a matrix: one line per proof, one column for the empty database and for each
//! fixture.

use crate::terminal::{Paint, duration};
use rehearsal::report::{ProofReport, ProofStatus};
use std::fmt::Write;

/// The heading of the column for the empty database.
pub(super) const EMPTY: &str = "(empty)";

/// Returns the heading of the column that a proof belongs to.
pub(super) fn column(proof: &ProofReport) -> &str {
    proof.fixture.as_deref().unwrap_or(EMPTY)
}

/// The headings of all columns.
pub(super) fn columns(proofs: &[ProofReport]) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    for proof in proofs {
        if !columns.contains(&column(proof)) {
            columns.push(column(proof));
        }
    }
    columns
}

/// Formats the proofs by status, each status on a line.
pub(super) fn list(proofs: &[ProofReport], paint: Paint) -> String {
    use ProofStatus::{Failed, Incomplete, Passed, Unchanged};
    let columns = columns(proofs);
    let names = names(proofs, &columns);
    let has = |name: &str, status| proofs.iter().any(|proof| proof.name == name && proof.status == status);
    let mut text = String::new();
    let mut left = names;
    // A proof that failed on any data has failed.
    for status in [Failed, Incomplete, Passed, Unchanged] {
        let (of_status, others): (Vec<&str>, Vec<&str>) = left.iter().partition(|name| has(name, status));
        left = others;
        if !of_status.is_empty() {
            let word = painted(status, &format!("{:<10}", word(status)), paint);
            let _ = writeln!(text, "  {word}  {}", of_status.join(", "));
        }
    }
    text
}

/// Formats the status and duration of each proof, with the durations aligned. Columns that do not fit into the width follow
/// below.
pub(super) fn matrix(proofs: &[ProofReport], width: usize, paint: Paint) -> String {
    let columns = columns(proofs);
    let names = names(proofs, &columns);
    let first = names.iter().map(|name| name.len()).max().unwrap_or_default() + 2;
    let mut blocks: Vec<Vec<&str>> = vec![Vec::new()];
    let mut used = first;
    for column in columns {
        let needed = column_width(proofs, &names, column) + 3;
        if used + needed > width && blocks.last().is_some_and(|block| !block.is_empty()) {
            blocks.push(Vec::new());
            used = first;
        }
        used += needed;
        blocks.last_mut().into_iter().for_each(|block| block.push(column));
    }
    blocks.iter().map(|columns| block(proofs, &names, columns, paint)).collect::<Vec<_>>().join("\n")
}

fn column_width(proofs: &[ProofReport], names: &[&str], fixture: &str) -> usize {
    let cells = names.iter().map(|name| cell(proofs, name, fixture).map_or(0, |cell| cell.text.chars().count()));
    cells.max().unwrap_or_default().max(fixture.chars().count())
}

/// Formats some columns of the matrix.
fn block(proofs: &[ProofReport], names: &[&str], columns: &[&str], paint: Paint) -> String {
    let first = names.iter().map(|name| name.len()).max().unwrap_or_default();
    let cell = |name: &str, fixture: &str| cell(proofs, name, fixture);
    let width = |fixture: &str| column_width(proofs, names, fixture);
    let mut text = format!("  {:first$}", "");
    for fixture in columns {
        let _ = write!(text, "   {}", paint.faint(format!("{fixture:<width$}", width = width(fixture))));
    }
    text = text.trim_end().to_owned() + "\n";
    for name in names {
        let mut line = format!("  {name:<first$}");
        for fixture in columns {
            let (painted, length) = match cell(name, fixture) {
                None => (String::new(), 0),
                Some(cell) => (cell.painted(paint), cell.text.chars().count()),
            };
            let _ = write!(line, "   {painted}{}", " ".repeat(width(fixture) - length));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Returns the names of the proofs in the order of their execution. A proof that ran only with some data is placed
/// before the proof that followed it there.
pub(super) fn names<'p>(proofs: &'p [ProofReport], columns: &[&str]) -> Vec<&'p str> {
    let mut names: Vec<&str> = Vec::new();
    for fixture in columns {
        let mut at = names.len();
        for proof in proofs.iter().rev().filter(|proof| column(proof) == *fixture) {
            match names.iter().position(|name| *name == proof.name) {
                Some(known) => at = known,
                None => names.insert(at, proof.name),
            }
        }
    }
    names
}

struct Cell {
    status: ProofStatus,
    text: String,
}

impl Cell {
    fn painted(&self, paint: Paint) -> String {
        painted(self.status, &self.text, paint)
    }
}

fn painted(status: ProofStatus, text: &str, paint: Paint) -> String {
    match status {
        ProofStatus::Passed => paint.good(text),
        ProofStatus::Failed => paint.bad(text),
        ProofStatus::Incomplete => paint.warning(text),
        ProofStatus::Unchanged => paint.faint(text),
    }
}

fn word(status: ProofStatus) -> &'static str {
    match status {
        ProofStatus::Passed => "passed",
        ProofStatus::Failed => "FAILED",
        ProofStatus::Incomplete => "incomplete",
        ProofStatus::Unchanged => "unchanged",
    }
}

fn cell(proofs: &[ProofReport], name: &str, fixture: &str) -> Option<Cell> {
    let of_fixture = || proofs.iter().filter(|proof| column(proof) == fixture);
    let proof = of_fixture().find(|proof| proof.name == name)?;
    let timed = of_fixture().filter(|proof| proof.status != ProofStatus::Unchanged);
    let width = timed.map(|proof| word(proof.status).len()).max().unwrap_or_default();
    let text = match proof.status {
        // The duration would be that of an earlier rehearsal.
        ProofStatus::Unchanged => word(proof.status).to_owned(),
        status => format!("{:<width$} {:>7}", word(status), duration(proof.duration)),
    };
    Some(Cell { status: proof.status, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use std::time::Duration;

    fn proof(name: &'static str, fixture: Option<&str>, status: ProofStatus) -> ProofReport {
        ProofReport {
            name,
            fixture: fixture.map(ToOwned::to_owned),
            status,
            made_at: None,
            duration: Duration::from_millis(12),
            findings: 0,
            notes: Vec::new(),
            warnings: Vec::new(),
            not_covered: Vec::new(),
            figures: serde_json::Map::new(),
        }
    }

    #[test]
    fn lines_and_columns() {
        let check = |proofs: &[(&'static str, Option<&str>, ProofStatus)], expect: &str| {
            let proofs: Vec<_> = proofs.iter().map(|(name, fixture, status)| proof(name, *fixture, *status)).collect();
            assert_eq!(matrix(&proofs, 80, Paint::Plain), expect);
            proofs
        };
        use ProofStatus::{Failed, Incomplete, Passed, Unchanged};
        check(
            &[
                ("fresh", None, Passed),
                ("idempotent", None, Passed),
                ("populated", Some("a"), Passed),
                ("idempotent", Some("a"), Failed),
                ("concurrent", Some("b"), Incomplete),
                ("mutation", Some("b"), Unchanged),
            ],
            concat!(
                "               (empty)          a                b\n",
                "  fresh        passed   12 ms\n",
                "  populated                     passed   12 ms\n",
                "  idempotent   passed   12 ms   FAILED   12 ms\n",
                "  concurrent                                     incomplete   12 ms\n",
                "  mutation                                       unchanged\n",
            ),
        );
        // Columns that do not fit follow below.
        let narrow = check(
            &[("fresh", None, Passed), ("populated", Some("a"), Failed)],
            concat!(
                "              (empty)          a\n",
                "  fresh       passed   12 ms\n",
                "  populated                    FAILED   12 ms\n",
            ),
        );
        let blocks = concat!(
            "              (empty)\n",
            "  fresh       passed   12 ms\n",
            "  populated\n",
            "\n",
            "              a\n",
            "  fresh\n",
            "  populated   FAILED   12 ms\n",
        );
        assert_eq!(matrix(&narrow, 30, Paint::Plain), blocks);
    }
}
