//! Markdown for a comment on a pull request: the findings, then for each database in folded details its new migrations with
//! duration, rows and locks, its proofs, and its backfills. It is shorter than the 65,536 characters that GitHub takes.

use super::causes::{Cause, causes, first_of_each};
use super::matrix::EMPTY;
use super::subject;
use super::timeline::{Timeline, lock_name};
use crate::terminal::{count, duration, one_line, thousands, visible};
use rehearsal::Exit;
use rehearsal::report::{
    BackfillRun, Base, DatabaseReport, ProofReport, ProofStatus, RehearsalReport, Reporter, Severity,
};
use std::fmt::Write as _;
use std::io::{Error, Write};
use std::time::Duration;

/// The most characters of a report.
const LENGTH: usize = 60_000;
/// The most characters of the details of all databases.
const DETAILS: usize = 30_000;
/// The most findings of a code in a database that are considered.
const OF_A_KIND: usize = 100;
/// The most characters of a text from a database or a file.
const TEXT: usize = 600;
/// The most proofs of a database with the same result that are listed.
const PROOFS: usize = 30;
/// The most migrations of a database that are listed: the newest.
const MIGRATIONS: usize = 40;

/// The format `markdown`.
pub struct Markdown;

impl Reporter for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> Result<(), Error> {
        writeln!(to, "{}", document(report))
    }
}

fn document(report: &RehearsalReport) -> String {
    let details = all_details(report);
    let mut text = heading(report);
    let room = LENGTH.saturating_sub(length(&details) + 200);
    let (mut left, mut is_full) = (0, false);
    for database in &report.databases {
        let reported = database.findings.iter().filter(|finding| finding.is_reported());
        let (first, more) = first_of_each(reported, OF_A_KIND);
        left += more.iter().map(|(_, n)| *n as u64).sum::<u64>();
        for cause in causes(first.into_iter()) {
            let section = if is_full { String::new() } else { section(&database.name, &cause) };
            is_full |= length(&text) + length(&section) >= room;
            match is_full {
                true => left += 1,
                false => text.push_str(&section),
            }
        }
    }
    if left > 0 {
        let _ = write!(text, "\n{} more; the log of the run lists all of them.\n", count(left, "finding"));
    }
    text + &details
}

/// GitHub counts characters.
fn length(text: &str) -> usize {
    text.chars().count()
}

fn heading(report: &RehearsalReport) -> String {
    let findings: usize = report.databases.iter().map(DatabaseReport::failures).sum();
    let what = subject(report);
    let verdict = match report.exit {
        Exit::Ok => format!("✅ {what}: passed"),
        Exit::Incomplete => format!("⚠️ {what}: incomplete"),
        Exit::Failed | Exit::Usage => format!("❌ {what}: {}", count(findings as u64, "finding")),
    };
    format!("### {verdict}\n\n{} in {}\n", report.tool, duration(report.duration))
}

fn section(database: &str, cause: &Cause<'_>) -> String {
    let finding = cause.finding;
    let mark = match finding.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
    };
    let mut text = format!("\n#### {mark} {} `{}`\n\n{}\n", plain(database), finding.code, plain(&finding.message));
    if let Some(place) = finding.place() {
        let _ = write!(text, "\n{}\n", code(&place));
    }
    if let Some(source) = &finding.source {
        text.push_str(&block("sql", &source.text));
    }
    if !finding.details.is_empty() {
        text.push_str(&block("text", &finding.details.join("\n")));
    }
    if let Some(help) = &finding.help {
        let _ = write!(text, "\n**Help:** {}\n", plain(help));
    }
    if !cause.also.is_empty() {
        let _ = write!(text, "\nAlso found by {}\n", plain(&cause.also.join(", ")));
    }
    if let Some(reproduce) = &finding.reproduce {
        let _ = write!(text, "\n{}\n", code(reproduce));
    }
    text
}

/// The details of all databases, as many as fit.
fn all_details(report: &RehearsalReport) -> String {
    let mut text = String::new();
    let mut left = 0;
    for database in &report.databases {
        let details = details(report, database);
        if length(&text) + length(&details) < DETAILS {
            text.push_str(&details);
        } else {
            left += 1;
        }
    }
    if left > 0 {
        let _ = write!(text, "\nWithout the details of {}.\n", count(left, "database"));
    }
    text
}

