//! Prints the report as text: the database, a matrix of the proofs, the findings, and a summary in one sentence. Notes go
//! to standard error.

use super::Reporter;
use super::causes::{Cause, causes, ordered};
use super::closing::closing;
use super::finding::finding;
use super::matrix::matrix;
use crate::args::Detail;
use crate::terminal::{Paint, Steps, Terminal, count, duration};
use rehearsal::event::Event;
use rehearsal::report::{Base, DatabaseReport, Finding, ProofReport, ProofStatus, RehearsalReport, Severity, Status};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// Prints the report as text.
pub struct Text<'t> {
    terminal: &'t Terminal,
    steps: Steps,
    detail: Detail,
    /// Whether a result has been printed, so that an empty line precedes the next one.
    has_printed: AtomicBool,
}

impl<'t> Text<'t> {
    /// Creates a reporter that writes to this terminal.
    #[must_use]
    pub fn new(terminal: &'t Terminal, detail: Detail) -> Self {
        Self { terminal, steps: Steps::new(terminal), detail, has_printed: AtomicBool::new(false) }
    }

    fn print(&self, report: &DatabaseReport) {
        let (terminal, paint) = (self.terminal, self.terminal.out());
        if report.proofs.is_empty() {
            if !report.findings.is_empty() {
                terminal.result(findings(report, self.detail, paint).trim_start_matches('\n'));
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
            terminal.result(&findings(report, self.detail, paint));
        }
        terminal.result(&summary(report, paint));
    }

    /// Prints the notes, warnings and uncovered parts of the proofs.
    fn notes(&self, report: &DatabaseReport) {
        let (terminal, paint) = (self.terminal, self.terminal.err());
        for note in &report.notes {
            terminal.note(&paint.faint(format!("  {note}")));
        }
        // The notes of an unchanged proof were printed when it was made.
        for proof in report.proofs.iter().filter(|proof| proof.status != ProofStatus::Unchanged) {
            for note in &proof.notes {
                terminal.note(&paint.faint(format!("  {}: {note}", proof.name)));
            }
        }
        for proof in &report.proofs {
            for warning in &proof.warnings {
                terminal.note(&format!("  {}: {}", proof.name, paint.warning(warning)));
            }
        }
        for proof in &report.proofs {
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

    fn database(&self, report: &DatabaseReport) {
        self.steps.end(&report.name);
        if self.has_printed.swap(true, Ordering::Relaxed) {
            self.terminal.result("");
        }
        self.print(report);
    }

    fn finish(&self, report: &RehearsalReport) {
        self.steps.end_all();
        let counts = |database: &DatabaseReport| database.findings.iter().any(Finding::counts);
        if let (Some(Base::Unknown { reason }), true) = (&report.base, report.databases.iter().any(counts)) {
            let note = format!("every finding counts, because no base revision is known: {reason}");
            self.terminal.note(&self.terminal.err().faint(note));
        }
        if let Some(line) = closing(report, self.terminal.out()) {
            self.terminal.result(&format!("\n{line}"));
        }
    }
}

/// True for a finding that is printed in full: existing and allowed ones are counted.
fn is_shown(finding: &Finding) -> bool {
    finding.status == Status::New
}

/// The most findings that are printed in full without `--verbose`.
const FULL: usize = 5;

/// Formats the findings that count, so that the first is the one to fix first. Without `--verbose`, each cause once; of more
/// than [`FULL`], only the first one in full, and one line for each of the others.
fn findings(report: &DatabaseReport, detail: Detail, paint: Paint) -> String {
    let shown = || report.findings.iter().filter(|found| is_shown(found));
    if detail == Detail::Full {
        return ordered(shown()).into_iter().map(|found| finding(&report.name, found, &[], detail, paint)).collect();
    }
    let causes = causes(shown());
    let full = |cause: &Cause<'_>| finding(&report.name, cause.finding, &cause.also, detail, paint);
    if causes.len() <= FULL {
        return causes.iter().map(full).collect();
    }
    let Some((first, others)) = causes.split_first() else { return String::new() };
    let lines: String = others.iter().map(|cause| format!("  {}\n", line(cause.finding, paint))).collect();
    format!("{}\n{}\n{lines}", full(first), paint.faint("-v prints the others in full, too:"))
}

/// The most characters of a finding in one line.
const WIDTH: usize = 118;

/// Formats a finding in one line: location, code and message.
fn line(finding: &Finding, paint: Paint) -> String {
    let file = finding.file.as_deref().unwrap_or("(no file)");
    let place = finding.line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
    // The location is at the start of the line.
    let message = finding.message.strip_prefix(file).unwrap_or(&finding.message).trim_start();
    let room = WIDTH.saturating_sub(place.chars().count() + finding.code.name.chars().count() + 4);
    let message: String = match message.chars().count() {
        n if n > room => message.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        _ => message.to_owned(),
    };
    let code = match finding.severity {
        Severity::Error => paint.bad(finding.code),
        Severity::Warning => paint.warning(finding.code),
    };
    format!("{}  {code}  {message}", paint.strong(place))
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
        let place = places(report);
        let incomplete = match report.incomplete.as_deref().map(|incomplete| incomplete.lines().next()) {
            Some(Some(sentence)) => paint.warning(format!("; incomplete: {sentence}")),
            _ => String::new(),
        };
        return format!("{findings}{place} ({proofs} in {took}{some_unchanged}){known}{incomplete}{left_out}");
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

/// Counts the files with findings that count; empty if there is only one.
fn places(report: &DatabaseReport) -> String {
    let counts = report.findings.iter().filter(|finding| finding.counts());
    let files: BTreeSet<&str> = counts.filter_map(|finding| finding.file.as_deref()).collect();
    if files.len() > 1 { format!(" in {} files", files.len()) } else { String::new() }
}

/// Counts the warnings, the cases that were not covered, and the findings that do not count.
fn known(report: &DatabaseReport) -> String {
    let warnings = report.findings.iter().filter(|finding| finding.severity == Severity::Warning).count()
        + report.proofs.iter().map(|proof| proof.warnings.len()).sum::<usize>();
    let not_covered: usize = report.proofs.iter().map(|proof| proof.not_covered.len()).sum();
    let mut parts = String::new();
    for (n, noun) in [(warnings, "warning"), (not_covered, "uncovered case")] {
        if n > 0 {
            parts.push_str(&format!("; {}", count(n as u64, noun)));
        }
    }
    parts + &accepted(report)
}

/// Counts the findings that do not count.
fn accepted(report: &DatabaseReport) -> String {
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
