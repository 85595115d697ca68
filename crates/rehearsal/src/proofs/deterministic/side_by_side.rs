//! Finds the step and the cause of a difference. [`SideBySide::walk`] performs the steps under the usual and the
//! varied conditions and compares the two databases after each step; [`causes`] repeats them with one condition
//! varied at a time.

use super::{Vary, content, start};
use crate::Error;
use crate::compare::{self, Content, ContentDifference};
use crate::proofs::ProofRun;
use crate::proofs::kit::nondeterminism::{Place, place};
use crate::proofs::kit::timeline::Step;
use rehearsal_db::{Connection, VolatileDefault};
use std::collections::BTreeMap;

/// The differences between the usual and the varied conditions.
pub(super) struct SideBySide {
    /// The result under the usual conditions, in this run.
    pub(super) usual: Content,
    /// The final differences of the checksums.
    pub(super) sums: Vec<ContentDifference>,
    /// The final differences with examples.
    pub(super) all: Vec<ContentDifference>,
    /// The final differences if values of nondeterministic defaults are left out.
    pub(super) hidden: Vec<ContentDifference>,
    /// The step after which each difference, or each column with the current time, was first seen.
    first: BTreeMap<Place, Step>,
}

impl SideBySide {
    /// Performs the steps twice more, under the usual and the varied conditions. `moments` are columns that contain
    /// the current time; the step that first wrote it is recorded.
    pub(super) async fn walk(
        run: &ProofRun<'_>,
        steps: &[Step],
        excused: &[VolatileDefault],
        moments: &[(String, String)],
    ) -> Result<Self, Error> {
        let (here, there) = (start(run, &[]).await?, start(run, &Vary::ALL).await?);
        let (mut one, mut other) = (here.open().await?, there.open().await?);
        let excused: Vec<_> = excused.iter().map(|default| (default.table.clone(), default.column.clone())).collect();
        let (mut first, mut last) = (BTreeMap::new(), Compared::default());
        for step in steps {
            step.perform(run, run.batch, &here, &mut one).await?;
            step.perform(run, run.batch_of(&Vary::ALL), &there, &mut other).await?;
            last = compare(run, &mut one, &mut other, &excused).await?;
            for difference in last.all.iter().chain(&last.hidden) {
                first.entry(place(difference)).or_insert_with(|| step.clone());
            }
            for (table, column) in run.moments(&mut other, moments).await? {
                first.entry((table, Some(column))).or_insert_with(|| step.clone());
            }
        }
        let Compared { usual, all: sums, hidden, left } = last;
        let volatile = run.rehearsal.database.volatile.as_slice();
        let all = compare::explain(&mut one, &mut other, volatile, sums.clone()).await?;
        let hidden = compare::explain(&mut one, &mut other, &[volatile, &left].concat(), hidden).await?;
        one.close().await?;
        other.close().await?;
        Ok(Self { usual, sums, all, hidden, first })
    }

    /// Returns the step after which a difference was first seen.
    pub(super) fn step(&self, place: &Place) -> Option<Step> {
        // In a table without a key, rows differ although the checksums differ by column.
        let of_table =
            || self.first.iter().find(|(seen, _)| place.1.is_none() && seen.0 == place.0).map(|(_, step)| step);
        self.first.get(place).or_else(of_table).cloned()
    }
}

/// The differences of two databases.
#[derive(Default)]
struct Compared {
    /// The content of the database under the usual conditions.
    usual: Content,
    all: Vec<ContentDifference>,
    /// The differences if values of nondeterministic defaults are left out.
    hidden: Vec<ContentDifference>,
    /// The columns that are left out.
    left: Vec<(String, String)>,
}

/// Compares two databases. A key from a nondeterministic default (or any such column in a table without a key) is
/// left out if whole rows differ, or nothing but the key does: otherwise the key would hide other differences. In
/// all other tables the key is needed to identify the row with the other value.
async fn compare(
    run: &ProofRun<'_>,
    one: &mut Connection,
    other: &mut Connection,
    excused: &[(String, String)],
) -> Result<Compared, Error> {
    let (usual, there) = (content(run, one, &[]).await?, content(run, other, &[]).await?);
    let all = usual.compare(&there);
    let key = |table: &str| usual.tables.get(table).map(|digest| digest.key.as_slice()).unwrap_or_default();
    let is_key = |(table, column): &(String, String)| key(table).contains(column);
    let is_numbered = |table: &str| excused.iter().any(|it| it.0 == table && (is_key(it) || key(table).is_empty()));
    let without = if all.iter().any(|found| is_numbered(found.subject().0)) {
        content(run, one, excused).await?.compare(&content(run, other, excused).await?)
    } else {
        Vec::new()
    };
    let has_other_rows = |table: &str| {
        all.iter().any(|found| matches!(found, ContentDifference::Rows { table: other, .. } if *other == table))
    };
    let is_renumbered = |table: &str| {
        is_numbered(table) && (has_other_rows(table) || !without.iter().any(|found| found.subject().0 == table))
    };
    let left: Vec<_> = excused.iter().filter(|it| !is_key(it) || is_renumbered(&it.0)).cloned().collect();
    let is_left = |(table, column): (&str, Option<&str>)| left.iter().any(|(t, c)| t == table && Some(&**c) == column);
    let behind_numbers = without.iter().filter(|found| is_renumbered(found.subject().0));
    let elsewhere = all.iter().filter(|found| !is_renumbered(found.subject().0) && !is_left(found.subject()));
    let hidden = behind_numbers.chain(elsewhere).cloned().collect();
    Ok(Compared { usual, all, hidden, left })
}

/// Returns the conditions that cause each difference if only one of them is varied.
pub(super) async fn causes(
    run: &ProofRun<'_>,
    usual: &Content,
    steps: &[Step],
) -> Result<BTreeMap<Place, Vec<Vary>>, Error> {
    let mut causes: BTreeMap<Place, Vec<Vary>> = BTreeMap::new();
    for vary in Vary::ALL {
        let scratch = start(run, &[vary]).await?;
        let mut connection = scratch.open().await?;
        for step in steps {
            step.perform(run, run.batch_of(&[vary]), &scratch, &mut connection).await?;
        }
        let now = content(run, &mut connection, &[]).await?;
        connection.close().await?;
        for difference in usual.compare(&now) {
            causes.entry(place(&difference)).or_default().push(vary);
        }
    }
    Ok(causes)
}
