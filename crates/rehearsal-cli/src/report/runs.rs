//! The runs of backfills in the ledger, as text and JSON, and the effect of control requests.

use crate::terminal::{Paint, columns, count, thousands};
use rehearsal::backfill::{About, ControlOutcome, ControlRequest, RunActivity, RunStatus};
use rehearsal::ledger::{Logged, RunRecord, RunState, Work};
use rehearsal_db::command::command;
use serde_json::{Value, json};

/// A backfill and its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct BackfillStatus {
    /// The backfill.
    pub about: About,
    /// The address of the database.
    pub database: String,
    /// The work that is left.
    pub status: RunStatus,
    /// The runs, by number.
    pub runs: Vec<RunRecord>,
}

/// Formats the work that is left.
#[must_use]
pub fn run_status_text(about: &About, status: &RunStatus, paint: Paint) -> String {
    match status {
        RunStatus::TooEarly => paint.faint(format!("not before {} is applied", about.from)),
        RunStatus::Over => paint.faint("its window is over"),
        RunStatus::Pending(units) => paint.warning(format!("{} pending", count(*units, about.unit))),
        RunStatus::Done => paint.good("nothing to do"),
    }
}

/// Formats a heading and one line per run: its work, state and counts, its start and last change, and the user and
/// code version of that change.
#[must_use]
pub fn runs_table(status: &BackfillStatus, paint: Paint) -> String {
    let about = &status.about;
    let left = run_status_text(about, &status.status, paint);
    let mut text = format!("{} on {}: {left}\n", paint.strong(about.name), status.database);
    let cells: Vec<[String; 6]> = status.runs.iter().map(|run| cells(about, run)).collect();
    let width = |at: usize| cells.iter().map(|row| row[at].chars().count()).max().unwrap_or_default();
    for (row, run) in cells.iter().zip(&status.runs) {
        let padded = |at: usize| format!("{:<1$}", row[at], width(at));
        let state = painted(run, padded(2), paint);
        let line =
            format!("  {}  {}  {state}  {}  {}  {}", padded(0), padded(1), padded(3), padded(4), paint.faint(&row[5]));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cells(about: &About, run: &RunRecord) -> [String; 6] {
    let by = run.log.last().map(|Logged { who, version, .. }| format!("{who}, {version}")).unwrap_or_default();
    let when = if run.started_at == run.updated_at {
        run.started_at.clone()
    } else {
        format!("{} to {}", run.started_at, short(&run.started_at, &run.updated_at))
    };
    let (units, rows) = (count(run.counts.units, about.unit), count(run.counts.writes, "row"));
    [
        format!("run {}", run.run),
        format!("{}{}", run.work.as_str(), run.scope_typed()),
        run.state.as_str().to_owned(),
        format!("{units}, {rows}"),
        when,
        by,
    ]
}

/// Omits the date if it is the same day.
fn short<'t>(from: &str, to: &'t str) -> &'t str {
    match (from.get(..10), to.get(..10)) {
        (Some(one), Some(other)) if one == other => to.get(11..).unwrap_or(to),
        _ => to,
    }
}

fn painted(run: &RunRecord, text: String, paint: Paint) -> String {
    match run.state {
        RunState::Finished => paint.good(text),
        RunState::Failed => paint.bad(text),
        RunState::Superseded => paint.faint(text),
        _ => paint.warning(text),
    }
}

/// Returns an array of objects with `backfill`, `database`, `pending` (units; null if the backfill cannot run) and
/// `runs`. Each run has `run`, `work`, `scope`, `state`, `counts` (as in a report), `started_at`, `updated_at` (UTC)
/// and `log`, an array of objects with `at`, `who`, `version` (of the code) and `did`.
#[must_use]
pub fn runs_json(all: &[BackfillStatus]) -> Value {
    let one = |status: &BackfillStatus| {
        let pending = match status.status {
            RunStatus::TooEarly | RunStatus::Over => None,
            RunStatus::Pending(units) => Some(units),
            RunStatus::Done => Some(0),
        };
        json!({ "backfill": status.about.name, "database": status.database, "pending": pending, "runs": status.runs })
    };
    all.iter().map(one).collect()
}

/// Formats the effect of a request on each run.
#[must_use]
pub fn asked_text(
    about: &About,
    request: ControlRequest,
    asked: &[ControlOutcome],
    database: &str,
    paint: Paint,
) -> String {
    let heading = format!("{} on {database}", paint.strong(about.name));
    if asked.is_empty() {
        return format!(
            "{heading}: no run is active; list all runs with `{}`",
            command(&format!("backfill {} --status", about.name))
        );
    }
    let line = |asked: &ControlOutcome| {
        let done = format!("{} done", count(asked.run.counts.units, about.unit));
        let sentence = match (asked.now, asked.activity) {
            (None, RunActivity::Idle) if asked.run.state == RunState::Running => {
                format!(
                    "no process is working on it; resume it with `{}`",
                    command(&format!("backfill {} --execute", about.name))
                )
            }
            (None, _) => paint.warning(format!("remains {}", asked.run.state.as_str())),
            (Some(RunState::Pausing), RunActivity::Active) => "pauses after the current batch".to_owned(),
            (Some(RunState::Stopping), _) => "stops after the current batch".to_owned(),
            (Some(RunState::Running), RunActivity::Active) => "resumes".to_owned(),
            (Some(RunState::Running), RunActivity::Idle) => {
                format!(
                    "no process is working on it; resume it with `{}`",
                    command(&format!("backfill {} --execute", about.name))
                )
            }
            (Some(state), _) => format!("is {}", state.as_str()),
        };
        (format!("run {}", asked.run.run), format!("{sentence}; {done}"))
    };
    let rows: Vec<_> = asked.iter().map(line).collect();
    let next = match request {
        ControlRequest::Pause if asked.iter().any(|asked| asked.now.is_some()) => {
            format!(
                "  {}\n",
                paint.faint(format!("resume it: {}", command(&format!("backfill {} --resume", about.name))))
            )
        }
        _ => String::new(),
    };
    format!("{heading}\n{}{next}", columns(&rows))
}

/// Formats the state of a backfill for the timeline: the work that is left and its last run.
#[must_use]
pub fn timeline_text(about: &About, status: &RunStatus, run: Option<&RunRecord>, paint: Paint) -> String {
    match (status, run) {
        (RunStatus::TooEarly | RunStatus::Over, _) | (_, None) => run_status_text(about, status, paint),
        (RunStatus::Done, Some(run)) if run.state == RunState::Finished && run.work == Work::Execute => {
            paint.good(format!("done {}", run.updated_at))
        }
        (status, Some(run)) if !run.state.is_over() => {
            let done = thousands(run.counts.units);
            format!("{}, {done} done; {}", run_status_text(about, status, paint), paint.warning(run.state.as_str()))
        }
        (status, Some(_)) => run_status_text(about, status, paint),
    }
}
