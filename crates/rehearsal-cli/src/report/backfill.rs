//! The summary of a backfill run as text.

use super::reconciliation_table;
use crate::terminal::{Paint, columns, count, duration, thousands};
use rehearsal::backfill::{Effect, Ending, Outcome};

/// Formats a heading with the outcome, followed by the counts.
#[must_use]
pub fn backfill_summary(outcome: &Outcome, database: &str, paint: Paint) -> String {
    let about = outcome.about;
    let counts = &outcome.counts;
    if let (0, Some(done)) = (counts.units, outcome.already_done) {
        let nothing = match (outcome.effect, done) {
            (Effect::Undo | Effect::PredictUndo, _) => format!("nothing to undo: no {} is processed", about.unit),
            (_, 0) => format!("nothing to do: there is no {}", about.unit),
            _ => format!("nothing to do: {} already done", is_are(done, about.unit)),
        };
        return format!("{} on {database}: {nothing}\n", paint.strong(about.name));
    }
    if outcome.effect == Effect::PredictUndo {
        let rows = [(format!("{}s", about.unit), format!("{} would be undone", thousands(counts.units)))];
        let did = paint.warning("dry run: nothing was written");
        return format!("{} on {database}: {did}\n{}", paint.strong(about.name), columns(&rows));
    }
    let did = match (outcome.effect, outcome.ending) {
        (Effect::Predict, Ending::Finished | Ending::FinishedElsewhere) => {
            paint.warning("dry run: nothing was written")
        }
        (Effect::Predict, Ending::Stopped) => paint.warning("dry run interrupted; the counts are incomplete"),
        (_, Ending::Stopped) => paint.warning("interrupted; run it again to resume"),
        (Effect::Undo, Ending::Finished) => paint.good("undone"),
        (_, Ending::FinishedElsewhere) => {
            paint.good("done together with another process, whose report contains the findings")
        }
        (_, Ending::Finished) => paint.good("done"),
    };
    let would = match outcome.effect {
        Effect::Predict => "would be written",
        Effect::Undo | Effect::PredictUndo => "undone",
        Effect::Execute | Effect::Again => "written",
    };
    let before = match &outcome.resumed {
        Some(resumed) => format!(", {} of them by an earlier process", thousands(resumed.units)),
        None => String::new(),
    };
    let mut rows = vec![
        (format!("{}s", about.unit), format!("{}{before}", thousands(counts.units))),
        ("rows".to_owned(), format!("{} {would}", thousands(counts.writes))),
    ];
    if counts.unchanged > 0 {
        let why = match outcome.effect {
            Effect::Undo => "still referenced by other rows",
            _ => "already filled by another session",
        };
        rows.push((String::new(), format!("{} unchanged: {why}", thousands(counts.unchanged))));
    }
    if outcome.left > 0 {
        let left = format!("{}, inserted concurrently or still pending; run it again", count(outcome.left, about.unit));
        rows.push(("left".to_owned(), paint.warning(left)));
    }
    if counts.retries > 0 {
        rows.push(("retries".to_owned(), format!("{}, each from the last committed batch", thousands(counts.retries))));
    }
    for (kind, n) in &counts.findings {
        rows.push((kind.to_string(), paint.warning(thousands(*n))));
    }
    for (group, labels) in &counts.tallies {
        let mut labels: Vec<_> = labels.iter().collect();
        labels.sort_by_key(|(label, n)| (std::cmp::Reverse(**n), label.as_str()));
        let all = labels.iter().map(|(label, n)| format!("{label} {}", thousands(**n))).collect::<Vec<_>>().join(", ");
        rows.push((group.clone(), all));
    }
    rows.push(("time".to_owned(), format!("{} in {}", duration(outcome.took), count(counts.batches, "batch"))));
    let (rows, values) = (columns(&rows), reconciliation_table(&counts.reconciliation, paint));
    format!("{} on {database}: {did}\n{rows}{values}", paint.strong(about.name))
}

fn is_are(n: u64, unit: &str) -> String {
    if n == 1 { format!("1 {unit} is") } else { format!("{} {unit}s are", thousands(n)) }
}
