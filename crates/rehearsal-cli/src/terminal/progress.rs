//! Shows the progress of a backfill: a bar with rate and remaining time on a terminal, lines with counts and times in
//! a log.

use super::{Terminal, count, duration, thousands};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use rehearsal::event::ResumePoint;
use rehearsal::ledger::{Counts, Finding};
use std::fmt::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The interval between lines in a log.
const EVERY: Duration = Duration::from_secs(5);
/// Number of findings to print; the report contains all of them.
const FINDINGS: u64 = 10;

/// The progress of one backfill, updated by its events.
#[derive(Debug)]
pub struct Progress<'a> {
    terminal: &'a Terminal,
    state: Mutex<Option<State>>,
}

#[derive(Debug)]
struct State {
    bar: Option<ProgressBar>,
    backfill: &'static str,
    units: u64,
    before: u64,
    start: Instant,
    last_line: Instant,
    findings: u64,
    /// When the run was paused; `None` while it works.
    paused: Option<Instant>,
}

impl<'a> Progress<'a> {
    /// Creates a progress display on this terminal.
    #[must_use]
    pub fn new(terminal: &'a Terminal) -> Self {
        Self { terminal, state: Mutex::new(None) }
    }

    fn with(&self, update: impl FnOnce(&mut State)) {
        // If another thread panicked with the lock, that thread reports the panic; the counts are still valid.
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(state) = state.as_mut() {
            update(state);
        }
    }

    /// Starts the display of a pass.
    pub fn start(&self, backfill: &'static str, units: u64, resumed: Option<&ResumePoint>) {
        if let Some(resumed) = resumed {
            let done = count(resumed.units, "unit");
            self.terminal.note(&format!("{backfill}: resuming an interrupted run after {done}"));
        }
        let bar = self.terminal.bars().filter(|_| units > 0).map(|bars| {
            let bar = bars.add(ProgressBar::new(units));
            let style =
                ProgressStyle::with_template("  {prefix} {bar:30} {done} of {all} · {rate} per second · {eta} left");
            if let Ok(style) = style {
                let done = |state: &ProgressState, to: &mut dyn Write| {
                    let _ = write!(to, "{}", thousands(state.pos()));
                };
                let all = move |_: &ProgressState, to: &mut dyn Write| {
                    let _ = write!(to, "{}", thousands(units));
                };
                let rate = |state: &ProgressState, to: &mut dyn Write| {
                    let _ = write!(to, "{}", whole(state.per_sec()));
                };
                let style = style.with_key("done", done).with_key("all", all).with_key("rate", rate);
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_prefix(backfill);
            bar
        });
        let now = Instant::now();
        let before = resumed.map_or(0, |resumed| resumed.units);
        let state = State { bar, backfill, units, before, start: now, last_line: now, findings: 0, paused: None };
        *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(state);
    }

    /// Prints a line about a unit.
    pub fn unit(&self, line: &str) {
        self.terminal.note(&format!("  {line}"));
    }

    /// Prints a finding, if not too many were printed before.
    pub fn found(&self, finding: &Finding) {
        self.with(|state| {
            state.findings += 1;
            match state.findings {
                1..=FINDINGS => self.terminal.note(&format!("  {}: {finding}", finding.kind)),
                n if n == FINDINGS + 1 => self.terminal.note("  … the report lists all findings"),
                _ => {}
            }
        });
    }

    /// Stops the clock of the display while the run is paused: the time left does not count the pause.
    pub fn pause(&self) {
        self.with(|state| state.paused = state.paused.or_else(|| Some(Instant::now())));
    }

    /// Starts the clock again.
    pub fn resume(&self) {
        self.with(|state| {
            let Some(paused) = state.paused.take() else { return };
            state.start += paused.elapsed();
            if let Some(bar) = &state.bar {
                // The rate of the bar begins again, without the pause.
                bar.reset_eta();
            }
        });
    }

    /// Updates the display after a batch.
    pub fn batch(&self, counts: &Counts) {
        self.with(|state| {
            let done = counts.units - state.before;
            if let Some(bar) = &state.bar {
                bar.set_position(done);
            } else if state.last_line.elapsed() >= EVERY {
                state.last_line = Instant::now();
                self.terminal.note(&state.line(done));
            }
        });
    }

    /// Removes the display.
    pub fn end(&self) {
        self.with(|state| {
            if let Some(bar) = &state.bar {
                bar.finish_and_clear();
            }
        });
    }
}

impl State {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn line(&self, done: u64) -> String {
        let rate = done as f64 / self.start.elapsed().as_secs_f64().max(1e-9);
        let left = Duration::try_from_secs_f64(self.units.saturating_sub(done) as f64 / rate.max(1e-9));
        let percent = (done * 100).checked_div(self.units).unwrap_or(100);
        let rate = whole(rate);
        format!(
            "  {}: {} of {} ({percent} %) after {}, {rate} per second, {}",
            self.backfill,
            thousands(done),
            thousands(self.units),
            duration(self.start.elapsed()),
            match left {
                Ok(left) if left >= Duration::from_secs(1) => format!("about {} left", duration(left)),
                _ => "almost done".to_owned(),
            },
        )
    }
}

/// Formats a rate without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people, never negative")]
fn whole(rate: f64) -> String {
    thousands(rate as u64)
}
