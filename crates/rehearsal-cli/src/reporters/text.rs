//! Shows a rehearsal on the terminal: progress while it runs; then for each database a matrix of the proofs, the findings, and a
//! summary in one sentence. Notes go to standard error.

use super::causes::{Cause, causes, ordered};
use super::closing::closing;
use super::finding::{Style, finding};
use super::matrix::{column, list, matrix};
use crate::args::Detail;
use crate::terminal::{Paint, Steps, Terminal, count, duration, one_line, thousands, visible};
use rehearsal::event::Event;
use rehearsal::report::{Base, DatabaseReport, Finding, ProofReport, ProofStatus, RehearsalReport, Severity, Status};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a rehearsal shows on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Progress and results.
    Results(Detail),
    /// Only progress, because a report goes to standard output.
    Progress,
}

/// Shows a rehearsal on the terminal.
pub(crate) struct Text<'t> {
    terminal: &'t Terminal,
    steps: Steps,
    shown: Shown,
    /// Whether a result has been printed, so that an empty line precedes the next one.
    has_printed: AtomicBool,
}

impl<'t> Text<'t> {
    /// Shows this much on this terminal.
    pub(crate) fn new(terminal: &'t Terminal, shown: Shown) -> Self {
        Self { terminal, steps: Steps::new(terminal), shown, has_printed: AtomicBool::new(false) }
    }

    /// Shows an event of the running rehearsal.
    pub(crate) fn event(&self, event: Event) {
        self.steps.show(event);
    }

    /// Prints the result of a database, as soon as it is known.
    pub(crate) fn database(&self, report: &DatabaseReport) {
        let Shown::Results(detail) = self.shown else { return };
        self.steps.end(&report.name);
        if self.has_printed.swap(true, Ordering::Relaxed) {
            self.terminal.result("");
        }
        self.print(report, detail);
    }

    /// Ends the output with the report of the whole rehearsal.
    pub(crate) fn finish(&self, report: &RehearsalReport) {
        self.steps.end_all();
        if self.shown == Shown::Progress {
            return;
        }
        let counts = |database: &DatabaseReport| database.findings.iter().any(Finding::counts);
        if let (Some(Base::Unknown { reason }), true) = (&report.base, report.databases.iter().any(counts)) {
            let note = format!("every finding counts, because no base revision is known: {reason}");
            self.terminal.note(&self.terminal.err().faint(note));
        }
        if let Some(line) = closing(report, self.terminal.out()) {
            self.terminal.result(&format!("\n{line}"));
        }
    }

    fn print(&self, report: &DatabaseReport, detail: Detail) {
        let (terminal, paint) = (self.terminal, self.terminal.out());
        let style = Style { detail, paint, width: terminal.width() };
        if report.proofs.is_empty() {
            if !report.findings.is_empty() {
                terminal.result(findings(report, style).trim_start_matches('\n'));
            }
            if report.incomplete.is_some() {
                terminal.result(&summary(report, detail, paint));
            }
            return;
        }
        let mut parts = vec![
            count(report.migrations as u64, "migration"),
            count(report.backfills.len() as u64, "backfill"),
            count(report.checks as u64, "check"),
        ];
        // The matrix names several ones.
        if let [fixture] = fixtures(report).into_iter().collect::<Vec<_>>().as_slice() {
            parts.push(format!("fixture {fixture}"));
        }
        let name = paint.strong(&report.name);
        let proofs = match has_many_fixtures(report) || detail == Detail::Full {
            true => format!("\n{}", matrix(&report.proofs, terminal.width(), paint)),
            false => list(&report.proofs, paint),
        };
        terminal.result(&format!("{name} ({}): {}\n{proofs}", report.engine, parts.join(", ")));
        self.notes(report, detail);
        if report.findings.iter().any(Finding::is_reported) {
            terminal.result(&findings(report, style));
        }
        terminal.result(&summary(report, detail, paint));
    }

    /// Prints warnings and cases that were not covered; with `--verbose` notes, too. Each names the data if there are several
    /// fixtures.
    fn notes(&self, report: &DatabaseReport, detail: Detail) {
        let (terminal, paint) = (self.terminal, self.terminal.err());
        let label = |proof: &ProofReport| match detail == Detail::Full || has_many_fixtures(report) {
            true => format!("{} / {}", proof.name, column(proof)),
            false => proof.name.to_owned(),
        };
        if detail == Detail::Full {
            for note in &report.notes {
                terminal.note(&paint.faint(format!("  {}", visible(note))));
            }
            for (proof, note) in notes(report) {
                terminal.note(&paint.faint(format!("  {}: {}", label(proof), visible(note))));
            }
        }
        for proof in &report.proofs {
            for text in proof.warnings.iter().chain(&proof.not_covered) {
                terminal.note(&format!("  {}: {}", label(proof), paint.warning(visible(text))));
            }
        }
    }
}

