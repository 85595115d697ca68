//! Shows what a rehearsal does: on a terminal one changing line for each database, with the current proof, how many are over
//! and the elapsed time; in a log one line for all databases every ten seconds.

use super::streams::log;
use super::{Terminal, duration};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rehearsal::event::Event;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The interval between lines in a log.
const EVERY: Duration = Duration::from_secs(10);
/// The data of a proof without a fixture.
const EMPTY: &str = "(empty)";

/// The lines of the databases.
#[derive(Debug)]
pub struct Steps {
    lines: Arc<Lines>,
    bars: Option<MultiProgress>,
    /// Writes to the log; it ends when its sender is dropped.
    log: Option<(Sender<()>, JoinHandle<()>)>,
}

#[derive(Debug)]
struct Lines {
    began: Instant,
    lines: Mutex<Vec<Line>>,
}

/// What is known of one database.
#[derive(Debug)]
struct Line {
    database: String,
    /// The proof that started last, with its data.
    proof: String,
    done: usize,
    of: usize,
    bar: Option<ProgressBar>,
}

impl Line {
    fn text(&self) -> String {
        match self.of {
            0 => self.database.clone(),
            of => format!("{}: {}, {} of {of} proofs", self.database, self.proof, self.done),
        }
    }
}

impl Lines {
    fn all(&self) -> MutexGuard<'_, Vec<Line>> {
        // If another thread panicked with the lock, that thread reports the panic; the lines are still valid.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the line of a log; empty if there is nothing to say.
    fn summary(&self) -> String {
        let lines: Vec<String> = self.all().iter().map(Line::text).collect();
        if lines.is_empty() {
            return String::new();
        }
        format!("running for {}: {}", duration(self.began.elapsed()), lines.join("; "))
    }
}

impl Steps {
    /// Starts to show steps.
    #[must_use]
    pub fn new(terminal: &Terminal) -> Self {
        let lines = Arc::new(Lines { began: Instant::now(), lines: Mutex::default() });
        let bars = terminal.bars().cloned();
        let log = bars.is_none().then(|| {
            let (sender, receiver) = channel();
            let lines = Arc::clone(&lines);
            let thread = std::thread::spawn(move || {
                while receiver.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                    log(&lines.summary());
                }
            });
            (sender, thread)
        });
        Self { lines, bars, log }
    }

    /// Shows the start of a proof or a step; ignores any other event.
    pub fn show(&self, event: Event) {
        match event {
            Event::ProofStarted { database, proof, fixture, done, of } => self.update(&database, |line| {
                line.proof = format!("{proof} / {}", fixture.as_deref().unwrap_or(EMPTY));
                (line.done, line.of) = (done, of);
                line.text()
            }),
            Event::Step { database, step } => self.update(&database, |line| format!("{}: {step}", line.text())),
            _ => {}
        }
    }

    fn update(&self, database: &str, text: impl FnOnce(&mut Line) -> String) {
        let mut lines = self.lines.all();
        let at = lines.iter().position(|line| line.database == database).unwrap_or_else(|| {
            let (database, bar) = (database.to_owned(), self.bars.as_ref().map(bar));
            lines.push(Line { database, proof: String::new(), done: 0, of: 0, bar });
            lines.len() - 1
        });
        let line = &mut lines[at];
        let text = text(line);
        if let Some(bar) = &line.bar {
            bar.set_message(text);
        }
    }

    /// Removes the line of a database.
    pub fn end(&self, database: &str) {
        self.lines.all().retain(|line| {
            let stays = line.database != database;
            if let Some(bar) = line.bar.as_ref().filter(|_| !stays) {
                bar.finish_and_clear();
            }
            stays
        });
    }

    /// Removes all lines.
    pub fn end_all(&self) {
        for line in self.lines.all().drain(..) {
            if let Some(bar) = line.bar {
                bar.finish_and_clear();
            }
        }
    }
}

/// Adds a line with a spinner and the elapsed time.
fn bar(bars: &MultiProgress) -> ProgressBar {
    let bar = bars.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {elapsed:>4} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.end_all();
        if let Some((sender, thread)) = self.log.take() {
            drop(sender);
            // A panic of this thread was printed already, and is no reason to fail.
            drop(thread.join());
        }
    }
}
