//! The checks that may kill a mutant ([`Judges`]). Only a check that is green before the mutant can kill it.

use crate::Error;
use crate::check::{self, AnyRowCheck, Check, Kind, Preserved, Verdict};
use crate::proofs::ProofRun;
use rehearsal_db::Connection;

/// A check that may kill a mutant.
enum Judge<'a> {
    /// A check in SQL.
    Sql(&'a Check),
    /// A check in Rust.
    Rust(&'a dyn AnyRowCheck),
    /// A check that the result of a query stays the same since the fixture's version, with that result.
    Preserved(&'a Check, &'a Preserved),
}

/// The checks in the order in which they run.
pub(super) struct Judges<'a>(Vec<Judge<'a>>);

impl Judge<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Sql(check) | Self::Preserved(check, _) => &check.name,
            Self::Rust(check) => check.about().name,
        }
    }

    fn query(&self) -> &str {
        match self {
            Self::Sql(check) | Self::Preserved(check, _) => &check.sql,
            Self::Rust(check) => check.relation(),
        }
    }

    /// True if the check fails. A query error counts as a failure, because a mutant can cause it.
    async fn is_red(&self, connection: &mut Connection) -> Result<bool, Error> {
        let verdict = match self {
            Self::Sql(check) => check::run_one(connection, check).await,
            Self::Rust(check) => check.run(connection, 0).await,
            Self::Preserved(check, before) => {
                let query = check.queries(connection.engine()).get(1).copied().unwrap_or_default();
                let after = check::remember(connection, check, query).await;
                let red = || Verdict::Red { offenders: rehearsal_db::Rows::default(), more: false };
                after.map(|after| if after == **before { Verdict::Green } else { red() })
            }
        };
        match verdict {
            Ok(verdict) => Ok(matches!(verdict, Verdict::Red { .. })),
            Err(check::Error::Query { .. } | check::Error::RowQuery { .. }) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

impl<'a> Judges<'a> {
    /// Collects the checks that apply to a version, without those that only report.
    pub(super) fn at(run: &ProofRun<'a>, version: i64, preserved: &'a [(&'a Check, Preserved)]) -> Self {
        let rehearsal = run.rehearsal;
        let sql = rehearsal.checks.iter().filter(|check| matches!(check.kind, Kind::Assert(_)));
        let sql = sql.filter(|check| check::is_in_window(version, check.from, check.until)).map(Judge::Sql);
        let in_rust =
            |check: &&&'a dyn AnyRowCheck| check::is_in_window(version, Some(check.about().from), check.about().until);
        let rust = rehearsal.row_checks.iter().filter(in_rust).map(|check| Judge::Rust(*check));
        let preserved = preserved.iter().map(|(check, before)| Judge::Preserved(check, before));
        // Checks in Rust compare every row with the app's own function, so they kill the most.
        Self(rust.chain(sql).chain(preserved).collect())
    }

    /// Keeps the checks that are green now.
    pub(super) async fn who_are_green(self, connection: &mut Connection) -> Result<Self, Error> {
        let mut green = Vec::new();
        for judge in self.0 {
            if !judge.is_red(connection).await? {
                green.push(judge);
            }
        }
        Ok(Self(green))
    }

    /// Returns the first check that fails; checks whose query names the mutated table run first. It moves to the
    /// front, because a check that kills one mutant is likely to kill the next.
    pub(super) async fn first_red(
        &mut self,
        table: Option<&str>,
        connection: &mut Connection,
    ) -> Result<Option<String>, Error> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|at| !table.is_some_and(|table| self.0[*at].query().contains(table)));
        for at in order {
            if self.0[at].is_red(connection).await? {
                let judge = self.0.remove(at);
                let name = judge.name().to_owned();
                self.0.insert(0, judge);
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}
