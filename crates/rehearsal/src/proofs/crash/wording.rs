//! Text for the findings of *crash*: where a process was interrupted ([`struck`]), which statements had taken
//! effect by then ([`took_effect`]), and what usually helps ([`hint`]).

use super::process::{Blow, Point, Work};
use crate::migration::Transaction;
use crate::source;
use crate::workspace::Database;
use rehearsal_db::{Commit, CommitPhase};

/// Returns the interruptions of a process as a noun phrase: `a kill just before commit 3 of 4`. `of` is the number
/// of commits.
pub(super) fn struck(strikes: &[(Blow, Point)], of: usize) -> String {
    let words = |(blow, point): &(Blow, Point)| {
        format!("{} just {} commit {}", blow_name(*blow), side_name(point.side), point.number)
    };
    let all: Vec<String> = strikes.iter().map(words).collect();
    match strikes {
        [(Blow::Kill, _)] => format!("{} of {of}", all.concat()),
        _ => all.join(", "),
    }
}

/// Names an interruption.
pub(super) fn blow_name(blow: Blow) -> &'static str {
    match blow {
        Blow::Kill => "a kill",
        Blow::KillBeside => "a kill alongside a concurrent process",
        Blow::EndSessions => "a termination of its sessions",
        Blow::CrashServer => "a server crash",
    }
}

/// Names a side of a commit.
pub(super) fn side_name(side: CommitPhase) -> &'static str {
    match side {
        CommitPhase::Before => "before",
        CommitPhase::After => "after",
    }
}

/// Returns which statements had taken effect. `None` if none had, or if they do not commit one by one.
pub(super) fn took_effect(commits: &[Commit], point: Point) -> Option<String> {
    let made = match point.side {
        CommitPhase::Before => point.number - 1,
        CommitPhase::After => point.number,
    };
    let last = commits.iter().take(made).rev().find_map(|commit| match commit {
        Commit::Statement { number, of, text } => Some((number, of, text)),
        _ => None,
    });
    let (number, of, text) = last?;
    Some(match (*number, *of) {
        (1, 1) => format!("its only statement had taken effect: `{text}`"),
        (1, _) => format!("the first of {of} statements had taken effect: `{text}`"),
        _ => format!("the first {number} of {of} statements had taken effect, up to `{text}`"),
    })
}

/// Returns what usually helps if a step cannot be resumed.
pub(super) fn hint(work: Work<'_>, database: &Database) -> String {
    match work {
        Work::Backfill(backfill) => format!(
            "rehearsal commits the rows, the cursor and the counts of a batch in one transaction; check that `write` \
             in {} does not commit",
            source::backfill(backfill.about().name)
        ),
        Work::Migration(migration)
            if migration.up.transaction == Transaction::None
                && database.engine.builds_concurrently(&migration.up.sql) =>
        {
            "put `DROP INDEX CONCURRENTLY IF EXISTS name;` before `CREATE INDEX CONCURRENTLY`, in a migration of its own if sqlx \
             applies the files; `IF NOT EXISTS` keeps the invalid index of an interrupted build. After an interruption, run that \
             DROP by hand before you migrate again."
                .to_owned()
        }
        Work::Migration(migration)
            if migration.up.transaction == Transaction::None && database.engine.has_transactions_in_scripts() =>
        {
            "put `BEGIN;` before the statements and `COMMIT;` after them; what a transaction does not allow stays outside"
                .to_owned()
        }
        Work::Migration(migration) if migration.up.transaction == Transaction::None => {
            "write each statement so that it can run twice: `CREATE … IF NOT EXISTS`, `DROP … IF EXISTS`, \
             `INSERT … ON CONFLICT DO NOTHING`; or remove `-- no-transaction` if no statement needs it"
                .to_owned()
        }
        Work::Migration(_) => "remove `COMMIT` from the file, so that sqlx runs it in one transaction".to_owned(),
    }
}