/// The notes of proofs. Those of an unchanged proof were shown when it was made.
fn notes(report: &DatabaseReport) -> impl Iterator<Item = (&ProofReport, &String)> {
    let made = report.proofs.iter().filter(|proof| proof.status != ProofStatus::Unchanged);
    made.flat_map(|proof| proof.notes.iter().map(move |note| (proof, note)))
}

fn fixtures(report: &DatabaseReport) -> BTreeSet<&str> {
    report.proofs.iter().filter_map(|proof| proof.fixture.as_deref()).collect()
}

/// True if a proof can have several results, and so a matrix says more than a list.
fn has_many_fixtures(report: &DatabaseReport) -> bool {
    fixtures(report).len() > 1
}

/// The most findings that are printed in full without `--verbose`.
const FULL: usize = 5;

/// The most findings that are printed in one line each.
const IN_LINES: usize = 50;

/// Formats the findings that count, so that the first is the one to fix first. Without `--verbose`, each cause once; of more
/// than [`FULL`], only the first one in full, and one line for each of the others.
fn findings(report: &DatabaseReport, style: Style) -> String {
    let shown = || report.findings.iter().filter(|found| found.is_reported());
    if style.detail == Detail::Full {
        return ordered(shown()).into_iter().map(|found| finding(&report.name, found, &[], style)).collect();
    }
    let causes = causes(shown());
    let full = |cause: &Cause<'_>| finding(&report.name, cause.finding, &cause.also, style);
    if causes.len() <= FULL {
        return causes.iter().map(full).collect();
    }
    let Some((first, others)) = causes.split_first() else { return String::new() };
    let paint = style.paint;
    let mut lines: String =
        others.iter().take(IN_LINES).map(|cause| format!("  {}\n", line(cause.finding, style))).collect();
    let more = others.len().saturating_sub(IN_LINES);
    if more > 0 {
        lines.push_str(&format!("  {}\n", paint.faint(format!("and {} more", thousands(more as u64)))));
    }
    format!("{}\n{}\n{lines}", full(first), paint.faint("-v prints the others in full, too:"))
}

/// The fewest characters of a message that are shown, although the line then breaks.
const SHORTEST: usize = 40;

/// Formats a finding in one line: location, code and message.
fn line(finding: &Finding, style: Style) -> String {
    let paint = style.paint;
    let file = finding.file.as_deref().unwrap_or("(no file)");
    let place = finding.place().unwrap_or_else(|| file.to_owned());
    // The location is at the start of the line.
    let message = finding.message.strip_prefix(file).unwrap_or(&finding.message).trim_start();
    let message = one_line(message);
    let taken = place.chars().count() + finding.code.name.chars().count() + 6;
    let room = style.width.saturating_sub(taken).max(SHORTEST);
    let message: String = match message.chars().count() {
        n if n > room => message.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        _ => message,
    };
    let code = match finding.severity {
        Severity::Error => paint.bad(finding.code),
        Severity::Warning => paint.warning(finding.code),
    };
    format!("{}  {code}  {message}", paint.strong(place))
}

/// Formats the result of a database in one sentence.
fn summary(report: &DatabaseReport, detail: Detail, paint: Paint) -> String {
    let (took, proofs) = (duration(report.duration), count(report.proofs.len() as u64, "proof"));
    let failures = report.failures();
    let known = known(report, detail);
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
            Some(Some(sentence)) => paint.warning(format!("; incomplete: {}", visible(sentence))),
            _ => String::new(),
        };
        return format!("{findings}{place} ({proofs} in {took}{some_unchanged}){known}{incomplete}{left_out}");
    }
    if let Some(incomplete) = &report.incomplete {
        let (sentence, remedy) = incomplete.split_once('\n').unwrap_or((incomplete, ""));
        let (sentence, remedy) = (visible(sentence), visible(remedy));
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

/// Counts the warnings, the cases that were not covered, the notes that are not printed, and the findings that do not count.
fn known(report: &DatabaseReport, detail: Detail) -> String {
    let warnings = report.findings.iter().filter(|finding| finding.severity == Severity::Warning).count()
        + report.proofs.iter().map(|proof| proof.warnings.len()).sum::<usize>();
    let not_covered: usize = report.proofs.iter().map(|proof| proof.not_covered.len()).sum();
    let mut parts = String::new();
    for (n, noun) in [(warnings, "warning"), (not_covered, "uncovered case")] {
        if n > 0 {
            parts.push_str(&format!("; {}", count(n as u64, noun)));
        }
    }
    let unseen = match detail {
        Detail::Short => notes(report).count() + report.notes.len(),
        Detail::Full => 0,
    };
    if unseen > 0 {
        let them = if unseen == 1 { "it" } else { "them" };
        parts.push_str(&format!("; {} (-v prints {them})", count(unseen as u64, "note")));
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
