//! What is wrong, of what was seen behind a run beside which the app wrote.

use super::figures::{Figures, whole};
use super::writer::Diary;
use super::{APP_FAILED, LEFT_OUT, LOST_WRITE, NEVER_ENDS, WAITED};
use crate::backfill::About;
use crate::report::Finding;
use crate::source;
use crate::workspace::{CONFIGURATION, Database};
use std::fmt;
use std::time::Duration;

/// When a run that has not ended will never end, counted from the first write.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// How many examples are told.
const EXAMPLES: usize = 3;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// By itself.
    InTime,
    /// It was told to stop.
    Late,
}

/// What was seen behind a run.
pub(super) struct Seen {
    pub(super) ending: Ending,
    /// The units that were there before the run and are still to be done.
    pub(super) left_out: Vec<Pending>,
    /// How many units the next run did.
    pub(super) next: u64,
    /// Those that even that one did not do.
    pub(super) never: Vec<Pending>,
    pub(super) compared: u64,
    pub(super) lost: Vec<String>,
}

/// A unit that is to be done, by its place and what it may be narrowed by: a place alone may be another unit's, once the first
/// one is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    pub(super) cursor: String,
    pub(super) id: Option<String>,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id.as_ref().unwrap_or(&self.cursor))
    }
}

/// What is wrong.
pub(super) fn findings(
    database: &Database,
    about: &About,
    figures: &Figures,
    diary: &Diary,
    seen: &Seen,
) -> Vec<Finding> {
    let (name, unit) = (about.name, about.unit);
    let file = source::backfill(name);
    let limit = database.max_wait;
    let mut findings = Vec::new();
    let mut find = |code, message: String, details: Vec<String>, help: String| {
        findings.push(Finding::new(code, message).with_details(details).with_help(help));
    };
    if seen.ending == Ending::Late {
        find(
            &NEVER_ENDS,
            format!("a run of {name} does not end while rows keep coming"),
            vec![format!("it had not ended {} s after the app began to write", DEADLINE.as_secs())],
            format!("look at `pending` in {file}: a {unit} that was done must not be pending again"),
        );
    }
    if !diary.failures.is_empty() {
        find(
            &APP_FAILED,
            format!("the app cannot write while {name} runs"),
            examples(&diary.failures, "write"),
            "let the app's function succeed beside the backfill, or take what it rightly refuses for no write in the traffic"
                .to_owned(),
        );
    }
    if !seen.lost.is_empty() {
        find(
            &LOST_WRITE,
            format!("what the app writes while {name} runs is lost"),
            examples(&seen.lost, "difference"),
            format!("let `write` in {file} leave unchanged what was filled or changed since the {unit} was read"),
        );
    }
    let pending = |units: &[Pending]| {
        let lines: Vec<String> = units.iter().map(|id| format!("{unit} {id} is still pending")).collect();
        examples(&lines, unit)
    };
    let help = format!("look at why `write` in {file} leaves them unchanged");
    if !seen.left_out.is_empty() {
        let message = format!("{name} leaves out a {unit} that was there before it ran");
        find(&LEFT_OUT, message, pending(&seen.left_out), help.clone());
    }
    if !seen.never.is_empty() {
        let message = format!("the next run of {name} leaves out a {unit} that was added meanwhile");
        find(&LEFT_OUT, message, pending(&seen.never), help);
    }
    if figures.longest > limit {
        find(
            &WAITED,
            format!("a write of the app waits for longer than {} ms while {name} runs", limit.as_millis()),
            vec![format!(
                "half of the writes took {} ms at most, 99 of 100 {} ms, and the longest {} ms",
                whole(figures.p50),
                whole(figures.p99),
                whole(figures.longest)
            )],
            format!(
                "write less in a statement of {file}, or allow more with `max_wait_ms` in {}",
                database.folder.join(CONFIGURATION).display()
            ),
        );
    }
    findings
}

/// The first of these, and how many more there are.
fn examples(all: &[String], noun: &str) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(EXAMPLES).cloned().collect();
    match all.len().saturating_sub(EXAMPLES) {
        0 => {}
        1 => lines.push(format!("and 1 more {noun}")),
        more => lines.push(format!("and {more} more {noun}s")),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backfill::Undo;
    use crate::workspace::Origin;
    use pretty_assertions::assert_eq;
    use rehearsal_db::Engine;

    fn seen() -> Seen {
        let (left_out, never, lost) = (Vec::new(), Vec::new(), Vec::new());
        Seen { ending: Ending::InTime, left_out, next: 0, never, compared: 1, lost }
    }

    #[test]
    fn what_is_wrong() {
        let check = |diary: Diary, seen: Seen, expect: &[(&str, &[&str])]| {
            let database = Database {
                name: "toys".to_owned(),
                engine: Engine::Sqlite,
                folder: "migrations/toys".into(),
                beside: Vec::new(),
                origin: Origin::Workspace,
                setup: Vec::new(),
                volatile: Vec::new(),
                max_wait: Duration::from_millis(20),
                fixtures: Vec::new(),
            };
            let (name, database_name, unit) = ("labels", "toys", "toy");
            let about =
                About { name, database: database_name, unit, from: 1, until: None, scopes: &[], undo: Undo::Absent };
            let figures = Figures::new(name, 2, &diary, Duration::from_secs(1));
            let found = findings(&database, &about, &figures, &diary, &seen);
            let found: Vec<(&str, Vec<&str>)> = found
                .iter()
                .map(|finding| (finding.message.as_str(), finding.details.iter().map(String::as_str).collect()))
                .collect();
            assert_eq!(found, expect.iter().map(|(expected, lines)| (*expected, lines.to_vec())).collect::<Vec<_>>());
        };
        let waits =
            |ms: &[u64]| Diary { waits: ms.iter().copied().map(Duration::from_millis).collect(), ..Diary::default() };
        let four = || ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        check(waits(&[1, 20]), seen(), &[]);
        check(
            waits(&[1, 21]),
            seen(),
            &[(
                "a write of the app waits for longer than 20 ms while labels runs",
                &["half of the writes took 1 ms at most, 99 of 100 21 ms, and the longest 21 ms"],
            )],
        );
        check(
            Diary::default(),
            Seen { ending: Ending::Late, ..seen() },
            &[(
                "a run of labels does not end while rows keep coming",
                &["it had not ended 60 s after the app began to write"],
            )],
        );
        check(
            Diary { failures: four(), ..Diary::default() },
            Seen { lost: four()[..3].to_vec(), ..seen() },
            &[
                ("the app cannot write while labels runs", &["a", "b", "c", "and 1 more write"]),
                ("what the app writes while labels runs is lost", &["a", "b", "c"]),
            ],
        );
        let unit = |id: Option<&str>| Pending { cursor: "7".to_owned(), id: id.map(str::to_owned) };
        check(
            Diary::default(),
            Seen { left_out: vec![unit(None)], never: vec![unit(Some("a"))], ..seen() },
            &[
                ("labels leaves out a toy that was there before it ran", &["toy 7 is still pending"]),
                ("the next run of labels leaves out a toy that was added meanwhile", &["toy a is still pending"]),
            ],
        );
    }
}
