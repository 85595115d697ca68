//! Who may notice that something is broken: the checks that are green while nothing is.

use crate::Error;
use crate::check::{self, AnyRowCheck, Check, Kind, Preserved, Verdict};
use crate::proofs::ProofRun;
use rehearsal_db::Connection;

/// A check that is asked.
enum Judge<'a> {
    /// In SQL.
    Sql(&'a Check),
    /// In Rust.
    Rust(&'a dyn AnyRowCheck),
    /// Of what is preserved since the fixture's version.
    Preserved(&'a Check, &'a Preserved),
}

/// Those who may notice, in the order in which they are asked.
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

    /// True where it is not content. A check that what is broken makes fail notices it, too.
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
    /// Those that make sense at a version. Checks that only show something can't notice anything.
    pub(super) fn at(run: &ProofRun<'a>, version: i64, preserved: &'a [(&'a Check, Preserved)]) -> Self {
        let rehearsal = run.rehearsal;
        let sql = rehearsal.checks.iter().filter(|check| matches!(check.kind, Kind::Assert(_)));
        let sql = sql.filter(|check| check::is_in_window(version, check.from, check.until)).map(Judge::Sql);
        let in_rust =
            |check: &&&'a dyn AnyRowCheck| check::is_in_window(version, Some(check.about().from), check.about().until);
        let rust = rehearsal.row_checks.iter().filter(in_rust).map(|check| Judge::Rust(*check));
        let kept = preserved.iter().map(|(check, before)| Judge::Preserved(check, before));
        // What compares every row with the app's own function notices the most.
        Self(rust.chain(sql).chain(kept).collect())
    }

    /// Those of them that are green now.
    pub(super) async fn who_are_green(self, connection: &mut Connection) -> Result<Self, Error> {
        let mut green = Vec::new();
        for judge in self.0 {
            if !judge.is_red(connection).await? {
                green.push(judge);
            }
        }
        Ok(Self(green))
    }

    /// The first that is red; those whose query names the table that was broken are asked first. It is asked before the others
    /// the next time: what notices one thing notices the next.
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
