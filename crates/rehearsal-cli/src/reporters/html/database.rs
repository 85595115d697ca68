//! The section of a database: its proofs, findings, history, backfills, and what the proofs measured.

use super::{Shown, backfill, crash, finding, gallery, latency, mutants, put, timeline};
use crate::reporters::matrix::{EMPTY, columns, names};
use crate::terminal::{count, duration};
use maud::{Markup, html};
use rehearsal::report::{DatabaseReport, ProofReport, ProofStatus, RehearsalReport, Status};
use std::io::{Error, Write};

/// Writes the section of a database.
pub(super) fn write(
    report: &RehearsalReport,
    database: &DatabaseReport,
    shown: &Shown<'_>,
    to: &mut dyn Write,
) -> Result<(), Error> {
    put(to, &heading(database, shown))?;
    for (id, cause) in shown.findings() {
        put(to, &finding::article(&id, database, cause))?;
    }
    for (code, n) in &shown.more {
        put(to, &html! { p.care { (count(*n as u64, "more finding")) " of " code { (code) } ", not shown" } })?;
    }
    for run in &database.runs {
        put(to, &backfill::section(run))?;
    }
    put(to, &timeline::section(report, database))?;
    for proof in &database.proofs {
        for run in proof.backfills() {
            put(to, &backfill::section_of_proof(proof, &run))?;
        }
    }
    put(to, &latency::section(database))?;
    put(to, &crash::section(database))?;
    put(to, &mutants::section(database))?;
    put(to, &gallery::section(database))?;
    put(to, &notes(database))
}

fn heading(database: &DatabaseReport, shown: &Shown<'_>) -> Markup {
    let known = [(Status::Existing, "existing finding"), (Status::Allowed, "allowed finding")];
    let known = known.map(|(status, noun)| (database.with_status(status), noun));
    html! {
        h2 id=(shown.id) { (&database.name) " " span.faint { (database.engine) " " (database.engine_version.as_deref().unwrap_or_default()) } }
        @if let Some(target) = &database.target { p { "Database: " code { (target) } } }
        @if let Some(why) = &database.incomplete { p.care { @for line in why.lines() { (line) br; } } }
        @if !database.proofs.is_empty() { (matrix(&database.proofs)) }
        @if !database.left_out.is_empty() { p.care { "Left out: " (database.left_out.join(", ")) } }
        @for (n, noun) in known { @if n > 0 { p.faint { (count(n as u64, noun)) ", not shown" } } }
    }
}

fn matrix(proofs: &[ProofReport]) -> Markup {
    let columns = columns(proofs);
    let row = |name: &&str| {
        html! {
            th scope="row" { (name) }
            @for fixture in &columns {
                @let proof = proofs.iter().find(|proof| proof.name == *name && proof.fixture.as_deref().unwrap_or(EMPTY) == *fixture);
                td { @if let Some(proof) = proof { (result(proof)) } }
            }
        }
    };
    let rows: Vec<Markup> = names(proofs, &columns).iter().map(row).collect();
    let heading: Vec<&str> = std::iter::once("Proof").chain(columns.iter().copied()).collect();
    super::table(&heading, &rows)
}

fn result(proof: &ProofReport) -> Markup {
    let (class, word) = match proof.status {
        ProofStatus::Passed => ("good", "✓ passed"),
        ProofStatus::Failed => ("bad", "✗ failed"),
        ProofStatus::Incomplete => ("care", "incomplete"),
        ProofStatus::Unchanged => {
            return html! { span.faint { "✓ unchanged since " (proof.made_at.as_deref().unwrap_or_default()) } };
        }
    };
    html! { span class=(class) { (word) } " " span.faint { (duration(proof.duration)) } }
}

/// What proofs say beside their findings: first what a person should look at.
fn notes(database: &DatabaseReport) -> Markup {
    let label = |proof: &ProofReport| match &proof.fixture {
        Some(fixture) => format!("{} / {fixture}", proof.name),
        None => proof.name.to_owned(),
    };
    let of = |texts: fn(&ProofReport) -> &Vec<String>| {
        let of_proof = |proof| texts(proof).iter().map(move |text| (label(proof), text));
        database.proofs.iter().flat_map(of_proof).collect::<Vec<_>>()
    };
    let groups = [
        ("care", "Warnings", of(|proof| &proof.warnings)),
        ("care", "Not covered", of(|proof| &proof.not_covered)),
        ("faint", "Notes", of(|proof| &proof.notes)),
    ];
    html! {
        @for (class, title, notes) in groups.iter().filter(|(_, _, notes)| !notes.is_empty()) {
            details open[*class == "care"] {
                summary { (title) " (" (notes.len()) ")" }
                ul { @for (label, text) in notes { li { span class=(class) { (label) ": " } (text) } } }
            }
        }
        @for note in &database.notes { p.faint { (note) } }
    }
}
