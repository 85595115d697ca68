//! How *crash* says where a process was struck, what had taken effect by then, and what usually helps.

use super::process::{Blow, Point, Work};
use crate::migration::Transaction;
use crate::source;
use rehearsal_db::{Commit, CommitPhase, Engine};

/// Where a process was struck, of so many commits.
pub(super) fn struck(strikes: &[(Blow, Point)], of: usize) -> String {
    let words = |(blow, point): &(Blow, Point)| {
        let side = match point.side {
            CommitPhase::Before => "before",
            CommitPhase::After => "after",
        };
        let what = match blow {
            Blow::Kill => "killed",
            Blow::KillBeside => "killed beside another process",
            Blow::EndSessions => "when its sessions were ended",
            Blow::CrashServer => "when its server was stopped",
        };
        format!("{what} just {side} commit {}", point.number)
    };
    let all: Vec<String> = strikes.iter().map(words).collect();
    match strikes {
        [(Blow::Kill, _)] => format!("{} of {of}", all.concat()),
        _ => all.join(", "),
    }
}

/// The statements that had taken effect, where they commit one by one.
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
    let all = if *number == 1 { "its first statement" } else { &*format!("its first {number} statements") };
    Some(format!("{all} of {of} had taken effect, up to `{text}`"))
}

pub(super) fn hint(work: Work<'_>, engine: Engine) -> String {
    match work {
        Work::Backfill(backfill) => format!(
            "a batch's rows, cursor and counts are one transaction of the engine; look at whether `write` in \
             {} commits by itself",
            source::backfill(backfill.about().name)
        ),
        Work::Migration(migration)
            if migration.up.transaction == Transaction::None && engine.builds_concurrently(&migration.up.sql) =>
        {
            "an index whose `CREATE INDEX CONCURRENTLY` was interrupted is invalid, and `IF NOT EXISTS` would keep it: \
             `DROP INDEX CONCURRENTLY IF EXISTS` goes first (with sqlx, which takes no other statement in such a file, by hand)"
                .to_owned()
        }
        Work::Migration(migration) if migration.up.transaction == Transaction::None => {
            "without a transaction, write each statement so that it may run twice: `CREATE … IF NOT EXISTS`, `DROP … IF EXISTS`, \
             `INSERT … ON CONFLICT DO NOTHING`; or leave out `-- no-transaction` where nothing needs it"
                .to_owned()
        }
        Work::Migration(_) => "let the file leave its transaction to sqlx: without `COMMIT` it is one".to_owned(),
    }
}
