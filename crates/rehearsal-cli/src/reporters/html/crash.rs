//! At which commit points *crash* interrupted which step.

use crate::terminal::count;
use maud::{Markup, html};
use rehearsal::report::{DatabaseReport, ProofReport};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The most commit points of a step that are drawn.
const POINTS: usize = 200;

/// A step of the proof, as its figures describe it.
#[derive(Deserialize)]
struct Step {
    step: String,
    commits: usize,
    at: Vec<Interruption>,
}

#[derive(Deserialize)]
struct Interruption {
    commit: usize,
    what: String,
}

/// Returns the interruptions of a database.
pub(super) fn section(database: &DatabaseReport) -> Markup {
    let of_proof = |proof| steps(proof).into_iter().map(move |step| (proof, step));
    let all: Vec<(&ProofReport, Step)> = database.proofs.iter().flat_map(of_proof).collect();
    html! {
        @if !all.is_empty() {
            h3 { "Interrupted commits" }
            p.faint { "Each box is a commit of the step. At each dark box, a process was killed, or lost its sessions or its server." }
        }
        @for (proof, step) in all {
            @let hit: BTreeSet<usize> = step.at.iter().map(|interruption| interruption.commit).collect();
            p { (&step.step) " " span.faint { (data(proof)) } ": " (kinds(&step.at)) " at " (hit.len()) " of " (count(step.commits as u64, "commit")) }
            div.points aria-hidden="true" { @for point in 1..=step.commits.min(POINTS) { i.hit[hit.contains(&point)] {} } }
            @if step.commits > POINTS { p.faint { "Only the first " (POINTS) " commits are drawn." } }
        }
    }
}

fn data(proof: &ProofReport) -> String {
    proof.fixture.as_ref().map(|fixture| format!("with {}", fixture)).unwrap_or_else(|| "with no rows".to_owned())
}

/// Counts the interruptions by kind: `a kill × 4, a server crash × 2`.
fn kinds(at: &[Interruption]) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for Interruption { what, .. } in at {
        match kinds.iter_mut().find(|(known, _)| known == what) {
            Some((_, n)) => *n += 1,
            None => kinds.push((what, 1)),
        }
    }
    let texts: Vec<String> = kinds.into_iter().map(|(what, n)| format!("{what} × {n}")).collect();
    if texts.is_empty() { "no interruption".to_owned() } else { texts.join(", ") }
}

fn steps(proof: &ProofReport) -> Vec<Step> {
    let figure = proof.figures.get("interrupted").filter(|_| proof.name == "crash");
    figure.and_then(|figure| serde::Deserialize::deserialize(figure).ok()).unwrap_or_default()
}
