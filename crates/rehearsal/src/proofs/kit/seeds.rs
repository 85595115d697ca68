//! Generated rows in a scratch database ([`Seeds`]): every empty table gets some before a migration, a table whose columns have
//! changed gets more, and the tables that a migration names get rows with its literals.

use crate::Error;
use crate::generate::rows::{Filled, RowProfile, fill, order};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use rehearsal_db::insertable::{Default, Demands, Field, InsertableTable, Kind, Reference, Rule};
use rehearsal_db::{Connection, Reuse, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The number of tables in one query.
const AT_ONCE: usize = 200;

/// The generated rows of a database.
#[derive(std::default::Default)]
pub struct Seeds {
    /// The tables with generated rows, and their columns when the rows were generated.
    pub made: BTreeMap<String, Vec<Field>>,
    /// All tables before the last migration.
    known: BTreeSet<String>,
    /// The tables with numbered rows whose counters may be behind these numbers.
    numbered: BTreeSet<String>,
    /// True if rows were generated since the caller last reset it.
    pub is_new: bool,
}

/// The tables with and without generated rows, for the notes of a proof.
#[derive(std::default::Default)]
pub struct Tables {
    /// Tables that have or had generated rows.
    pub made: BTreeSet<String>,
    /// Tables that already had rows, none of them generated.
    pub full: BTreeSet<String>,
    /// Tables for which no row could be generated, with the reason, the definition of the table at that time and
    /// the number of parent tables that had rows.
    pub unfilled: BTreeMap<String, (String, InsertableTable, usize)>,
}

/// The rows to generate.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The profile of the rows.
    pub profile: RowProfile<'a>,
    /// The literals that are used as values.
    pub words: Words<'a>,
}

