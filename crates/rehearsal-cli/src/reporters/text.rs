//! Prints the report as text: the database, a matrix of the proofs, each finding in full, and a summary in one
//! sentence. Notes of passed proofs go to standard error.

use super::Reporter;
use super::finding::{field, finding};
use super::matrix::matrix;
use crate::terminal::{Paint, Steps, Terminal, count, duration};
use rehearsal::event::Event;
use rehearsal::report::{Base, DatabaseReport, Finding, ProofReport, ProofStatus, RehearsalReport, Status};

/// Prints the report as text.
pub struct Text<'t> {
    terminal: &'t Terminal,
    steps: Steps,
}

impl<'t> Text<'t> {
    /// Creates a reporter that writes to this terminal.
    #[must_use]
    pub fn new(terminal: &'t Terminal) -> Self {
        Self { terminal, steps: Steps::new(terminal) }
    }

    fn database(&self, report: &DatabaseReport) {
        let (terminal, paint) = (self.terminal, self.terminal.out());
        if report.proofs.is_empty() {
            let findings: String = report.findings.iter().map(|found| finding(&report.name, found, paint)).collect();
            if !findings.is_empty() {
                terminal.result(findings.trim_start_matches('\n'));
            }
            if report.incomplete.is_some() {
                terminal.result(&summary(report, paint));
            }
            return;
        }
        let parts = [
            count(report.migrations as u64, "migration"),
            count(report.backfills.len() as u64, "backfill"),
            count(report.checks as u64, "check"),
        ];
        let name = paint.strong(&report.name);
        let matrix = matrix(&report.proofs, paint);
        terminal.result(&format!("{name} ({}): {}\n\n{matrix}", report.engine, parts.join(", ")));
        self.notes(report);
        if report.findings.iter().any(is_shown) {
            terminal.result(&findings(report, paint));
        }
        terminal.result(&summary(report, paint));
    }

    /// Prints the notes, warnings and uncovered parts of proofs that did not fail. Those of failed proofs follow
    /// their findings.
    fn notes(&self, report: &DatabaseReport) {
        let (terminal, paint) = (self.terminal, self.terminal.err());
        for note in &report.notes {
            terminal.note(&paint.faint(format!("  {note}")));
        }
        let passed = || report.proofs.iter().filter(|proof| proof.status != ProofStatus::Failed);
        // The notes of an unchanged proof were printed when it was made.
        for proof in passed().filter(|proof| proof.status != ProofStatus::Unchanged) {
            for note in &proof.notes {
                terminal.note(&paint.faint(format!("  {}: {note}", proof.name)));
            }
        }
        for proof in passed() {
            for warning in &proof.warnings {
                terminal.note(&format!("  {}: {}", proof.name, paint.warning(warning)));
            }
        }
        for proof in passed() {
            for part in &proof.not_covered {
                terminal.note(&format!("  {}: {}", proof.name, paint.warning(part)));
            }
        }
    }
}

impl Reporter for Text<'_> {
    fn event(&self, event: Event) {
        self.steps.show(event);
    }

    fn finish(&self, report: &RehearsalReport) {
        self.steps.end();
        for (number, database) in report.databases.iter().enumerate() {
            if number > 0 {
                self.terminal.result("");
            }
            self.database(database);
        }
        let counts = |database: &DatabaseReport| database.findings.iter().any(Finding::counts);
        if let (Some(Base::Unknown { reason }), true) = (&report.base, report.databases.iter().any(counts)) {
            let note = format!("every finding counts, because no base revision is known: {reason}");
            self.terminal.note(&self.terminal.err().faint(note));
        }
    }
}

/// True for a finding that is printed in full: existing and allowed ones are counted.
fn is_shown(finding: &Finding) -> bool {
    finding.status == Status::New
}

