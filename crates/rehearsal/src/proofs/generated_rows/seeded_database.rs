//! The two databases that follow the history: [`SeededDatabase`] with generated rows, and [`EmptyTwin`] without
//! any, from which the proof continues if a migration fails on generated rows.

use super::covered::with_rows;
use crate::Error;
use crate::backfill::{self, Effect, Pass};
use crate::event::{Direction, silent};
use crate::generate::rows::{Filled, RowProfile, fill, is_required, order};
use crate::migration::{self, Migration};
use crate::proofs::ProofRun;
use crate::proofs::kit::aftermath;
use crate::proofs::kit::timeline::Step;
use crate::sandbox::Scratch;
use rehearsal_db::insertable::{Field, InsertableTable, Rule};
use rehearsal_db::{Connection, Reuse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A database with generated rows.
pub(super) struct SeededDatabase {
    pub(super) scratch: Arc<Scratch>,
    pub(super) connection: Connection,
    /// The backfills that have run.
    pub(super) done: Vec<&'static str>,
    /// The tables with generated rows, and their columns when the rows were generated.
    pub(super) made: BTreeMap<String, Vec<Field>>,
    /// All tables before the last migration.
    known: BTreeSet<String>,
    /// True if rows were generated since the caller last reset it.
    pub(super) is_new: bool,
}

/// The tables with and without generated rows, for the notes of the proof.
#[derive(Default)]
pub(super) struct Tables {
    /// Tables that have or had generated rows.
    pub(super) made: BTreeSet<String>,
    /// Tables that already had rows, none of them generated.
    pub(super) full: BTreeSet<String>,
    /// Tables for which no row could be generated, with the reason, the definition of the table at that time and
    /// the number of parent tables that had rows.
    pub(super) unfilled: BTreeMap<String, (String, InsertableTable, usize)>,
}

/// The rows to generate.
pub(super) struct Wanted<'a> {
    /// The tables for which a fixture has rows.
    pub(super) covered: &'a BTreeSet<String>,
    /// The profile of the rows of the other tables.
    pub(super) profile: RowProfile,
    /// The migration whose literals are used as values; `None` for no literals.
    pub(super) words_of: Option<&'a Migration>,
}

impl SeededDatabase {
    /// Creates the database before the first migration.
    pub(super) async fn empty(run: &mut ProofRun<'_>) -> Result<Self, Error> {
        let scratch = run.start("rows").await?;
        Self::on(scratch, Vec::new()).await
    }

    /// Creates a copy of the database without generated rows.
    pub(super) async fn fork(run: &mut ProofRun<'_>, twin: &EmptyTwin) -> Result<Self, Error> {
        let scratch = match run.rehearsal.sandbox.fork(&twin.scratch, "rows").await? {
            Some(scratch) => scratch,
            None => run.repeat(&twin.steps).await?,
        };
        run.steps.clone_from(&twin.steps);
        let scratch = run.work_on(scratch);
        Self::on(scratch, twin.done.clone()).await
    }

    async fn on(scratch: Arc<Scratch>, done: Vec<&'static str>) -> Result<Self, Error> {
        let connection = scratch.open().await?;
        Ok(Self { scratch, connection, done, made: BTreeMap::new(), known: BTreeSet::new(), is_new: true })
    }