/// The literals of a migration that are used as values.
#[derive(Clone, Copy)]
pub(crate) enum Words<'a> {
    /// None of them.
    Nothing,
    /// Those of its conditions, without the values that it writes: rows that already have these are what the migration leaves.
    Conditions(&'a Migration),
    /// All of them.
    Everything(&'a Migration),
}

impl Seeds {
    /// Generates rows for empty tables, and more rows for tables whose columns have changed since their rows were
    /// generated.
    pub(crate) async fn fill(
        &mut self,
        run: &mut ProofRun<'_>,
        connection: &mut Connection,
        wanted: Wanted<'_>,
        tables: &mut Tables,
    ) -> Result<(), Error> {
        let mut insertable = connection.insertable_tables().await?;
        let names: Vec<String> = insertable.iter().map(|table| table.name.clone()).collect();
        let mut filled = with_rows(connection, &names).await?;
        self.follow_renames(&names.iter().map(String::as_str).collect(), &filled);
        let engine = connection.engine();
        match wanted.words {
            Words::Nothing => {}
            Words::Conditions(migration) => {
                add_literals(&mut insertable, &engine.conditions(&migration.up.sql));
                add_labels(&mut insertable, run, migration);
            }
            Words::Everything(migration) => {
                add_literals(&mut insertable, &migration.up.sql);
                add_labels(&mut insertable, run, migration);
            }
        }
        let mut waiting = Vec::new();
        for at in order(&insertable) {
            let table = &insertable[at];
            let has_rows = filled.contains(&table.name);
            let is_made = self.made.get(&table.name);
            if has_rows && is_made.is_none() {
                tables.full.insert(table.name.clone());
            }
            if (has_rows && is_made.is_none_or(|fields| *fields == table.fields)) || is_hopeless(table, &filled, tables)
            {
                continue;
            }
            let made = self.put(run, connection, table, wanted.profile).await?;
            if !made.inserts.is_empty() {
                filled.insert(table.name.clone());
            }
            match made.why_not {
                Some(why) if made.inserts.is_empty() && !has_rows => {
                    let parents = parents(table, &filled);
                    tables.unfilled.insert(table.name.clone(), (why, table.clone(), parents));
                }
                _ => {
                    tables.unfilled.remove(&table.name);
                    tables.made.insert(table.name.clone());
                }
            }
            let refers_later =
                |reference: &Reference| reference.table != table.name && !filled.contains(&reference.table);
            if table.references.iter().any(refers_later) {
                waiting.push(at);
            }
        }
        for at in waiting {
            // The tables to which these may refer have rows now.
            if self.made.contains_key(&insertable[at].name) {
                self.put(run, connection, &insertable[at], RowProfile::Ordinary).await?;
            }
        }
        self.known = names.into_iter().collect();
        self.catch_up(run, connection).await
    }

    /// Generates rows with the literals of a migration for the tables with generated rows that it names, so that its
    /// conditions meet rows that match, and its keys rows that have them.
    pub async fn fill_literals(
        &mut self,
        run: &mut ProofRun<'_>,
        connection: &mut Connection,
        migration: &Migration,
    ) -> Result<(), Error> {
        let (engine, sql) = (connection.engine(), migration.up.sql.as_str());
        let is_named = |table: &str| engine.names_table(sql, table);
        let reads_rows = !engine.only_adds(sql) || engine.mentions(sql, &["PARTITION", "OF"]);
        if !reads_rows || !self.made.keys().any(|table| is_named(table)) {
            return Ok(());
        }
        let mut tables = connection.insertable_tables().await?;
        add_labels(&mut tables, run, migration);
        for table in tables {
            if self.made.contains_key(&table.name) && is_named(&table.name) {
                self.put(run, connection, &table, RowProfile::Literals(sql)).await?;
            }
        }
        self.catch_up(run, connection).await
    }

    /// Advances counters past the numbers of the rows that were just generated, as if the counters had given them.
    async fn catch_up(&mut self, run: &mut ProofRun<'_>, connection: &mut Connection) -> Result<(), Error> {
        let tables = std::mem::take(&mut self.numbered);
        if tables.is_empty() {
            return Ok(());
        }
        for counter in connection.counters(&|table| tables.contains(table)).await? {
            let is_behind = counter.greatest.is_some_and(|greatest| counter.next <= greatest);
            if counter.reuse == Reuse::Allowed && is_behind {
                match connection.query(&counter.catch_up, &[], 1).await {
                    Ok(_) => run.steps.push(Step::CatchUp(counter.catch_up.into())),
                    Err(error) if error.is_transient() => return Err(error.into()),
                    // The largest numbers are above the counter's maximum.
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    async fn put(
        &mut self,
        run: &mut ProofRun<'_>,
        connection: &mut Connection,
        table: &InsertableTable,
        profile: RowProfile<'_>,
    ) -> Result<Filled, Error> {
        let filled = fill(connection, table, profile).await?;
        if !filled.inserts.is_empty() {
            self.made.insert(table.name.clone(), table.fields.clone());
            self.is_new = true;
            let is_numbered = |field: &Field| matches!(field.default, Default::Computed | Default::Numbered);
            if table.fields.iter().any(is_numbered) {
                self.numbered.insert(table.name.clone());
            }
        }
        run.steps.extend(filled.inserts.iter().map(|insert| Step::Insert(Arc::new(insert.clone()))));
        Ok(filled)
    }

    /// Requests more rows for all tables before the next migration.
    pub fn wants_more(&mut self) {
        self.made.values_mut().for_each(Vec::clear);
    }

    /// Treats a new table that has rows as a renamed one if another table with generated rows has disappeared.
    fn follow_renames(&mut self, names: &BTreeSet<&str>, filled: &BTreeSet<String>) {
        let gone: Vec<String> = self.made.keys().filter(|name| !names.contains(name.as_str())).cloned().collect();
        for name in &gone {
            self.made.remove(name);
        }
        if !gone.is_empty() && !self.known.is_empty() {
            for name in filled.iter().filter(|name| !self.known.contains(*name)) {
                self.made.insert(name.clone(), Vec::new());
            }
        }
    }
}

/// True if no row could be generated earlier and neither the table nor its parents have changed since.
fn is_hopeless(table: &InsertableTable, filled: &BTreeSet<String>, tables: &Tables) -> bool {
    let tried = tables.unfilled.get(&table.name);
    // The literals of a migration may have been added to its rules.
    let is_equal = |then: &InsertableTable| then.fields == table.fields && then.references == table.references;
    tried.is_some_and(|(_, then, had)| is_equal(then) && *had == parents(table, filled))
}

/// Returns the number of references of a table whose target has rows.
fn parents(table: &InsertableTable, filled: &BTreeSet<String>) -> usize {
    table.references.iter().filter(|reference| filled.contains(&reference.table)).count()
}

/// Adds the literals of a script to the rules of all tables, so that columns get the values with which it compares
/// them.
fn add_literals(tables: &mut [InsertableTable], sql: &str) {
    for table in tables {
        let columns = table.fields.iter().map(|field| field.name.clone()).collect();
        let text = sql.to_owned();
        table.rules.push(Rule { name: String::new(), text, columns, demands: Demands::Condition });
    }
}

/// Adds the labels of an enum to the rules of the text columns that a migration gives this type, which have no other texts.
fn add_labels(tables: &mut [InsertableTable], run: &ProofRun<'_>, migration: &Migration) {
    let (engine, sql) = (run.rehearsal.database.engine, migration.up.sql.as_str());
    if !engine.mentions(sql, &["TYPE"]) {
        return;
    }
    let mut labels = BTreeMap::new();
    let until = run.rehearsal.history.migrations.iter().take_while(|earlier| earlier.version <= migration.version);
    until.for_each(|earlier| engine.enum_labels(&earlier.up.sql, &mut labels));
    labels.retain(|name, labels| !labels.is_empty() && engine.mentions(sql, &["TYPE", name]));
    for table in tables {
        let short = table.name.rsplit('.').next().unwrap_or(&table.name).to_owned();
        for field in table.fields.iter().filter(|field| matches!(field.kind, Kind::Text { .. })) {
            for (_, labels) in
                labels.iter().filter(|(name, _)| engine.mentions(sql, &[&short, &field.name, "TYPE", name]))
            {
                let texts = labels.iter().map(|label| engine.literal(&label.as_str().into()));
                let (text, columns) = (texts.collect::<Vec<_>>().join(", "), vec![field.name.clone()]);
                table.rules.push(Rule { name: String::new(), text, columns, demands: Demands::Condition });
            }
        }
    }
}

/// Returns the tables that have rows.
pub async fn with_rows(connection: &mut Connection, tables: &[String]) -> Result<BTreeSet<String>, Error> {
    let engine = connection.engine();
    let mut found = BTreeSet::new();
    for tables in tables.chunks(AT_ONCE) {
        let is_there = |table: &String| {
            format!("CASE WHEN EXISTS (SELECT 1 FROM {}) THEN 1 ELSE 0 END", engine.quote_table(table))
        };
        let sql = format!("SELECT {}", tables.iter().map(is_there).collect::<Vec<_>>().join(", "));
        let rows = connection.query(&sql, &[], 1).await?;
        let Some(row) = rows.rows.first() else { continue };
        found.extend(
            tables.iter().zip(row).filter(|(_, there)| **there == Value::Int(1)).map(|(table, _)| table.clone()),
        );
    }
    Ok(found)
}