/// Formats each finding; those of a failed proof are followed by its uncovered parts, warnings and notes.
fn findings(report: &DatabaseReport, paint: Paint) -> String {
    let mut text: String = report
        .findings
        .iter()
        .filter(|found| found.proof.is_none() && is_shown(found))
        .map(|found| finding(&report.name, found, paint))
        .collect();
    for proof in &report.proofs {
        text.extend(
            report.findings_of(proof).filter(|found| is_shown(found)).map(|found| finding(&report.name, found, paint)),
        );
        if proof.status == ProofStatus::Failed {
            text.push_str(&remarks(proof, paint));
        }
    }
    text
}

/// Formats the uncovered parts, warnings and notes of a proof.
fn remarks(proof: &ProofReport, paint: Paint) -> String {
    let odd = |line: &String| paint.warning(line);
    let faint = |line: &String| paint.faint(line);
    let part = |name: &str, lines: &[String], painted: &dyn Fn(&String) -> String| match lines {
        [] => String::new(),
        lines => field(name, &lines.iter().map(painted).collect::<Vec<_>>().join("\n"), paint),
    };
    [
        part("uncovered", &proof.not_covered, &odd),
        part("warnings", &proof.warnings, &odd),
        part("notes", &proof.notes, &faint),
    ]
    .concat()
}

/// Formats the result of a database in one sentence.
fn summary(report: &DatabaseReport, paint: Paint) -> String {
    let (took, proofs) = (duration(report.duration), count(report.proofs.len() as u64, "proof"));
    let failures = report.failures();
    let known = known(report);
    let unchanged = unchanged(report);
    let some_unchanged = unchanged.as_ref().map(|(number, since)| format!(", {number} unchanged since {since}"));
    let some_unchanged = some_unchanged.unwrap_or_default();
    let left_out = match report.left_out.as_slice() {
        [] => String::new(),
        names => paint.warning(format!("; left out: {}", names.join(", "))),
    };
    if failures > 0 {
        let findings = paint.bad(count(failures as u64, "finding"));
        return format!("{findings} in {proofs}{some_unchanged}, {took}{known}{left_out}");
    }
    if let Some(incomplete) = &report.incomplete {
        let (sentence, remedy) = incomplete.split_once('\n').unwrap_or((incomplete, ""));
        return format!("{}{known}{left_out}\n  {remedy}", paint.warning(format!("incomplete: {sentence}")));
    }
    let has_fixture = report.proofs.iter().any(|proof| proof.fixture.is_some());
    let is_generated = |proof: &ProofReport| {
        proof.figures.get("tables").and_then(|tables| tables.as_array()).is_some_and(|tables| !tables.is_empty())
    };
    let data = match report.proofs.iter().any(is_generated) {
        // Without *populated*, no proof says whether there is a fixture.
        _ if has_fixture || report.left_out.contains(&"populated") => "",
        true => " (no fixture: tested with generated rows)",
        false => " (no fixture: no migration ran on rows)",
    };
    match unchanged {
        Some((number, since)) if number == report.proofs.len() => {
            let again = paint.faint("(--fresh makes them again)");
            format!("{} since {since}{data}{known} {again}{left_out}", paint.good(format!("{proofs} unchanged")))
        }
        _ => format!("{} in {took}{some_unchanged}{data}{known}{left_out}", paint.good(format!("{proofs} passed"))),
    }
}

/// Counts the findings that do not count.
fn known(report: &DatabaseReport) -> String {
    let existing = match report.with_status(Status::Existing) {
        0 => String::new(),
        n => format!("; {} (--base none shows them)", count(n as u64, "existing finding")),
    };
    match report.with_status(Status::Allowed) {
        0 => existing,
        n => format!("{existing}; {}", count(n as u64, "allowed finding")),
    }
}

/// Returns the number of unchanged proofs and when the oldest of them was made; `None` if all were made now.
fn unchanged(report: &DatabaseReport) -> Option<(usize, String)> {
    let times: Vec<&str> = report.proofs.iter().filter_map(|proof| proof.made_at.as_deref()).collect();
    // `2026-11-30T13:05:02Z`
    let (day, time) = times.iter().min()?.split_once('T')?;
    Some((times.len(), format!("{day} {} UTC", time.get(..5)?)))
}