fn details(report: &RehearsalReport, database: &DatabaseReport) -> String {
    let migrations = count(database.migrations as u64, "migration");
    let name = plain(&database.name);
    let mut text = format!("\n<details><summary>{name} ({}): {migrations}</summary>\n", database.engine);
    if let Some(target) = &database.target {
        let _ = write!(text, "\n{}\n", code(target));
    }
    if let Some(why) = &database.incomplete {
        let _ = write!(text, "\n⚠️ {}\n", plain(why));
    }
    text.push_str(&timeline(report, database));
    text.push_str(&proofs(&database.proofs));
    let rehearsed: Vec<BackfillRun> = database.proofs.iter().flat_map(ProofReport::backfills).collect();
    for run in database.runs.iter().chain(&rehearsed) {
        text.push_str(&backfill(run));
    }
    text.push_str("\n</details>\n");
    text
}

/// The new migrations; all of them if no base revision is known.
fn timeline(report: &RehearsalReport, database: &DatabaseReport) -> String {
    let Some(timeline) = Timeline::of(database) else { return String::new() };
    let new: Vec<_> = timeline.since_base(database).collect();
    if new.is_empty() {
        return "\nNo migration is new.\n".to_owned();
    }
    let left = new.len().saturating_sub(MIGRATIONS);
    let new_one = if matches!(report.base, Some(Base::Found { .. })) { "new migration" } else { "migration" };
    let mut text = format!("\n| {new_one} | duration | rows | locks |\n|---|---|---|---|\n");
    for migration in &new[left..] {
        let took = duration(Duration::try_from_secs_f64(migration.duration_ms / 1000.0).unwrap_or_default());
        let held = migration.locks.as_deref().unwrap_or_default();
        let mut locks: Vec<String> = held.iter().take(3).map(lock_name).collect();
        let more = held.len().saturating_sub(locks.len());
        if migration.locks.is_none() {
            locks.push("no transaction".to_owned());
        }
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let (name, rows) = (plain(&migration.name), thousands(migration.rows));
        let _ = writeln!(text, "| {name} | {took} | {rows} | {}{more} |", plain(&locks.join("; ")));
    }
    if left > 0 {
        let _ = write!(text, "\nand {} before them\n", count(left as u64, "migration"));
    }
    text
}

/// The proofs by result, each with its data.
fn proofs(proofs: &[ProofReport]) -> String {
    use ProofStatus::{Failed, Incomplete, Passed, Unchanged};
    let mut text = String::new();
    for (status, word) in [(Failed, "failed"), (Incomplete, "incomplete"), (Passed, "passed"), (Unchanged, "unchanged")]
    {
        let of_status = proofs.iter().filter(|proof| proof.status == status);
        let name = |proof: &ProofReport| {
            let data = plain(proof.fixture.as_deref().unwrap_or(EMPTY));
            format!("{} {data} ({})", plain(proof.name), duration(proof.duration))
        };
        let names: Vec<String> = of_status.clone().take(PROOFS).map(name).collect();
        let more = of_status.count().saturating_sub(names.len());
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        if !names.is_empty() {
            let _ = write!(text, "\n**{word}:** {}{more}\n", names.join(", "));
        }
    }
    text
}

fn backfill(run: &BackfillRun) -> String {
    let took = duration(Duration::try_from_secs_f64(run.duration_ms / 1000.0).unwrap_or_default());
    let (units, rows) = (count(run.counts.units, &run.unit), count(run.counts.writes, "row"));
    let mut text = format!("\nBackfill {}: {}, {} in {took}", plain(&run.backfill), plain(&units), rows);
    for (kind, n) in &run.counts.findings {
        let _ = write!(text, "; {kind} {}", thousands(*n));
    }
    if let Some(undo) = &run.undo {
        let _ = write!(text, "; undo it with {}", code(undo));
    }
    text + "\n"
}

/// Text without meaning for Markdown or HTML, on one line.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for char in visible(&shortened(text)).chars() {
        match char {
            '\n' => plain.push_str("<br>"),
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            // An entity has no meaning for Markdown. `@` mentions a user, `#` an issue, `:` can begin an emoji, and a full stop in a
            // name makes a link of it.
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '+' | '!' | '|' | '~' | '@' | ':' | '.' => {
                let _ = write!(plain, "&#{};", u32::from(char));
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Text in a code span, with a fence that it does not contain.
fn code(text: &str) -> String {
    let text = one_line(&shortened(text));
    let fence = fence(&text, 1);
    // A space at each end is removed, and keeps a backtick of the text apart from the fence.
    format!("{fence} {text} {fence}")
}

/// Text in a block of code.
fn block(language: &str, text: &str) -> String {
    let text = visible(&shortened(text));
    let fence = fence(&text, 3);
    format!("\n{fence}{language}\n{text}\n{fence}\n")
}

/// More backticks than the text has in a row.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(least.max(longest + 1))
}

/// The beginning of a text.
fn shortened(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(TEXT).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
