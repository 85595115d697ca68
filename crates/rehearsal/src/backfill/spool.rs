//! Buffers findings on their way to the ledger and the report. A [`Spool`] holds the first findings in memory and
//! the rest in a temporary file, which is deleted with it.

use crate::ledger::{Finding, FindingKind, OutcomeCounts};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};

/// Approximate bytes of findings in memory, and the size of a piece.
const IN_MEMORY: usize = 4 * 1024 * 1024;

/// Findings in insertion order.
#[derive(Debug, Default)]
pub(super) struct Spool {
    counts: BTreeMap<FindingKind, u64>,
    memory: Vec<Finding>,
    bytes: usize,
    /// One finding per line.
    file: Option<BufWriter<File>>,
    /// The error of a failed write to the file, returned by [`Spool::pieces`].
    failed: Option<io::Error>,
}

/// The approximate size of a finding in bytes.
fn size(finding: &Finding) -> usize {
    let values = finding.values.iter().map(|sighting| {
        size_of_val(sighting) + sighting.value.as_str().len() + sighting.context.as_ref().map_or(0, String::len)
    });
    let chosen = finding.chosen.as_ref().map_or(0, |value| value.as_str().len());
    size_of::<Finding>()
        + finding.unit.len()
        + finding.field.len()
        + finding.detail.len()
        + chosen
        + values.sum::<usize>()
        + finding.reconciliation.keys().map(|key| key.len() + size_of::<OutcomeCounts>()).sum::<usize>()
}

impl Spool {
    /// Adds a finding.
    pub(super) fn push(&mut self, finding: Finding) {
        if finding.kind != FindingKind::Reconciled {
            *self.counts.entry(finding.kind).or_default() += 1;
        }
        let size = size(&finding);
        if self.file.is_none() && self.bytes + size <= IN_MEMORY {
            self.bytes += size;
            self.memory.push(finding);
        } else if let Err(error) = self.write(&finding) {
            self.failed.get_or_insert(error);
        }
    }

    fn write(&mut self, finding: &Finding) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(BufWriter::new(tempfile::tempfile()?));
        }
        if let Some(file) = &mut self.file {
            serde_json::to_writer(&mut *file, finding)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Appends the findings of another spool.
    pub(super) fn append(&mut self, mut other: Self) -> io::Result<()> {
        if self.memory.is_empty() && self.file.is_none() {
            *self = other;
            return Ok(());
        }
        let mut pieces = other.pieces()?;
        loop {
            match pieces.next()? {
                [] => return Ok(()),
                piece => piece.iter().for_each(|finding| self.push(finding.clone())),
            }
        }
    }

    /// The number of findings by kind, without the reconciliations of units.
    pub(super) fn counts(&self) -> &BTreeMap<FindingKind, u64> {
        &self.counts
    }

    /// Returns all findings in order, in pieces of bounded size. Can be called repeatedly.
    pub(super) fn pieces(&mut self) -> io::Result<Pieces<'_>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let lines = match &mut self.file {
            Some(file) => {
                file.flush()?;
                file.get_mut().rewind()?;
                Some(BufReader::new(file.get_mut()))
            }
            None => None,
        };
        Ok(Pieces { memory: Some(&self.memory), lines, piece: Vec::new() })
    }
}

/// The findings of a spool, piece by piece.
#[derive(Debug)]
pub(super) struct Pieces<'s> {
    memory: Option<&'s [Finding]>,
    lines: Option<BufReader<&'s mut File>>,
    piece: Vec<Finding>,
}

impl Pieces<'_> {
    /// Returns the next piece; empty at the end.
    pub(super) fn next(&mut self) -> io::Result<&[Finding]> {
        if let Some(memory) = self.memory.take().filter(|memory| !memory.is_empty()) {
            return Ok(memory);
        }
        self.piece.clear();
        let (mut bytes, mut line) = (0, String::new());
        while let Some(lines) = &mut self.lines
            && bytes < IN_MEMORY
        {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                self.lines = None;
            } else {
                bytes += line.len();
                self.piece.push(serde_json::from_str(&line)?);
            }
        }
        Ok(&self.piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Sighting;
    use pretty_assertions::assert_eq;

    #[test]
    fn all_findings_are_returned_in_order() {
        let check = |findings: usize, length: usize, in_file: bool| {
            let finding = |n: usize| Finding {
                kind: if n.is_multiple_of(2) { FindingKind::Conflict } else { FindingKind::Unmapped },
                unit: n.to_string(),
                field: "f".to_owned(),
                values: vec![Sighting { context: None, value: "é\n".repeat(length).as_str().into() }],
                ..Finding::default()
            };
            let mut spool = Spool::default();
            (0..findings).for_each(|n| spool.push(finding(n)));
            assert_eq!(spool.file.is_some(), in_file);
            assert_eq!(spool.counts().values().sum::<u64>(), findings as u64);
            for _ in 0..2 {
                let mut pieces = spool.pieces().unwrap();
                let mut taken = Vec::new();
                loop {
                    let piece = pieces.next().unwrap();
                    if piece.is_empty() {
                        break;
                    }
                    taken.extend(piece.to_vec());
                }
                assert_eq!(taken.len(), findings);
                assert!(taken.into_iter().enumerate().all(|(n, taken)| taken == finding(n)));
            }
        };
        check(0, 1, false);
        check(100, 10, false);
        check(9, 400_000, true);
        check(100_000, 10, true);
    }
}
