//! A migration that failed on generated rows: an [`Attempt`] collects the table, columns and rows at fault from the
//! database, and [`report`] turns them into a finding, a note or a "not covered" line.

use super::FAILURES;
use super::seeded_database::SeededDatabase;
use super::verdict::{Failure, Verdict, judge};
use crate::Error;
use crate::migration::{self, Migration};
use crate::proofs::ProofRun;
use crate::report::{Finding, Severity};
use crate::sandbox::Scratch;
use rehearsal_db::insertable::{Default, InsertableTable, Kind};
use rehearsal_db::lex::{Token, statements, tokens};
use rehearsal_db::{Broken, Connection, Engine, Refusal, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The number of example rows of a table on which a migration fails.
const SHOWN: usize = 3;
/// The number of rows from which the examples are chosen.
const LOOKED_AT: usize = 100;
/// The number of columns of an example row if the columns at fault are unknown.
const COLUMNS: usize = 4;

/// The circumstances of a failure, read from the database on which it happened.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) refusal: Option<Refusal>,
    /// The table at fault.
    table: Option<String>,
    is_old_column: bool,
    is_numbered: bool,
    labels: Vec<String>,
    rows: Vec<String>,
}

impl Seen {
    async fn of(seeded: &mut SeededDatabase, error: &Error, migration: &Migration) -> Result<Self, Error> {
        let engine = seeded.connection.engine();
        let Error::Migration(migration::Error::Sql { cause, at, .. }) = error else {
            return Ok(Self::default());
        };
        let refusal = engine.refusal(&cause.to_string());
        let tables = seeded.connection.insertable_tables().await?;
        let all = statements(&migration.up.sql, engine);
        let statement = all.iter().rev().find(|statement| statement.start <= at.offset()).map_or("", |it| it.text);
        let words: Vec<String> = tokens(statement, engine).iter().map(Token::normal).collect();
        let is_said = |name: &str| words.iter().any(|word| *word == name.to_ascii_uppercase());
        let short = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
        let made = || tables.iter().filter(|table| seeded.seeds.made.contains_key(&table.name));
        let named = refusal.as_ref().and_then(|refusal| refusal.table.clone());
        let table = made()
            .find(|table| named.as_ref() == Some(&short(&table.name)))
            .or_else(|| made().find(|table| is_said(&short(&table.name))))
            .cloned();
        let columns = refusal.as_ref().map(|refusal| refusal.columns.clone()).unwrap_or_default();
        let is_old_column = table.as_ref().is_some_and(|table| columns.iter().any(|column| table.at(column).is_some()));
        let labels = tables.iter().flat_map(|table| &table.fields).filter_map(|field| match &field.kind {
            Kind::OneOf(labels) => Some(labels.clone()),
            _ => None,
        });
        let labels = labels.flatten().collect();
        let rows = match &table {
            Some(table) => {
                let said: Vec<String> =
                    table.fields.iter().map(|field| field.name.clone()).filter(|name| is_said(name)).collect();
                rows(&mut seeded.connection, (table, statement), &said, refusal.as_ref(), &cause.to_string()).await
            }
            None => Vec::new(),
        };
        let is_numbered = table.as_ref().is_some_and(|table| {
            let fields = columns.iter().filter_map(|column| table.at(column)).map(|at| &table.fields[at]);
            let from_counter = |default: &Default| matches!(default, Default::Computed | Default::Numbered);
            fields.into_iter().any(|field| matches!(field.kind, Kind::Int { .. }) && from_counter(&field.default))
        });
        let table = table.map(|table| table.name);
        Ok(Self { refusal, table, is_old_column, is_numbered, labels, rows })
    }
}

/// Returns a few rows of a table, the relevant ones first. Returns none if the query fails, because the failure of
/// the migration matters more.
async fn rows(
    connection: &mut Connection,
    (table, statement): (&InsertableTable, &str),
    said: &[String],
    refusal: Option<&Refusal>,
    why: &str,
) -> Vec<String> {
    let engine = connection.engine();
    let of_refusal = refusal.map(|refusal| refusal.columns.as_slice()).unwrap_or_default();
    let mut columns: Vec<&str> = said.iter().map(String::as_str).collect();
    columns.extend(of_refusal.iter().map(String::as_str).filter(|column| table.at(column).is_some()));
    let keys = table.fields.iter().filter(|field| field.is_key).map(|field| field.name.as_str());
    let others = table.fields.iter().map(|field| field.name.as_str());
    let few: Vec<&str> =
        if columns.is_empty() { keys.chain(others).collect() } else { keys.take(1).chain(columns.clone()).collect() };
    let mut shown: Vec<&str> = Vec::new();
    few.into_iter().for_each(|column| {
        if !shown.contains(&column) {
            shown.push(column)
        }
    });
    shown.truncate(if columns.is_empty() { COLUMNS } else { COLUMNS + 2 });

    let quoted: Vec<String> = shown.iter().map(|column| engine.quote(column)).collect();
    let (mut filter, mut order) = (String::new(), String::new());
    match refusal.map(|refusal| refusal.broken) {
        Some(Broken::NotNull) => {
            let there = of_refusal.iter().filter(|column| table.at(column).is_some());
            let is_null =
                there.map(|column| format!("{} IS NULL", engine.quote(column))).collect::<Vec<_>>().join(" OR ");
            filter = if is_null.is_empty() { is_null } else { format!(" WHERE {is_null}") };
        }
        Some(Broken::Size) => {
            let lengths =
                quoted.iter().rev().map(|column| format!("coalesce(length({}), 0) DESC", engine.as_text(column)));
            order = format!(" ORDER BY {}", lengths.collect::<Vec<_>>().join(", "));
        }
        Some(Broken::Check) => {
            filter = engine.condition(statement).map(|rule| format!(" WHERE NOT ({rule})")).unwrap_or_default()
        }
        _ => {}
    }
    // Without an order, keep the one in which the rows were generated.
    let quoted_table = engine.quote_table(&table.name);
    let sql = format!("SELECT {} FROM {quoted_table}{filter}{order} LIMIT {LOOKED_AT}", quoted.join(", "));
    let Ok(mut rows) = connection.query(&sql, &[], LOOKED_AT).await else { return Vec::new() };
    // Rows whose values are in the error message are first; other rows are no duplicates.
    let is_told = |value: &Value| matches!(value.to_string().as_str(), text if text.len() > 1 && why.contains(text));
    let told = |row: &Vec<Value>| row.iter().skip(1).filter(|value| is_told(value)).count();
    rows.rows.sort_by_key(|row| std::cmp::Reverse(told(row)));
    if refusal.is_some_and(|refusal| refusal.broken == Broken::Unique) {
        let most = rows.rows.first().map(told).unwrap_or_default();
        rows.rows.retain(|row| most > 0 && told(row) == most);
    }
    let line = |row: &Vec<Value>| {
        let cells = shown.iter().zip(row).map(|(column, value)| format!("{column} = {value}"));
        format!("\"{}\": {}", table.name, cells.collect::<Vec<_>>().join(", "))
    };
    rows.rows.iter().take(SHOWN).map(line).collect()
}

