//! Tries the objects of a schema ([`failures`]): rows are updated to themselves, deleted and inserted again, views are read
//! and materialised views refreshed, each in a transaction that is rolled back. What worked before a migration and fails
//! after it is broken.

use crate::Error;
use rehearsal_db::{Broken, Connection, Engine, Refusal, Schema, TableShape};

/// How many rows of a table are tried.
const ROWS: usize = 20;
/// The most columns of a table that are updated one by one.
const COLUMNS: usize = 40;

/// A statement that tries an object, in a transaction that is rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trial {
    /// What the statement does, as the rest of a sentence: `updating a row of "toy"`.
    pub(super) what: String,
    /// The table or view.
    pub(super) object: String,
    /// The statements.
    pub(super) sql: String,
    /// The columns of an UPDATE, each with a statement that sets only it.
    each: Vec<(String, String)>,
}

/// A trial that failed, with the error of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    /// The trial.
    pub(super) trial: Trial,
    /// The error.
    pub(super) why: String,
    /// The columns of which an UPDATE fails, if not all do.
    pub(super) columns: Option<String>,
}

/// Tries every table with rows and every view. Leaves the database as it was.
///
/// # Errors
/// Fails if the database fails.
pub(super) async fn failures(
    connection: &mut Connection,
    tables: &[TableShape],
    schema: &Schema,
) -> Result<Vec<Failed>, Error> {
    let numbers = connection.sequences().await?;
    let engine = connection.engine();
    let mut failed = Vec::new();
    for table in tables.iter().filter(|table| !table.columns.is_empty()) {
        for trial in of_table(engine, table, schema) {
            let Some(why) = attempt(connection, &trial.sql).await? else { continue };
            // A row that others refer to cannot be deleted, and a row stays there if a rule or trigger only marks it as
            // deleted: neither is a fault.
            let is_usual = |refusal: &Refusal| matches!(refusal.broken, Broken::Reference | Broken::Unique);
            if !engine.refusal(&why).as_ref().is_some_and(is_usual) {
                let columns = failing_columns(connection, table, &trial).await?;
                failed.push(Failed { trial, why, columns });
            }
            break;
        }
    }
    for trial in schema.objects.keys().filter_map(|label| of_view(engine, label)) {
        let why = attempt(connection, &trial.sql).await?;
        failed.extend(why.map(|why| Failed { trial, why, columns: None }));
    }
    // A trigger may have drawn numbers, which a rollback does not give back.
    connection.set_sequences(&numbers).await?;
    Ok(failed)
}

/// The trials of a table: if one fails, the next ones would fail, too.
fn of_table(engine: Engine, table: &TableShape, schema: &Schema) -> Vec<Trial> {
    let (name, quoted) = (&table.name, engine.quote_table(&table.name));
    let is_computed = |column: &String| {
        let object = schema.objects.get(&format!("column \"{name}\".\"{column}\""));
        table.generated.contains(column)
            || object.is_some_and(|object| object.definition.contains("GENERATED ALWAYS AS IDENTITY"))
    };
    let columns = |keeps: &dyn Fn(&&String) -> bool| {
        table.columns.iter().filter(keeps).map(|column| engine.quote(column)).collect::<Vec<_>>()
    };
    let settable = columns(&|column| !is_computed(column));
    let stored = columns(&|column| !table.generated.contains(*column)).join(", ");
    let few = engine.few_rows(table, ROWS);
    let trial = |what: &str, sql: String| Trial {
        what: format!("{what} \"{name}\""),
        object: name.clone(),
        sql,
        each: Vec::new(),
    };
    let mut trials = Vec::new();
    if !settable.is_empty() {
        let set: Vec<String> = settable.iter().map(|column| format!("{column} = {column}")).collect();
        let update = |set: &str| format!("UPDATE {quoted} SET {set} WHERE {few}");
        let each = settable.iter().zip(&set).map(|(column, set)| (column.clone(), update(set)));
        let each = each.collect();
        trials.push(Trial { each, ..trial("updating rows of", update(&set.join(", "))) });
    }
    let delete = format!("DELETE FROM {quoted} WHERE {few}");
    trials.push(trial("deleting rows of", delete.clone()));
    if !stored.is_empty() {
        let again = format!(
            "CREATE TEMP TABLE _rehearsal_trial AS SELECT {stored} FROM {quoted} WHERE {few}; {delete}; \
             INSERT INTO {quoted} ({stored}) {} SELECT {stored} FROM _rehearsal_trial",
            engine.overriding()
        );
        trials.push(trial("inserting rows again into", again));
    }
    trials
}

fn of_view(engine: Engine, label: &str) -> Option<Trial> {
    let (kind, rest) = label.split_once(" \"")?;
    let name = rest.strip_suffix('"')?;
    let quoted = engine.quote_table(name);
    let (what, sql) = match kind {
        // A count would leave out columns that it does not need.
        "view" => ("reading view", format!("SELECT * FROM {quoted} LIMIT {ROWS}")),
        "materialized view" => ("refreshing materialized view", format!("REFRESH MATERIALIZED VIEW {quoted}")),
        _ => return None,
    };
    Some(Trial { what: format!("{what} \"{name}\""), object: name.to_owned(), sql, each: Vec::new() })
}

/// Returns the columns of which an UPDATE fails; `None` if all do, or the trial is no UPDATE.
async fn failing_columns(
    connection: &mut Connection,
    table: &TableShape,
    trial: &Trial,
) -> Result<Option<String>, Error> {
    if trial.each.len() > COLUMNS || trial.each.len() < 2 {
        return Ok(None);
    }
    let mut failing = Vec::new();
    for (column, sql) in &trial.each {
        if attempt(connection, sql).await?.is_some() {
            failing.push(column.as_str());
        }
    }
    let some = !failing.is_empty() && failing.len() < trial.each.len();
    Ok(some.then(|| format!("{} of \"{}\"", failing.join(", "), table.name)))
}

/// Runs a trial and rolls it back. Returns the error of the statement, if it fails.
async fn attempt(connection: &mut Connection, sql: &str) -> Result<Option<String>, Error> {
    connection.begin().await?;
    let done = connection.execute(sql, &[]).await;
    connection.rollback().await;
    match done {
        Ok(_) => Ok(None),
        Err(error) if error.is_transient() => Err(error.into()),
        Err(error) => Ok(Some(error.to_string())),
    }
}
