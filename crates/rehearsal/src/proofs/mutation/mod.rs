//! The proof *mutation*: changes what a backfill wrote, one mutant at a time, and rolls the change back. A check, a
//! constraint or the reconciliation must kill each mutant. One that survives with every fixture is a finding, with
//! a check that would kill it.
//!
//! The backfill runs twice: first it skips every seventh unit, then it processes the rest. This tells which rows
//! belong to units that could be missed; the rows before and after tell what the backfill wrote. A mutant sets a
//! column to NULL or rotates it by one row, gives the content of a row to another key, duplicates rows, or removes
//! the rows of the skipped units. It takes one or two statements in a transaction, in which the checks then run.
//! A value that a later backfill overwrites belongs to that backfill. Repeated writes are covered by *idempotent*.
//! Columns that depend on the clock, chance or a counter are not mutated, and a note says so. [`Mutation`] is the entry
//! point.

mod judges;
mod mutant;
mod rows;
mod since;
mod tried;
mod written;

use tried::Mutants;

use crate::Error;
use crate::backfill::{AnyBackfill, Effect};
use crate::compare;
use crate::failures;
use crate::proofs::kit::nondeterminism::Nondeterministic;
use crate::proofs::kit::snapshot::Snapshot;
use crate::proofs::kit::timeline::Step;
use crate::proofs::outcome::Outcome;
use crate::proofs::{Applies, Data, Depth, Proof, ProofRun, Rehearsal, populated};
use crate::report::{Code, Explanation, Failures, Finding};
use crate::source;
use crate::workspace::Database;
use futures_util::future::LocalBoxFuture;
use judges::Judges;
use mutant::{Mutant, sample};
use rehearsal_db::{self as db, Connection, Source, VolatileDefault};
use rows::Rows;
use since::Since;
use tried::{MutantStatus, Tried};
use written::Ran;

static FAILURES: Failures = failures!("mutation");

static SURVIVED: Code = Code::error(
    "mutation/survived",
    Explanation {
        meaning: "Rows that a backfill wrote were changed on purpose, and neither a check nor a constraint failed: a wrong backfill would ship.",
        example: "Every value of \"label\" is moved to another row, and `verify` stays green.",
        fix: "Add the check that the finding prints to the folder `checks`, or a check in Rust that compares with the app's function.",
        allow: "Declare the column as `volatile` if its value does not matter.",
    },
);

/// The proof, with the mutants that were tried with all fixtures.
#[derive(Default)]
pub(super) struct Mutation {
    tried: Tried,
}

impl Proof for Mutation {
    fn name(&self) -> &'static str {
        "mutation"
    }

    fn question(&self) -> &'static str {
        "Would the checks notice a wrong backfill?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&SURVIVED]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, rehearsal: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.is_sound() && !rehearsal.backfills.is_empty())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            prove(run, &mut self.tried).await?;
            Ok(run.outcome())
        })
    }

    fn conclude(&mut self, rehearsal: &Rehearsal<'_>) -> Outcome {
        conclude(std::mem::take(&mut self.tried).figures(), rehearsal.database)
    }
}

/// Mutates the rows of each backfill with one fixture, and adds the results to those of other fixtures.
async fn prove(run: &mut ProofRun<'_>, tried: &mut Tried) -> Result<(), Error> {
    let Some(usual) = run.data.end().map(|end| &end.snapshot) else { return Ok(()) };
    let scratch = run.start("checks").await?;
    let mut connection = scratch.open().await?;
    let preserved = populated::remember_before(run, &mut connection).await?;
    let steps = usual.steps().to_vec();
    let mut version = run.start_version();
    let mut since = Since::default();
    since.record(version, connection.tables().await?);
    let first = run.rehearsal.backfills.iter().map(|backfill| backfill.about().from).min();
    let mut group = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        run.step(step.sentence(run.rehearsal));
        let backfill = match step {
            Step::Backfill(name, Effect::Execute) => run.backfill_of(name),
            _ => None,
        };
        match backfill {
            Some(backfill) => group.push(written::watch(run, backfill, at, &scratch, &mut connection).await?),
            None => step.perform(run, run.batch, &scratch, &mut connection).await?,
        }
        if let Step::Up(applied) = step {
            version = *applied;
            if first.is_some_and(|first| first <= version) {
                since.record(version, connection.tables().await?);
            }
        }
        // Backfills that directly follow each other are judged together, because the checks read the rows of all of
        // them.
        let is_last = !matches!(steps.get(at + 1), Some(Step::Backfill(..)));
        if is_last && !group.is_empty() {
            run.step("run the checks");
            let mut judges = Judges::at(run, version, &preserved);
            // At the end all checks are green: *populated* has run them.
            if at + 1 < steps.len() {
                judges = judges.who_are_green(&mut connection).await?;
            }
            let unsettled = unsettled(run, usual, &steps[..=at], &group, &mut connection).await?;
            for ran in group.drain(..) {
                mutate(run, ran, (&unsettled, &since), &mut judges, tried, &mut connection).await?;
            }
        }
    }
    connection.close().await?;
    Ok(())
}

