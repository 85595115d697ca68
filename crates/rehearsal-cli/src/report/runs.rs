//! The runs of backfills, as the ledger has them: a table for people, an array for scripts.

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
    /// What is left to do there.
    pub status: RunStatus,
    /// Its runs, by number.
    pub runs: Vec<RunRecord>,
}

/// What is left to do, as a person reads it.
#[must_use]
pub fn run_status_text(about: &About, status: &RunStatus, paint: Paint) -> String {
    match status {
        RunStatus::TooEarly => paint.faint(format!("once {} is applied", about.from)),
        RunStatus::Over => paint.faint("its time is over"),
        RunStatus::Pending(units) => paint.odd(format!("{} to do", count(*units, about.unit))),
        RunStatus::Done => paint.good("nothing to do"),
    }
}

/// A heading, and a line a run: what it does, how it stands, its counts, when it began and when it was last moved, who did that
/// and with which code.
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

/// The time alone where the day is the same.
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
        _ => paint.odd(text),
    }
}

/// An array of `backfill`, `database`, `pending` (units; null where it can't run there) and `runs`: each with `run`, `work`,
/// `scope`, `state`, `counts` (as in a report), `started_at`, `updated_at` (UTC) and `log`, an array of `at`, `who`, `version`
/// (of the code) and `did`.
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

/// What came of a request.
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
            "{heading}: no run is under way; `{}` tells of all",
            command(&format!("backfill {} --status", about.name))
        );
    }
    let line = |asked: &ControlOutcome| {
        let done = format!("{} done", count(asked.run.counts.units, about.unit));
        let sentence = match (asked.now, asked.activity) {
            (None, RunActivity::Idle) if asked.run.state == RunState::Running => {
                format!(
                    "nobody is at work on it: `{}` takes it up",
                    command(&format!("backfill {} --execute", about.name))
                )
            }
            (None, _) => paint.odd(format!("is {}, and stays so", asked.run.state.as_str())),
            (Some(RunState::Pausing), RunActivity::Active) => "pauses after the batch in hand".to_owned(),
            (Some(RunState::Stopping), _) => "stops after the batch in hand".to_owned(),
            (Some(RunState::Running), RunActivity::Active) => "goes on".to_owned(),
            (Some(RunState::Running), RunActivity::Idle) => {
                format!(
                    "nobody is at work on it: `{}` takes it up",
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
                paint.faint(format!("to let it go on: {}", command(&format!("backfill {} --resume", about.name))))
            )
        }
        _ => String::new(),
    };
    format!("{heading}\n{}{next}", columns(&rows))
}

/// How a backfill stands, beside the migrations: what is left, and the run that it is about.
#[must_use]
pub fn timeline_text(about: &About, status: &RunStatus, run: Option<&RunRecord>, paint: Paint) -> String {
    match (status, run) {
        (RunStatus::TooEarly | RunStatus::Over, _) | (_, None) => run_status_text(about, status, paint),
        (RunStatus::Done, Some(run)) if run.state == RunState::Finished && run.work == Work::Execute => {
            paint.good(format!("done {}", run.updated_at))
        }
        (status, Some(run)) if !run.state.is_over() => {
            let done = thousands(run.counts.units);
            format!("{}, {done} done; {}", run_status_text(about, status, paint), paint.odd(run.state.as_str()))
        }
        (status, Some(_)) => run_status_text(about, status, paint),
    }
}