    /// Generates rows for empty tables, and more rows for tables whose columns have changed since their rows were
    /// generated.
    pub(super) async fn fill(
        &mut self,
        run: &mut ProofRun<'_>,
        wanted: &Wanted<'_>,
        tables: &mut Tables,
    ) -> Result<(), Error> {
        let mut insertable = self.connection.insertable_tables().await?;
        let names: Vec<String> = insertable.iter().map(|table| table.name.clone()).collect();
        let mut filled = with_rows(&mut self.connection, &names).await?;
        self.follow_renames(&names, &filled);
        if let Some(migration) = wanted.words_of {
            add_literals(&mut insertable, migration);
        }
        let needed = needed(&insertable, wanted.covered);
        let order = order(&insertable);
        let mut waiting = Vec::new();
        for at in &order {
            let table = &insertable[*at];
            let has_rows = filled.contains(&table.name);
            let is_made = self.made.get(&table.name);
            if has_rows && is_made.is_none() && !wanted.covered.contains(&table.name) {
                tables.full.insert(table.name.clone());
            }
            if !needed.contains(&table.name)
                || (has_rows && is_made.is_none_or(|fields| *fields == table.fields))
                || self.is_hopeless(table, &filled, tables)
            {
                continue;
            }
            let is_support = wanted.covered.contains(&table.name);
            let profile = if is_support { RowProfile::Ordinary } else { wanted.profile };
            let made = self.put(run, table, profile).await?;
            if !made.inserts.is_empty() {
                filled.insert(table.name.clone());
            }
            match made.why_not {
                Some(why) if made.inserts.is_empty() && !has_rows => {
                    let parents = parents(table, &filled);
                    tables.unfilled.insert(table.name.clone(), (why, table.clone(), parents));
                }
                _ if !is_support => {
                    tables.unfilled.remove(&table.name);
                    tables.made.insert(table.name.clone());
                }
                _ => {}
            }
            let refers_later = |reference: &rehearsal_db::insertable::Reference| {
                reference.table != table.name && !filled.contains(&reference.table) && needed.contains(&reference.table)
            };
            if table.references.iter().any(refers_later) {
                waiting.push(*at);
            }
        }
        for at in waiting {
            // The tables to which these may refer have rows now.
            if self.made.contains_key(&insertable[at].name) {
                self.put(run, &insertable[at], RowProfile::Ordinary).await?;
            }
        }
        self.known = names.into_iter().collect();
        Ok(())
    }

    async fn put(
        &mut self,
        run: &mut ProofRun<'_>,
        table: &InsertableTable,
        profile: RowProfile,
    ) -> Result<Filled, Error> {
        let mut filled = fill(&mut self.connection, table, profile).await?;
        if !filled.inserts.is_empty() {
            self.made.insert(table.name.clone(), table.fields.clone());
            self.is_new = true;
        }
        for insert in &mut filled.inserts {
            run.steps.push(Step::Insert(Arc::new(insert.clone())));
        }
        Ok(filled)
    }

    /// Puts sequences behind the numbers of generated rows, as they would be if they had numbered them.
    pub(super) async fn advance_counters(&mut self, migration: &Migration) -> Result<(), Error> {
        for counter in aftermath::counters(migration, &mut self.connection).await? {
            if counter.reuse == Reuse::Allowed && counter.greatest.is_some_and(|greatest| counter.next <= greatest) {
                self.connection.query(&counter.catch_up, &[], 1).await?;
            }
        }
        Ok(())
    }

    /// Requests more rows for all tables before the next migration.
    pub(super) fn wants_more(&mut self) {
        self.made.values_mut().for_each(Vec::clear);
    }

    /// True if no row could be generated earlier and neither the table nor its parents have changed since.
    fn is_hopeless(&self, table: &InsertableTable, filled: &BTreeSet<String>, tables: &Tables) -> bool {
        let tried = tables.unfilled.get(&table.name);
        tried.is_some_and(|(_, then, had)| then == table && *had == parents(table, filled))
    }

    /// Treats a new table that has rows as a renamed one if another table with generated rows has disappeared.
    fn follow_renames(&mut self, names: &[String], filled: &BTreeSet<String>) {
        let gone: Vec<String> = self.made.keys().filter(|name| !names.contains(name)).cloned().collect();
        for name in &gone {
            self.made.remove(name);
        }
        if !gone.is_empty() && !self.known.is_empty() {
            for name in filled.iter().filter(|name| !self.known.contains(*name)) {
                self.made.insert(name.clone(), Vec::new());
            }
        }
    }

