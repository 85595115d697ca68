//! Which check killed how many mutants of each backfill.

use super::chart;
use crate::terminal::count;
use maud::{Markup, html};
use rehearsal::report::{DatabaseReport, ProofReport};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The figures of *mutation* for a backfill.
#[derive(Deserialize)]
struct Mutants {
    mutants: u32,
    killed: u32,
    by: BTreeMap<String, u32>,
    survivors: Vec<Survivor>,
}

#[derive(Deserialize)]
struct Survivor {
    mutant: String,
    check: Option<String>,
}

/// Returns the mutants of a database.
pub(super) fn section(database: &DatabaseReport) -> Markup {
    let all: Vec<(String, Mutants)> = database.proofs.iter().flat_map(mutants).collect();
    html! {
        @if !all.is_empty() { h3 { "Mutants" } }
        @for (backfill, mutants) in all {
            p { (&backfill) ": " (mutants.killed) " of " (count(u64::from(mutants.mutants), "mutant")) " killed" }
            @let row = |(check, n): (&String, &u32)| html! {
                th scope="row" { (check) }
                td.number { (n) }
                td { (chart::bar(f64::from(*n) / f64::from(mutants.mutants.max(1)))) }
            };
            (super::table(&["Killed by", "Mutants", ""], &mutants.by.iter().map(row).collect::<Vec<_>>()))
            @if !mutants.survivors.is_empty() {
                p.bad { "Survived:" }
                ul {
                    @for survivor in &mutants.survivors {
                        li { (&survivor.mutant) @if let Some(check) = &survivor.check { pre { (check) } } }
                    }
                }
            }
        }
    }
}

fn mutants(proof: &ProofReport) -> Vec<(String, Mutants)> {
    if proof.name != "mutation" {
        return Vec::new();
    }
    let read = |(name, figure): (&String, &serde_json::Value)| Some((name.clone(), Mutants::deserialize(figure).ok()?));
    proof.figures.iter().filter_map(read).collect()
}
