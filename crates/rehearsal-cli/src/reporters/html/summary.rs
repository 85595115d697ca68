//! The top of the document: the verdict, a line for each database, and a link to each finding.

use super::{Shown, put};
use crate::reporters::subject;
use crate::terminal::{count, duration};
use maud::{Markup, html};
use rehearsal::Exit;
use rehearsal::report::{Base, DatabaseReport, RehearsalReport, Severity};
use std::io::{Error, Write};

/// The most findings that are listed openly.
const OPEN: usize = 20;

/// Returns the title of the document.
pub(super) fn title(report: &RehearsalReport) -> String {
    let (_, verdict) = verdict(report.exit);
    format!("{}: {verdict}", subject(report))
}

/// Writes the summary.
pub(super) fn write(report: &RehearsalReport, shown: &[Shown<'_>], to: &mut dyn Write) -> Result<(), Error> {
    put(to, &heading(report, shown))?;
    for (database, shown) in report.databases.iter().zip(shown) {
        put(to, &links(database, shown))?;
    }
    Ok(())
}

fn heading(report: &RehearsalReport, shown: &[Shown<'_>]) -> Markup {
    let (class, word) = verdict(report.exit);
    let rows: Vec<Markup> = report.databases.iter().zip(shown).map(|(database, shown)| row(database, shown)).collect();
    html! {
        h1 { (subject(report)) ": " span class=(class) { (word) } }
        p.faint {
            (report.started_at) " · " (duration(report.duration)) " · " (report.tool)
            @match &report.base {
                Some(Base::Found { revision }) => { " · compared with " code { (revision.get(..12).unwrap_or(revision)) } }
                Some(Base::Unknown { reason }) => { " · every finding counts: " (reason) }
                None => {}
            }
        }
        (super::table(&["Database", "Result", "Engine", "Migrations", "Backfills", "Checks", "Time", "Findings"], &rows))
    }
}

fn row(database: &DatabaseReport, shown: &Shown<'_>) -> Markup {
    let (class, word) = verdict(database.exit);
    let number = |n: usize| html! { td.number { (n) } };
    html! {
        th scope="row" { a href={ "#" (shown.id) } { (&database.name) } }
        td { span class=(class) { (word) } }
        td { (database.engine) " " (database.engine_version.as_deref().unwrap_or_default()) }
        (number(database.migrations))
        (number(database.backfills.len()))
        (number(database.checks))
        td.number { (duration(database.duration)) }
        (number(shown.causes.len() + shown.more.iter().map(|(_, n)| n).sum::<usize>()))
    }
}

/// The findings of a database, each with a link to its article.
fn links(database: &DatabaseReport, shown: &Shown<'_>) -> Markup {
    let list = html! {
        ul {
            @for (id, cause) in shown.findings() {
                @let class = if cause.finding.severity == Severity::Error { "bad" } else { "care" };
                li {
                    a href={ "#" (id) } { span class=(class) { (cause.finding.code) } }
                    " " (&cause.finding.message)
                    @if let Some(place) = cause.finding.place() { " " span.faint { (&place) } }
                }
            }
            @for (code, n) in &shown.more { li { (count(*n as u64, "more finding")) " of " (code) ", not shown" } }
        }
    };
    let title = html! { (&database.name) ": " (count(shown.causes.len() as u64, "finding")) };
    match shown.causes.len() {
        0 => html! {},
        n if n <= OPEN => html! { h3 { (title) } (list) },
        _ => html! { details { summary { (title) } (list) } },
    }
}

/// The class and the word of a result.
fn verdict(exit: Exit) -> (&'static str, &'static str) {
    match exit {
        Exit::Ok => ("good", "passed"),
        Exit::Incomplete => ("care", "incomplete"),
        Exit::Failed | Exit::Usage => ("bad", "failed"),
    }
}