    /// Runs the backfills that are due before a migration.
    ///
    /// # Errors
    /// [`Refused`] if a backfill fails, which is the fault of the generated rows.
    pub(super) async fn run_due(&mut self, run: &mut ProofRun<'_>, migration: &Migration) -> Result<(), Refused> {
        for backfill in run.due(Some(migration), &self.done) {
            let name = backfill.about().name;
            run.step(format!("run backfill {name} on generated rows"));
            let pass = Pass { batch: run.batch, ..Pass::new(Effect::Execute) };
            let ran = backfill::run(backfill, self.scratch.target(), &pass, &silent).await;
            ran.map_err(|error| Refused { backfill: name, error: error.into() })?;
            run.steps.push(Step::Backfill(name, Effect::Execute));
            self.done.push(name);
            self.is_new = true;
        }
        Ok(())
    }
}

/// A backfill that fails on generated rows.
pub(super) struct Refused {
    pub(super) backfill: &'static str,
    pub(super) error: Error,
}

/// Returns the tables that need rows: those that no fixture covers, and those to which their rows have to refer.
fn needed(tables: &[InsertableTable], covered: &BTreeSet<String>) -> BTreeSet<String> {
    let mut needed: BTreeSet<String> =
        tables.iter().map(|table| &table.name).filter(|table| !covered.contains(*table)).cloned().collect();
    loop {
        let those = tables.iter().filter(|table| needed.contains(&table.name));
        let required = those.flat_map(|table| {
            table.references.iter().filter(|reference| is_required(table, reference)).map(|reference| &reference.table)
        });
        let more: Vec<String> = required.filter(|table| !needed.contains(*table)).cloned().collect();
        if more.is_empty() {
            return needed;
        }
        needed.extend(more);
    }
}

/// Returns the number of references of a table whose target has rows.
fn parents(table: &InsertableTable, filled: &BTreeSet<String>) -> usize {
    table.references.iter().filter(|reference| filled.contains(&reference.table)).count()
}

/// Adds the literals of a migration to the rules of all tables, so that columns get the values with which it
/// compares them.
fn add_literals(tables: &mut [InsertableTable], migration: &Migration) {
    for table in tables {
        let columns = table.fields.iter().map(|field| field.name.clone()).collect();
        table.rules.push(Rule { name: String::new(), text: migration.up.sql.clone(), columns });
    }
}

/// The database without generated rows, advanced only as far as needed.
pub(super) struct EmptyTwin {
    scratch: Scratch,
    steps: Vec<Step>,
    done: Vec<&'static str>,
    /// The number of applied migrations.
    at: usize,
}

impl EmptyTwin {
    pub(super) async fn empty(run: &ProofRun<'_>) -> Result<Self, Error> {
        let rehearsal = run.rehearsal;
        let template = rehearsal.sandbox.template(rehearsal.database, rehearsal.history, None).await?;
        let scratch = rehearsal.sandbox.scratch(&template, "twin").await?;
        Ok(Self { scratch, steps: Vec::new(), done: Vec::new(), at: 0 })
    }

    /// Applies the first `to` migrations, and runs the backfills that are due before them.
    pub(super) async fn advance(&mut self, run: &ProofRun<'_>, to: usize) -> Result<(), Error> {
        let mut connection = self.scratch.open().await?;
        let went = self.advance_on(run, to, &mut connection).await;
        connection.close_with(went).await
    }

    async fn advance_on(&mut self, run: &ProofRun<'_>, to: usize, connection: &mut Connection) -> Result<(), Error> {
        while let Some(migration) = run.rehearsal.history.migrations.get(self.at).filter(|_| self.at < to) {
            for backfill in run.due(Some(migration), &self.done) {
                let pass = Pass { batch: run.batch, ..Pass::new(Effect::Execute) };
                backfill::run(backfill, self.scratch.target(), &pass, &silent).await?;
                self.steps.push(Step::Backfill(backfill.about().name, Effect::Execute));
                self.done.push(backfill.about().name);
            }
            migration::step(connection, migration, Direction::Up).await?;
            self.steps.push(Step::Up(migration.version));
            self.at += 1;
        }
        Ok(())
    }
}
