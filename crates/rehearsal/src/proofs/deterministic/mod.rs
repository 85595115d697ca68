//! *Deterministic*: the same way on a second copy, with batches of another size, the rows stored in another order, in another
//! time zone, where it is another day, and later: the rows that come of it are the same, or the column is named.
//!
//! What can be done about the clock is to be later. PostgreSQL's tells microseconds; SQLite's tells seconds, and so a moment
//! is told there by its value. SQLite takes the time zone of the process, which can't be another; a file that asks for it is
//! named. A value that the database gave a row by a default that is the clock, chance or a counter is a note: the row is not
//! meant to decide it. One that a backfill wrote is not.

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

/// What is other on the second copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vary {
    /// How many units a batch.
    Batch,
    /// In which order rows are stored.
    Order,
    /// The time zone of the sessions.
    Zone,
}

impl Vary {
    const ALL: [Self; 3] = [Self::Batch, Self::Order, Self::Zone];

    /// What a value follows from that this changes.
    fn name(self) -> &'static str {
        match self {
            Self::Batch => "the size of batches",
            Self::Order => "the order in which rows are stored",
            Self::Zone => "the time zone of the session",
        }
    }
}

/// A size that shares no boundary between two batches with [`super::REHEARSAL_BATCH`] before the 175th unit.
const OTHER_BATCH: NonZeroU32 = match NonZeroU32::new(7) {
    Some(units) => units,
    None => NonZeroU32::MIN,
};

static FAILURES: Failures = failures!("deterministic");

static DIFFERS: Code = Code::error(
    "deterministic/differs",
    Explanation {
        meaning: "The result depends on the machine: the clock, chance, the order in which rows are stored, the size of batches or \
                  the time zone decides a value.",
        example: "UPDATE \"Toy\" SET word = (SELECT word FROM \"Word\" WHERE toy = id LIMIT 1)",
        fix: "Let the value follow from the row alone: ORDER BY a key, use UTC, derive an id from another id.",
        allow: "Declare the column as `volatile` in the configuration file beside the migrations.",
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
        // Where an earlier proof did not come to the end, it says why.
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
    let Some(usual) = run.data.end() else { return Ok(()) };
    let steps = usual.steps().to_vec();
    note_local_time(run, &steps);
    let (copy, left) = start_and_tell(run, &Vary::ALL).await?;
    let note = |table| format!("the order in which the rows of \"{table}\" are stored could not be changed");
    run.outcome.notes.extend(left.into_iter().map(note));
    let scratch = run.work_on(copy);
    let mut connection = scratch.open().await?;
    let at_first = content(run, &mut connection, &[]).await?;
    for step in &steps {
        run.step(format!("{}, in other circumstances", step.sentence(run.rehearsal)));
        step.perform(run, run.batch_of(&Vary::ALL), &scratch, &mut connection).await?;
    }
    run.step("compare with what comes of it in the usual circumstances");
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

/// A copy of the fixture in these circumstances.
async fn start(run: &ProofRun<'_>, vary: &[Vary]) -> Result<Scratch, Error> {
    start_and_tell(run, vary).await.map(|(scratch, _)| scratch)
}

/// The same, with the tables whose rows could not be stored in another order.
async fn start_and_tell(run: &ProofRun<'_>, vary: &[Vary]) -> Result<(Scratch, Vec<String>), Error> {
    let scratch = run.copy("deterministic").await?;
    let mut left = Vec::new();
    if vary.contains(&Vary::Order) {
        let mut connection = scratch.open().await?;
        left = connection.reorder_rows().await?;
        connection.close().await?;
    }
    Ok((if vary.contains(&Vary::Zone) { scratch.elsewhere() } else { scratch }, left))
}

impl ProofRun<'_> {
    fn batch_of(&self, vary: &[Vary]) -> NonZeroU32 {
        if vary.contains(&Vary::Batch) { OTHER_BATCH } else { self.batch }
    }
}

/// Tells of migrations that ask for the time zone of the machine.
fn note_local_time(run: &mut ProofRun<'_>, steps: &[Step]) {
    let asks = |migration: &&Migration| run.rehearsal.database.engine.asks_for_local_time(&migration.up.sql);
    let applied = steps.iter().filter_map(|step| match step {
        Step::Up(version) => run.rehearsal.history.get(*version),
        _ => None,
    });
    let notes: Vec<String> = applied
        .filter(asks)
        .map(|migration| format!("{} asks for the time zone of the machine it runs on (localtime)", migration.label()))
        .collect();
    run.outcome.notes.extend(notes);
}

/// The columns that defaults may have filled, and those that refer to them.
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

/// Whether a difference may be due to a default that gives another value each time.
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

/// The columns that hold something else now, or are new.
fn written(before: &Content, after: &Content) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (table, digest) in &after.tables {
        let old = before.tables.get(table);
        let is_other = |(column, sum): &(&String, &u128)| old.and_then(|old| old.columns.get(*column)) != Some(sum);
        found.extend(digest.columns.iter().filter(is_other).map(|(column, _)| (table.clone(), column.clone())));
    }
    found
}
