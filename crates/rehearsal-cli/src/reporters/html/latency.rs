//! How long writes of the app waited while backfills ran, against the longest wait that the project allows.

use maud::{Markup, html};
use rehearsal::report::{DatabaseReport, ProofReport};
use serde::Deserialize;

/// The figures of *concurrent* for a backfill, as far as they are shown.
#[derive(Deserialize)]
struct Waits {
    during: u64,
    limit_ms: f64,
    wait_ms: Percentiles,
}

#[derive(Deserialize)]
struct Percentiles {
    p50: f64,
    p99: f64,
    max: f64,
}

/// Returns the latencies of a database.
pub(super) fn section(database: &DatabaseReport) -> Markup {
    let of_proof = |proof| waits(proof).into_iter();
    let all: Vec<(String, Waits)> = database.proofs.iter().flat_map(of_proof).collect();
    html! {
        @if !all.is_empty() { h3 { "Waits of the app's writes" } }
        @for (name, waits) in all {
            @let Percentiles { p50, p99, max } = waits.wait_ms;
            p {
                (&name) ": " (format!("{p50:.0} ms (p50), {p99:.0} ms (p99), {max:.0} ms (max)")) " in "
                (waits.during) " writes; allowed " (format!("{:.0} ms", waits.limit_ms))
            }
            (scale(&[p50, p99, max], waits.limit_ms))
        }
    }
}

/// A scale from zero to beyond the limit, with a mark for each value. It is logarithmic, because the limit is usually far away.
fn scale(values: &[f64; 3], limit: f64) -> Markup {
    let end = values.iter().copied().fold(limit, f64::max) * 1.25;
    let at = |value: f64| ((1.0 + value.max(0.0)).ln() / (1.0 + end).ln() * 400.0).min(400.0);
    let text = |value: f64| format!("{:.1}", at(value));
    let [p50, p99, max] = *values;
    html! {
        svg.plot viewBox="0 0 400 40" preserveAspectRatio="none" aria-hidden="true" {
            line.axis x1="0" x2="400" y1="30" y2="30" {}
            rect.rest x="0" y="22" width=(text(max)) height="8" {}
            rect class=(if max > limit { "fill bad" } else { "fill" }) x=(text(p50)) y="18" width=(format!("{:.1}", (at(p99) - at(p50)).max(1.0))) height="12" {}
            line.limit x1=(text(limit)) x2=(text(limit)) y1="4" y2="36" {}
        }
        p.faint { "Logarithmic scale. Pale: up to the longest wait. Dark: p50 to p99. Dashed: the limit." }
    }
}

fn waits(proof: &ProofReport) -> Vec<(String, Waits)> {
    if proof.name != "concurrent" {
        return Vec::new();
    }
    let label = |backfill: &str| format!("{backfill} with {}", proof.fixture.as_deref().unwrap_or_default());
    let read = |(name, figure): (&String, &serde_json::Value)| Some((label(name), Waits::deserialize(figure).ok()?));
    proof.figures.iter().filter_map(read).collect()
}
