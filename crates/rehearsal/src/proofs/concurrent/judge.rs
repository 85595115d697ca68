//! Turns the observations after a run with concurrent writes ([`Seen`]) into findings ([`findings`]). Wording and
//! help of the findings of *concurrent* are here.

use super::figures::{Figures, whole};
use super::writer::Diary;
use super::{APP_FAILED, LEFT_OUT, LOST_WRITE, NEVER_ENDS, WAITED};
use crate::backfill::About;
use crate::report::Finding;
use crate::source;
use crate::workspace::{CONFIGURATION, Database};
use std::fmt;
use std::time::Duration;

/// A run that has not finished by then, counted from the start of the writers, is reported as endless.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// How many examples a finding lists.
const EXAMPLES: usize = 3;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The run finished.
    InTime,
    /// The run was stopped at the deadline.
    Late,
}

/// Observations after a run.
pub(super) struct Seen {
    pub(super) ending: Ending,
    /// Units that were pending before the run and still are.
    pub(super) left_out: Vec<Pending>,
    /// Number of units that the next run processed.
    pub(super) next: u64,
    /// Units that are pending even after the next run.
    pub(super) never: Vec<Pending>,
    /// Number of values that the writers compared.
    pub(super) compared: u64,
    /// One line for each difference.
    pub(super) lost: Vec<String>,
}

/// A pending unit, identified by its cursor and its first scope column: a cursor alone may belong to another unit
/// once the first one is deleted.
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

/// Returns the findings; none if all went well.
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
            format!("{name} does not finish while the app inserts rows"),
            vec![format!("not finished {} s after the app started to write", DEADLINE.as_secs())],
            format!("make `pending` in {file} false for a {unit} that is done"),
        );
    }
    if !diary.failures.is_empty() {
        find(
            &APP_FAILED,
            format!("writes of the app fail while {name} runs"),
            examples(&diary.failures, "write"),
            "make the app's function succeed while the backfill runs; if it rightly refuses, return no values in the traffic"
                .to_owned(),
        );
    }
    if !seen.lost.is_empty() {
        find(
            &LOST_WRITE,
            format!("writes of the app are lost while {name} runs"),
            examples(&seen.lost, "difference"),
            format!("make `write` in {file} skip rows that were filled or changed after the {unit} was read"),
        );
    }
    let pending = |units: &[Pending]| {
        let lines: Vec<String> = units.iter().map(|id| format!("{unit} {id} is still pending")).collect();
        examples(&lines, unit)
    };
    let help = format!("find out why `write` in {file} leaves these rows unchanged");
    if !seen.left_out.is_empty() {
        let message = format!("{name} skips a {unit} that was pending before it ran");
        find(&LEFT_OUT, message, pending(&seen.left_out), help.clone());
    }
    if !seen.never.is_empty() {
        let message = format!("the next run of {name} skips a {unit} that was inserted concurrently");
        find(&LEFT_OUT, message, pending(&seen.never), help);
    }
    if figures.longest > limit {
        find(
            &WAITED,
            format!("writes of the app wait longer than {} ms while backfill {name} runs", limit.as_millis()),
            vec![format!(
                "waits of the app's writes: {} ms (p50), {} ms (p99), {} ms (max)",
                whole(figures.p50),
                whole(figures.p99),
                whole(figures.longest)
            )],
            format!(
                "write fewer rows per statement in {file}, or raise `max_wait_ms` in {}",
                database.folder.join(CONFIGURATION).display()
            ),
        );
    }
    findings
}

/// Returns the first lines, and how many more there are.
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
    fn each_fault_is_a_finding() {
        let check = |diary: Diary, seen: Seen, expect: &[(&str, &[&str])]| {
            let plain = Database::new("toys".to_owned(), Engine::Sqlite, "migrations/toys".into(), Origin::Workspace);
            let database = Database { max_wait: Duration::from_millis(20), ..plain };
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
                "writes of the app wait longer than 20 ms while backfill labels runs",
                &["waits of the app's writes: 1 ms (p50), 21 ms (p99), 21 ms (max)"],
            )],
        );
        check(
            Diary::default(),
            Seen { ending: Ending::Late, ..seen() },
            &[(
                "labels does not finish while the app inserts rows",
                &["not finished 60 s after the app started to write"],
            )],
        );
        check(
            Diary { failures: four(), ..Diary::default() },
            Seen { lost: four()[..3].to_vec(), ..seen() },
            &[
                ("writes of the app fail while labels runs", &["a", "b", "c", "and 1 more write"]),
                ("writes of the app are lost while labels runs", &["a", "b", "c"]),
            ],
        );
        let unit = |id: Option<&str>| Pending { cursor: "7".to_owned(), id: id.map(str::to_owned) };
        check(
            Diary::default(),
            Seen { left_out: vec![unit(None)], never: vec![unit(Some("a"))], ..seen() },
            &[
                ("labels skips a toy that was pending before it ran", &["toy 7 is still pending"]),
                ("the next run of labels skips a toy that was inserted concurrently", &["toy a is still pending"]),
            ],
        );
    }
}