impl<'a> ProofRun<'a> {
    fn backfill_of(&self, name: &str) -> Option<&'a dyn AnyBackfill> {
        self.rehearsal.backfills.iter().copied().find(|backfill| backfill.about().name == name)
    }
}

/// A column without an expected value.
struct Unsettled {
    table: String,
    column: String,
    /// The reason, as the rest of a sentence about the column.
    why: String,
}

/// Returns the columns that are declared volatile, and those of the written tables whose values depend on a
/// counter, the clock or chance. A default of the clock or chance counts only if the values change when the steps are
/// repeated; otherwise the backfill writes the column.
async fn unsettled(
    run: &ProofRun<'_>,
    usual: &Snapshot,
    steps: &[Step],
    group: &[Ran<'_>],
    connection: &mut Connection,
) -> Result<Vec<Unsettled>, Error> {
    let volatile = &run.rehearsal.database.volatile;
    let declared = volatile.iter().map(|(table, column)| Unsettled {
        table: table.clone(),
        column: column.clone(),
        why: "is declared volatile".to_owned(),
    });
    let mut defaults = compare::volatile_defaults(connection).await?;
    let written = group.iter().flat_map(|ran| &ran.tables);
    defaults.retain(|default| written.clone().any(|table| table.shape.name == default.table));
    let passes: Vec<_> = defaults
        .iter()
        .filter(|default| default.source != Source::Counter)
        .map(|default| (default.table.clone(), default.column.clone()))
        .collect();
    let nondeterministic = if passes.is_empty() {
        Nondeterministic::default()
    } else {
        // At the end, the content without skipped units is known, in which counters have the same values as in a
        // repetition.
        let here = match usual.steps() == steps {
            true => usual.content().clone(),
            false => compare::content(connection, volatile).await?,
        };
        Nondeterministic::of(run, (&[], steps), &here, &passes).await?
    };
    let is_given = |default: &VolatileDefault| {
        default.source == Source::Counter || nondeterministic.has_column(&default.table, &default.column)
    };
    let given = defaults.into_iter().filter(is_given).map(|default| Unsettled {
        why: format!("differs in each run (its default is {})", default.expression),
        table: default.table,
        column: default.column,
    });
    Ok(declared.chain(given).collect())
}

/// Whether the reconciliation reveals that a backfill skips units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reconciliation {
    /// The counts differ from those of the database.
    Differ,
    /// The counts agree, or there are none.
    Agree,
}

