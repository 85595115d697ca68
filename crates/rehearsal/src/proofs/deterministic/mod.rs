//! The proof *deterministic*: the steps are performed on a second copy with another batch size, another order of
//! the stored rows, in another time zone on another day, and later. The resulting rows have to be equal; columns
//! that differ are reported. The entry point is [`Deterministic`]; [`judge`] separates findings from notes.
//!
//! The clock cannot be set, so the second run is only later. PostgreSQL's clock has microseconds, which differ;
//! SQLite's has seconds, so a time is recognised there by its value. SQLite uses the time zone of the process,
//! which cannot be changed, so a file that uses it is noted. A value from a default that is the clock, chance or a
//! counter is a note, because such a value is intended. If a backfill wrote it, it is a finding.

mod judge;
mod side_by_side;

use crate::Error;
use crate::compare::{self, Content, ContentDifference};
use crate::failures;
use crate::migration::Migration;
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::kit::timeline::Step;
use crate::proofs::outcome::Outcome;
use crate::proofs::{Applies, Data, Proof, ProofRun, Rehearsal};
use crate::report::{Code, Explanation, Failures};
use crate::sandbox::Scratch;
use futures_util::future::LocalBoxFuture;
use rehearsal_db::{Connection, VolatileDefault};
use std::num::NonZeroU32;

/// A condition that differs on the second copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vary {
    /// The batch size, in units.
    Batch,
    /// The order in which rows are stored.
    Order,
    /// The time zone of the sessions.
    Zone,
}

impl Vary {
    const ALL: [Self; 3] = [Self::Batch, Self::Order, Self::Zone];

    /// Returns the condition in words.
    fn name(self) -> &'static str {
        match self {
            Self::Batch => "the batch size",
            Self::Order => "the order in which rows are stored",
            Self::Zone => "the time zone of the session",
        }
    }
}

/// A batch size with no boundary in common with [`super::REHEARSAL_BATCH`] before the 175th unit.
const OTHER_BATCH: NonZeroU32 = match NonZeroU32::new(7) {
    Some(units) => units,
    None => NonZeroU32::MIN,
};

static FAILURES: Failures = failures!("deterministic");

static DIFFERS: Code = Code::error(
    "deterministic/differs",
    Explanation {
        meaning: "The result depends on the machine or the run: a value comes from the clock, chance, the order of stored \
                  rows, the batch size or the time zone.",
        example: "UPDATE \"Toy\" SET word = (SELECT word FROM \"Word\" WHERE toy = id LIMIT 1)",
        fix: "Derive the value from its row alone: ORDER BY a key, use UTC, derive ids from other ids.",
        allow: "Declare the column as `volatile` in rehearsal.toml.",
    },
);

/// The proof.
pub(super) struct Deterministic;

impl Proof for Deterministic {
    fn name(&self) -> &'static str {
        "deterministic"
    }

    fn question(&self) -> &'static str {
        "Is the result the same on every machine?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&DIFFERS]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        // If no earlier proof recorded the final state, that proof has reported the reason.
        Applies::when(data.end().is_some())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run).await?;
            Ok(run.outcome())
        })
    }
}

async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let Some(usual) = run.data.end().map(|end| &end.snapshot) else { return Ok(()) };
    let steps = usual.steps().to_vec();
    note_local_time(run, &steps);
    let (copy, unordered) = start_varied(run, &Vary::ALL).await?;
    let note = |table| format!("the order in which the rows of \"{table}\" are stored could not be changed");
    run.outcome.notes.extend(unordered.into_iter().map(note));
    let scratch = run.work_on(copy);
    let mut connection = scratch.open().await?;
    let at_first = content(run, &mut connection, &[]).await?;
    for step in &steps {
        run.step(format!("{}, under varied conditions", step.sentence(run.rehearsal)));
        step.perform(run, run.batch_of(&Vary::ALL), &scratch, &mut connection).await?;
    }
    run.step("compare with the result under the usual conditions");
    let now = content(run, &mut connection, &[]).await?;
    let differences = usual.content().compare(&now);
    let written = written(&at_first, &now);
    let moments = run.moments(&mut connection, &written).await?;
    if !differences.is_empty() || !moments.is_empty() {
        let excused = excused(&mut connection).await?;
        judge::judge(run, usual, &differences, &moments, &excused).await?;
    }
    connection.close().await?;
    Ok(())
}

