//! The run of a backfill: what was done and what was not, what to look at, how to undo it, its progress, and the
//! reconciliation of old values.

use super::chart;
use crate::terminal::{count, duration, thousands};
use maud::{Markup, html};
use rehearsal::ledger::{FindingKind, Logged, MAX_RANGES, OutcomeCounts, RangeProgress, Reconciliation, ValueOutcome};
use rehearsal::report::{BackfillRun, PassMode, PassState, ProofReport};
use std::collections::BTreeMap;
use std::time::Duration;

/// The kinds of findings that need no look: nothing was left out or chosen.
const HARMLESS: [FindingKind; 3] = [FindingKind::Duplicate, FindingKind::Present, FindingKind::Reconciled];

/// Returns the section of a run on a throwaway database.
pub(super) fn section_of_proof(proof: &ProofReport, run: &BackfillRun) -> Markup {
    let data = proof.fixture.as_deref().unwrap_or_default();
    section_titled(html! { "Backfill " (run.backfill) " " span.faint { "with " (data) } }, run)
}

/// Returns the section of a run on a real database.
pub(super) fn section(run: &BackfillRun) -> Markup {
    section_titled(html! { "Backfill " (run.backfill) }, run)
}

fn section_titled(title: Markup, run: &BackfillRun) -> Markup {
    html! {
        h3 { (title) }
        p { (verdict(run)) }
        dl {
            dt { "done" } dd { (done(run)) }
            dt { "not done" } dd { @match not_done(run) { Some(left) => span.care { (left) }, None => "nothing" } }
            dt { "to look at" }
            dd {
                @if to_look_at(run).is_empty() { "nothing" }
                @for (n, (kind, count)) in to_look_at(run).into_iter().enumerate() {
                    @if n > 0 { ", " }
                    span.care { (thousands(count)) " " (kind) }
                }
            }
            @if let Some(error) = &run.error { dt { "error" } dd.bad { (error) } }
            dt { "time" }
            dd { (duration(milliseconds(run.duration_ms))) " in " (batches(run)) ", " (thousands(whole(run.rate()))) " " (run.unit) "s per second" }
            @if let Some(undo) = &run.undo { dt { "undo it" } dd { code { (undo) } } }
            @if let Some(record) = &run.record { dt { "record" } dd { code { (record) } " " span.faint { "has every finding" } } }
        }
        (batch_times(run))
        (ranges(&run.ranges))
        (reconciliation(&run.counts.reconciliation))
        (tallies(run))
        (findings(run))
        (log(&run.log))
    }
}

fn verdict(run: &BackfillRun) -> Markup {
    let (class, word) = match (run.state, run.mode) {
        (PassState::Failed, _) => ("bad", "Failed. Committed batches stay; run it again to resume."),
        (PassState::Stopped, _) => ("care", "Interrupted. Run it again to resume."),
        (PassState::Finished, PassMode::DryRun) => ("good", "Dry run. Nothing was written."),
        (PassState::Finished, PassMode::Execute) => ("good", "Finished."),
        (PassState::Finished, PassMode::Undo) => ("good", "Undone."),
        (PassState::Finished, PassMode::UndoDryRun) => ("good", "Dry run of undoing. Nothing was written."),
    };
    html! { span class=(class) { (word) } " " span.faint { "Started " (run.started_at) "." } }
}

fn done(run: &BackfillRun) -> String {
    let verb = match run.mode {
        PassMode::Execute => "written",
        PassMode::DryRun => "would be written",
        PassMode::Undo => "reverted",
        PassMode::UndoDryRun => "would be reverted",
    };
    let mut text = format!("{}, {} {verb}", count(run.counts.units, &run.unit), count(run.counts.writes, "row"));
    if let Some(earlier) = run.resumed_units {
        text.push_str(&format!("; {} of them by earlier processes", count(earlier, &run.unit)));
    }
    if let Some(before) = run.already_done {
        text.push_str(&format!("; {} had been done before", count(before, &run.unit)));
    }
    text
}