/// Tries each mutant of one backfill that has an effect, and records whether it was killed.
async fn mutate(
    run: &mut ProofRun<'_>,
    Ran { backfill, tables: written, reconciliation }: Ran<'_>,
    (unsettled, since): (&[Unsettled], &Since),
    judges: &mut Judges<'_>,
    tried: &mut Tried,
    connection: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    let mut mutants = Vec::new();
    let mut tables = Vec::new();
    for table in written {
        if table.shape.key.is_empty() {
            let note =
                format!("\"{}\", written by {}, was not mutated, because it has no key", table.shape.name, about.name);
            run.note(note);
            continue;
        }
        let rows = Rows::of(table, unsettled, connection).await?;
        run.outcome.notes.extend(rows.notes());
        mutants.extend(mutant::mutants(&rows));
        tables.push(rows);
    }
    if tables.iter().any(Rows::has_skipped) {
        mutants.insert(0, Mutant::Skip);
    }
    if mutants.is_empty() {
        run.note(format!("{} wrote nothing that can be mutated", about.name));
    }
    let survived = |mutant: &Mutant| tried.has_survived(about.name, mutant);
    let (mutants, left) = match run.rehearsal.depth {
        Depth::Sample => sample(mutants, &survived),
        Depth::Exhaustive => (mutants, 0),
    };
    tried.of(about).left_out(left);
    for mutant in mutants {
        if tried.of(about).is_killed(&mutant) {
            continue;
        }
        run.step(format!("mutate {}: {}", about.name, mutant.sentence(about.unit)));
        if mutant == Mutant::Skip && reconciliation == Reconciliation::Differ {
            tried.of(about).add(mutant, MutantStatus::Killed("the reconciliation".to_owned()));
            continue;
        }
        match judge(&mutant, &tables, judges, connection).await? {
            Some(status) => {
                let check = match status {
                    MutantStatus::Survived => mutant.check(backfill, &tables, since),
                    MutantStatus::Killed(_) => String::new(),
                };
                tried.of(about).add_with(mutant, status, check);
            }
            None => {
                let note =
                    "not all mutants were tried, because the role may not disable triggers (session_replication_role)";
                run.note(note.to_owned());
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Returns the figures of all fixtures, and a finding for each backfill of which a mutant survived.
fn conclude(figures: Vec<Mutants>, database: &Database) -> Outcome {
    let mut outcome = Outcome::default();
    for mutants in figures {
        outcome.figure(mutants.backfill, mutants.to_json());
        let Mutants { backfill, made, killed, by, survivors, left } = mutants;
        let by: Vec<String> = by.iter().map(|(name, n)| format!("{name} {n}")).collect();
        let left = if left > 0 { format!("; --exhaustive tries {left} more") } else { String::new() };
        let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
        outcome.notes.push(format!("{killed} of {made} mutants of {backfill} were killed{by}{left}"));
        if survivors.is_empty() {
            continue;
        }
        let checks: Vec<&str> = survivors.iter().map(|survivor| survivor.check.trim_end()).collect();
        let details = survivors.iter().map(|survivor| format!("not noticed: {}", survivor.sentence)).collect();
        let these = if checks.len() == 1 { "this check as a file" } else { "these checks as files" };
        let help = format!(
            "add {these} in {}, with each comment /* … */ replaced by a query; or write a check in {} that compares stored \
             values with those of the app's function\n\n{}",
            database.folder.join("checks").display(),
            source::path("checks"),
            checks.join("\n\n")
        );
        let message =
            format!("no check noticed {} of {made} mutants (wrong results) of backfill {backfill}", made - killed);
        let mut finding = Finding::new(&SURVIVED, message).with_details(details).with_help(help);
        finding.step = Some(format!("mutate {backfill}").into());
        outcome.findings.push(finding);
    }
    outcome
}

/// Applies a mutant, runs the checks, and rolls back. `None` if the role lacks a privilege for it.
async fn judge(
    mutant: &Mutant,
    tables: &[Rows],
    judges: &mut Judges<'_>,
    connection: &mut Connection,
) -> Result<Option<MutantStatus>, Error> {
    let judged = judged(mutant, tables, judges, connection).await;
    connection.rollback_constraints_off().await?;
    match judged {
        Ok(status) => Ok(Some(status)),
        Err(Error::Engine(db::Error::Privilege { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn judged(
    mutant: &Mutant,
    tables: &[Rows],
    judges: &mut Judges<'_>,
    connection: &mut Connection,
) -> Result<MutantStatus, Error> {
    let free = match mutant.is_free() {
        true => Some(connection.begin_without_constraints().await?),
        false => {
            connection.begin().await?;
            None
        }
    };
    let refused = || MutantStatus::Killed("a constraint".to_owned());
    for sql in mutant.statements(tables) {
        match connection.execute(&sql, &[]).await {
            Ok(_) => {}
            Err(db::Error::Statement { .. }) => return Ok(refused()),
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(free) = free
        && connection.restore_constraints(&free).await? > 0
    {
        return Ok(refused());
    }
    Ok(judges.first_red(mutant.table(), connection).await?.map_or(MutantStatus::Survived, MutantStatus::Killed))
}