/// Creates a copy of the fixture under these conditions.
async fn start(run: &ProofRun<'_>, vary: &[Vary]) -> Result<Scratch, Error> {
    start_varied(run, vary).await.map(|(scratch, _)| scratch)
}

/// Creates a copy of the fixture under these conditions. Also returns the tables whose rows could not be reordered.
async fn start_varied(run: &ProofRun<'_>, vary: &[Vary]) -> Result<(Scratch, Vec<String>), Error> {
    let scratch = run.copy("deterministic").await?;
    let mut unordered = Vec::new();
    if vary.contains(&Vary::Order) {
        let mut connection = scratch.open().await?;
        unordered = connection.reorder_rows().await?;
        connection.close().await?;
    }
    Ok((if vary.contains(&Vary::Zone) { scratch.elsewhere() } else { scratch }, unordered))
}

impl ProofRun<'_> {
    fn batch_of(&self, vary: &[Vary]) -> NonZeroU32 {
        if vary.contains(&Vary::Batch) { OTHER_BATCH } else { self.batch }
    }
}

/// Adds a note for each migration that uses the time zone of the machine.
fn note_local_time(run: &mut ProofRun<'_>, steps: &[Step]) {
    let asks = |migration: &&Migration| run.rehearsal.database.engine.asks_for_local_time(&migration.up.sql);
    let applied = steps.iter().filter_map(|step| match step {
        Step::Up(version) => run.rehearsal.history.get(*version),
        _ => None,
    });
    let notes: Vec<String> = applied
        .filter(asks)
        .map(|migration| format!("{} uses the time zone of the machine (localtime)", migration.label()))
        .collect();
    run.outcome.notes.extend(notes);
}

/// Returns the columns that a nondeterministic default may have filled, and the columns that refer to them.
pub(super) async fn excused(connection: &mut Connection) -> Result<Vec<VolatileDefault>, Error> {
    let mut excused = compare::volatile_defaults(connection).await?;
    let references = connection.references().await?;
    loop {
        let more: Vec<VolatileDefault> = references
            .iter()
            .filter(|reference| excuse(&excused, &reference.from.0, &reference.from.1).is_none())
            .filter_map(|reference| {
                let to = excuse(&excused, &reference.to.0, &reference.to.1)?;
                let (table, column) = reference.from.clone();
                Some(VolatileDefault { table, column, ..to.clone() })
            })
            .collect();
        if more.is_empty() {
            return Ok(excused);
        }
        excused.extend(more);
    }
}

/// True if a difference can be due to a nondeterministic default.
pub(super) fn is_due_to_a_default(found: &ContentDifference, usual: &Snapshot, excused: &[VolatileDefault]) -> bool {
    !judge::defaults(found, usual, excused).is_empty()
}

fn excuse<'e>(excused: &'e [VolatileDefault], table: &str, column: &str) -> Option<&'e VolatileDefault> {
    excused.iter().find(|default| default.table == table && default.column == column)
}

async fn content(
    run: &ProofRun<'_>,
    connection: &mut Connection,
    leave: &[(String, String)],
) -> Result<Content, Error> {
    let volatile = [run.rehearsal.database.volatile.as_slice(), leave].concat();
    Ok(compare::content(connection, &volatile).await?)
}

/// Returns the columns that are new or have other values in `after`.
fn written(before: &Content, after: &Content) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (table, digest) in &after.tables {
        let old = before.tables.get(table);
        let is_other = |(column, sum): &(&String, &u128)| old.and_then(|old| old.columns.get(*column)) != Some(sum);
        found.extend(digest.columns.iter().filter(is_other).map(|(column, _)| (table.clone(), column.clone())));
    }
    found
}