fn not_done(run: &BackfillRun) -> Option<String> {
    let mut parts = Vec::new();
    if run.left > 0 {
        parts.push(format!("{} still pending", count(run.left, &run.unit)));
    }
    if run.counts.unchanged > 0 {
        parts.push(format!("{} left unchanged: another session had filled them", count(run.counts.unchanged, "row")));
    }
    if run.counts.rejected() > 0 {
        parts.push(format!("{} rejected", count(run.counts.rejected(), &run.unit)));
    }
    let skipped = run.counts.findings.get(&FindingKind::Skipped).copied().unwrap_or_default();
    if skipped > 0 {
        parts.push(format!("{} skipped", count(skipped, "value")));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn to_look_at(run: &BackfillRun) -> Vec<(FindingKind, u64)> {
    let told = [FindingKind::Skipped, FindingKind::Rejected];
    let counts = run.counts.findings.iter().map(|(kind, n)| (*kind, *n));
    counts.filter(|(kind, n)| *n > 0 && !HARMLESS.contains(kind) && !told.contains(kind)).collect()
}

fn batches(run: &BackfillRun) -> String {
    let n = run.batches.iter().map(|point| point.batches).sum();
    count(n, "batch")
}

fn batch_times(run: &BackfillRun) -> Markup {
    if run.batches.len() < 2 {
        return html! {};
    }
    let times: Vec<f64> = run.batches.iter().map(|point| point.longest_ms).collect();
    let per_bar = run.batches.iter().map(|point| point.batches).max().unwrap_or(1);
    let longest = times.iter().copied().fold(0.0, f64::max);
    html! {
        p.faint {
            "Time from commit to commit: each bar is "
            @if per_bar > 1 { "the longest of " (per_bar) " batches" } @else { "a batch" }
            "; the longest took " (duration(milliseconds(longest))) "."
        }
        (chart::series(&times, None))
    }
}

fn ranges(ranges: &[RangeProgress]) -> Markup {
    if ranges.is_empty() {
        return html! {};
    }
    let most = ranges.iter().map(|range| range.units).max().unwrap_or(1).max(1);
    let row = |range: &RangeProgress| {
        html! {
            th.number scope="row" { (range.number) }
            td.number { (thousands(range.units)) }
            td { (chart::bar(ratio(range.units, most))) }
            td.number { (thousands(range.batches)) }
            td { @if range.done { span.good { "done" } } @else { span.care { "open" } } }
        }
    };
    let done = ranges.iter().filter(|range| range.done).count();
    html! {
        details open[ranges.len() <= 12] {
            summary { (done) " of " @if ranges.len() == MAX_RANGES { "the first " } (count(ranges.len() as u64, "range")) " done" }
            (super::table(&["Range", "Units", "", "Batches", ""], &ranges.iter().map(row).collect::<Vec<_>>()))
        }
    }
}

/// The old values by key and outcome, of which each is counted once.
fn reconciliation(reconciliation: &Reconciliation) -> Markup {
    if reconciliation.is_empty() {
        return html! {};
    }
    let total = reconciliation.total();
    let shown: Vec<ValueOutcome> = ValueOutcome::ALL.into_iter().filter(|outcome| total.of(*outcome) > 0).collect();
    let row = |key: &str, counts: &OutcomeCounts| {
        html! {
            th scope="row" { (key) }
            td.number { (thousands(counts.total())) }
            @for outcome in &shown { td.number { (thousands(counts.of(*outcome))) } }
        }
    };
    let others = [("other keys", reconciliation.other_total()), ("no key", reconciliation.keyless)];
    let mut rows: Vec<Markup> = reconciliation.fields.iter().map(|(key, counts)| row(key, counts)).collect();
    rows.extend(others.iter().filter(|(_, counts)| counts.total() > 0).map(|(key, counts)| row(key, counts)));
    rows.push(row("total", &total));
    let heading: Vec<&str> =
        ["Old values", "total"].into_iter().chain(shown.iter().map(|outcome| outcome.name())).collect();
    super::table(&heading, &rows)
}

fn tallies(run: &BackfillRun) -> Markup {
    html! {
        @if !run.counts.tallies.is_empty() {
            dl {
                @for (group, labels) in &run.counts.tallies {
                    dt { (group) }
                    dd { (sorted(labels)) }
                }
            }
        }
    }
}

fn sorted(labels: &BTreeMap<String, u64>) -> String {
    let mut labels: Vec<_> = labels.iter().collect();
    labels.sort_by_key(|(label, n)| (std::cmp::Reverse(**n), label.as_str()));
    labels.iter().map(|(label, n)| format!("{} {}", label, thousands(**n))).collect::<Vec<_>>().join(", ")
}

/// The findings by kind and field, skipped values by reason, and a sample of each kind.
fn findings(run: &BackfillRun) -> Markup {
    let kinds: Vec<_> = run.fields.iter().filter(|(_, fields)| !fields.is_empty()).collect();
    let sample = |kind: FindingKind| run.sample.iter().filter(move |finding| finding.kind == kind);
    html! {
        @for (kind, fields) in kinds {
            details {
                summary { (thousands(fields.values().sum())) " " (kind) }
                dl { @for (field, n) in fields { dt { code { (field_name(field)) } } dd { (thousands(*n)) } } }
                @if *kind == FindingKind::Skipped && run.skipped.keys().any(|reason| !reason.is_empty()) {
                    p.faint { "By reason:" }
                    ul { @for (reason, n) in &run.skipped { li { (thousands(*n)) ": " (reason) } } }
                }
                @if sample(*kind).next().is_some() {
                    p.faint { "The first ones:" }
                    ul { @for finding in sample(*kind) { li { (finding.to_string()) } } }
                }
            }
        }
    }
}

fn field_name(field: &str) -> &str {
    if field.is_empty() { "(whole unit)" } else { field }
}

fn log(log: &[Logged]) -> Markup {
    let row = |entry: &Logged| {
        html! {
            td { (entry.at) }
            td { (&entry.did) }
            td { (&entry.who) }
            td { code { (&entry.version) } }
        }
    };
    html! {
        @if !log.is_empty() {
            p.faint { "Audit trail:" }
            (super::table(&["When", "What", "Who", "Version"], &log.iter().map(row).collect::<Vec<_>>()))
        }
    }
}

fn milliseconds(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

/// The share of a number in a greater one.
#[allow(clippy::cast_precision_loss)] // It is drawn with a precision of a percent.
fn ratio(n: u64, of: u64) -> f64 {
    n as f64 / of as f64
}

/// The whole part of a rate.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A rate is positive, and far below 2^64.
fn whole(rate: f64) -> u64 {
    rate as u64
}