/// A migration that failed on generated rows.
pub(super) struct Attempt {
    scratch: Arc<Scratch>,
    error: Error,
    pub(super) seen: Seen,
}

/// On which simpler rows the migration fails, too.
#[derive(Debug, Clone, Copy)]
pub(super) struct FailsOn {
    pub(super) ordinary_rows: bool,
    pub(super) nulls: bool,
    /// True if it works on rows without its literals.
    pub(super) only_literals: bool,
}

impl Attempt {
    /// Collects the circumstances of a failure from the database on which it happened.
    ///
    /// # Errors
    /// Fails if the catalog cannot be read.
    pub(super) async fn of(seeded: &mut SeededDatabase, error: Error, migration: &Migration) -> Result<Self, Error> {
        let seen = Seen::of(seeded, &error, migration).await?;
        Ok(Self { scratch: Arc::clone(&seeded.scratch), error, seen })
    }

    /// The error of the database, and its position in the file.
    fn told(&self) -> (String, usize) {
        match &self.error {
            Error::Migration(migration::Error::Sql { cause, at, .. }) => (cause.to_string(), at.offset()),
            error => (error.to_string(), 0),
        }
    }

    /// Judges the failure.
    pub(super) fn verdict(&self, engine: Engine, migration: &Migration, fails_on: FailsOn) -> Verdict {
        let (why, at) = self.told();
        let all = statements(&migration.up.sql, engine);
        judge(&Failure {
            engine,
            why: &why,
            refusal: self.seen.refusal.as_ref(),
            statement: all.iter().rev().find(|statement| statement.start <= at).copied(),
            is_old_column: self.seen.is_old_column,
            is_numbered: self.seen.is_numbered,
            only_literals: fails_on.only_literals,
            labels: self.seen.labels.iter().map(String::as_str).collect(),
            on_ordinary_rows: fails_on.ordinary_rows,
            on_nulls: fails_on.nulls,
        })
    }
}

/// Reports the failure as a finding, or notes that the generated rows are at fault.
pub(super) async fn report(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    attempt: &Attempt,
    verdict: Verdict,
    (fails_on, covered): (FailsOn, &BTreeSet<String>),
) {
    let of = attempt.seen.table.as_ref().map(|table| format!(" of \"{table}\"")).unwrap_or_default();
    let (label, told) = (migration.label(), attempt.told().0);
    let told = brief(&told);
    match verdict {
        Verdict::Unfit if fails_on.ordinary_rows => run.not_covered(format!(
            "{label} could not run on generated rows{of}: {told}; a fixture with suitable rows would show whether it works"
        )),
        Verdict::Unfit => {
            run.note(format!("{label} was tried only on a part of the generated rows{of}; it fails on others: {told}"));
        }
        Verdict::Finding { why, hint } => {
            let is_covered = attempt.seen.table.as_ref().is_some_and(|table| covered.contains(table));
            let passes = "the migration works on the rows of a fixture, so this is a warning".to_owned();
            let details = std::iter::once(why.to_owned()).chain(attempt.seen.rows.iter().cloned());
            let details = details.chain(is_covered.then_some(passes)).collect();
            let finding = Finding::of_error(&FAILURES.migration, &attempt.error).of_migration(migration.version);
            let mut finding = finding.with_details(details).with_help(hint);
            if is_covered {
                finding.severity = Severity::Warning;
            }
            run.step(format!("apply {label} to generated rows"));
            run.scratch = Some(Arc::clone(&attempt.scratch));
            run.find(finding).await;
        }
    }
}

/// Removes the failing row from an error message of the database, because the row can be long.
pub(super) fn brief(why: &str) -> &str {
    why.split(" (Failing row contains").next().unwrap_or(why)
}
