//! One HTML file with the whole report: a summary, and for each database the proofs, the findings, the timeline of its history,
//! and what the proofs measured. It needs no script and no other file.

mod backfill;
mod chart;
mod crash;
mod database;
mod finding;
mod gallery;
mod latency;
mod mutants;
mod source;
mod summary;
mod timeline;

use super::causes::{Cause, causes, first_of_each};
use crate::terminal::visible;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rehearsal::report::{DatabaseReport, RehearsalReport, Reporter};
use std::io::{Error, Write};

/// The most findings of a code in a database that are shown.
const OF_A_KIND: usize = 1_000;

/// The format `html`.
pub struct Html;

impl Reporter for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> Result<(), Error> {
        let shown: Vec<Shown<'_>> = report.databases.iter().enumerate().map(|(at, one)| Shown::of(at, one)).collect();
        // Each part is written before the next one is made, so that memory does not grow with the number of findings.
        put(to, &head(summary::title(report)))?;
        summary::write(report, &shown, to)?;
        for (database, shown) in report.databases.iter().zip(&shown) {
            database::write(report, database, shown, to)?;
        }
        writeln!(to, "</main>\n</body>\n</html>")
    }
}

/// The findings of a database that are shown, and how many more there are of each code.
struct Shown<'r> {
    /// The id of the section of the database.
    id: String,
    causes: Vec<Cause<'r>>,
    more: Vec<(&'static str, usize)>,
}

impl<'r> Shown<'r> {
    fn of(at: usize, database: &'r DatabaseReport) -> Self {
        let reported = database.findings.iter().filter(|finding| finding.is_reported());
        let (first, more) = first_of_each(reported, OF_A_KIND);
        let causes = causes(first.into_iter());
        Self { id: format!("d{}", at + 1), causes, more }
    }

    /// The findings, each with its id.
    fn findings(&self) -> impl Iterator<Item = (String, &Cause<'r>)> {
        self.causes.iter().zip(1..).map(|(cause, n)| (format!("{}f{n}", self.id), cause))
    }
}

/// Writes a part of the document. Texts can hold values of rows: maud escapes elements, and here characters become visible.
fn put(to: &mut dyn Write, part: &Markup) -> Result<(), Error> {
    to.write_all(visible(&part.0).as_bytes())?;
    to.write_all(b"\n")
}

/// The document up to the start of `main`, which [`Html::write`] ends.
fn head(title: String) -> Markup {
    html! {
        (DOCTYPE)
        (PreEscaped("<html lang=\"en\">"))
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            // A browser asks for an icon otherwise.
            link rel="icon" href="data:,";
            title { (title) }
            style { (PreEscaped(include_str!("style.css"))) }
        }
        (PreEscaped("<body>\n<main>"))
    }
}

/// A table that scrolls on its own if it is too wide.
fn table(heading: &[&str], rows: &[Markup]) -> Markup {
    html! {
        div.table tabindex="0" {
            table {
                thead { tr { @for name in heading { th scope="col" { (name) } } } }
                tbody { @for row in rows { tr { (row) } } }
            }
        }
    }
}
