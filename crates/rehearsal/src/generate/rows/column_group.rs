//! The parts of a row that are chosen together: a column by itself, or the columns of foreign keys that have columns in
//! common, whose values come from rows that are there.

use super::literals::hints;
use super::order::is_required;
use super::profile::RowProfile;
use super::values::{extremes, ordinary};
use rehearsal_db::insertable::{Default, Field, InsertableTable, Reference};
use rehearsal_db::{Connection, Engine, Error, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How many ordinary values there are to choose from.
const ORDINARY: u64 = 24;
/// How many rows of another table are looked at.
const ROWS_LOOKED_AT: usize = 24;
/// How many ways to refer to other rows there are to choose from.
const WAYS: usize = 64;

/// Columns and what they may be given together: first ordinary values, then NULL, then those at the edges.
#[derive(Debug)]
pub(super) struct ColumnGroup {
    /// The places of the columns in the table.
    pub(super) fields: Vec<usize>,
    /// What they may be given.
    pub(super) choices: Vec<Choice>,
    /// How many of these are ordinary.
    pub(super) ordinary: usize,
    /// The one that is NULL as far as that is allowed.
    pub(super) null: Option<usize>,
    /// Whether two rows may not have the same.
    pub(super) is_key: bool,
}

/// What columns are given.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Choice {
    /// Nothing: they have what they have by default.
    Left,
    /// A value each.
    Given(Vec<Value>),
}

/// The column groups of a table that has so many rows, or why there can be none: a reference that has nothing to refer to.
pub(super) async fn column_groups(
    connection: &mut Connection,
    table: &InsertableTable,
    rows: u64,
    profile: RowProfile,
) -> Result<Result<Vec<ColumnGroup>, String>, Error> {
    let mut found = Vec::new();
    for group in groups(table) {
        match joined(connection, table, &group, rows).await? {
            Ok(group) => found.push(group),
            Err(why) => return Ok(Err(why)),
        }
    }
    let taken: BTreeSet<usize> = found.iter().flat_map(|group: &ColumnGroup| group.fields.iter().copied()).collect();
    let engine = connection.engine();
    let alone = (0..table.fields.len()).filter(|at| !taken.contains(at));
    found.extend(alone.map(|at| single(engine, table, at, rows, profile)));
    Ok(Ok(found))
}

fn single(engine: Engine, table: &InsertableTable, at: usize, rows: u64, profile: RowProfile) -> ColumnGroup {
    let field = &table.fields[at];
    let mut hints = hints(engine, field, &table.rules);
    let given = |value: Value| Choice::Given(vec![value]);
    let usual: Vec<Value> = (rows + 1..=rows + ORDINARY).map(|n| ordinary(&table.name, field, n)).collect();
    let edges = if profile == RowProfile::Everything { extremes(field) } else { Vec::new() };
    // Where words are listed, each is a case of its own.
    // What a rule names as a bound is as far as it goes.
    let bounds = hints.near.iter().filter(|value| matches!(value, Value::Int(_) | Value::Real(_)));
    let bounds = if profile == RowProfile::Everything { bounds.take(8).cloned().collect() } else { Vec::new() };
    let edges: Vec<Value> = hints.named.iter().skip(2).take(10).cloned().chain(bounds).chain(edges).collect();

    let mut choices = Vec::new();
    if field.default == Default::Constant {
        choices.push(Choice::Left);
    }
    let (first, rest) = usual.split_at(2);
    let all = hints.named.drain(..).chain(first.to_vec()).chain(hints.near.drain(..)).chain(rest.to_vec());
    for choice in all.map(given) {
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    let ordinary = choices.len();
    let null = field.is_nullable.then_some(choices.len());
    choices.extend(null.map(|_| given(Value::Null)));
    choices.extend(edges.into_iter().map(given));
    ColumnGroup { fields: vec![at], choices, ordinary, null, is_key: field.is_key }
}

/// Foreign keys that have columns in common, the widest first.
fn groups(table: &InsertableTable) -> Vec<Vec<&Reference>> {
    let mut groups: Vec<Vec<&Reference>> = Vec::new();
    for reference in &table.references {
        // A column that is generated can't be given.
        if reference.columns.iter().any(|column| table.at(column).is_none()) {
            continue;
        }
        let (mut group, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group: &Vec<&Reference>| {
            group.iter().any(|other| other.columns.iter().any(|column| reference.columns.contains(column)))
        });
        let mut joined: Vec<&Reference> = group.drain(..).flatten().collect();
        joined.push(reference);
        joined.sort_by_key(|reference| std::cmp::Reverse(reference.columns.len()));
        groups = others;
        groups.push(joined);
    }
    groups
}

/// Values by the place of their column.
type Cells = BTreeMap<usize, Value>;

async fn joined(
    connection: &mut Connection,
    table: &InsertableTable,
    group: &[&Reference],
    rows: u64,
) -> Result<Result<ColumnGroup, String>, Error> {
    let mut ways: Vec<Cells> = vec![Cells::new()];
    for (at, reference) in group.iter().enumerate() {
        let rows_there = match there(connection, reference).await? {
            none if none.is_empty() && reference.table == table.name && is_required(table, reference) => {
                // The first row can refer to nothing but itself.
                itself(table, reference, rows)
            }
            rows_there => rows_there.into_iter().map(|row| cells(table, reference, row)).collect(),
        };
        let is_shared = |column: &String| {
            group.iter().enumerate().any(|(other, reference)| other != at && reference.columns.contains(column))
        };
        // The columns that are empty where it refers to nothing.
        let may_be_null: Vec<usize> = reference
            .columns
            .iter()
            .filter(|column| !is_shared(column))
            .filter_map(|column| table.at(column))
            .filter(|field| table.fields[*field].is_nullable)
            .collect();
        let own: Vec<usize> = reference.columns.iter().filter_map(|column| table.at(column)).collect();
        let mut wider = Vec::new();
        for way in &ways {
            let agrees = |row: &&Cells| row.iter().all(|(at, value)| way.get(at).is_none_or(|there| there == value));
            for row in rows_there.iter().filter(agrees) {
                let mut all = way.clone();
                all.extend(row.clone());
                wider.push(all);
            }
            if !may_be_null.is_empty() {
                let mut all = way.clone();
                for field in own.iter().filter(|field| !way.contains_key(field)) {
                    let value = match table.fields[*field].is_nullable {
                        true if may_be_null.contains(field) => Some(Value::Null),
                        _ => rows_there.first().and_then(|row| row.get(field)).cloned(),
                    };
                    all.extend(value.map(|value| (*field, value)));
                }
                wider.push(all);
            }
        }
        if wider.is_empty() {
            let columns = reference.columns.join(", ");
            return Ok(Err(format!("{columns} has to refer to a row of \"{}\", and there is none", reference.table)));
        }
        // Those that refer to something first.
        wider.sort_by_key(|way| way.values().filter(|value| **value == Value::Null).count());
        let step = wider.len().div_ceil(WAYS).max(1);
        ways = wider.into_iter().step_by(step).collect();
    }
    let fields: BTreeSet<usize> = ways.iter().flat_map(|way| way.keys().copied()).collect();
    let nulls = |way: &Cells| way.values().filter(|value| **value == Value::Null).count();
    let ordinary = ways.iter().filter(|way| nulls(way) == 0).count();
    // A way that leaves a column out that others have is filled up with what is usual there.
    let value = |way: &Cells, at: &usize| match way.get(at) {
        Some(value) => value.clone(),
        None => super::values::ordinary(&table.name, &table.fields[*at], rows + 1),
    };
    let choices = ways.iter().map(|way| Choice::Given(fields.iter().map(|at| value(way, at)).collect())).collect();
    let null = (ordinary < ways.len()).then(|| ways.len() - 1);
    let is_key = fields.iter().any(|at| table.fields[*at].is_key);
    let fields = fields.into_iter().collect();
    Ok(Ok(ColumnGroup { fields, choices, ordinary: ordinary.max(1), null, is_key }))
}

fn cells(table: &InsertableTable, reference: &Reference, row: Vec<Value>) -> Cells {
    reference.columns.iter().zip(row).filter_map(|(column, value)| Some((table.at(column)?, value))).collect()
}

/// Rows that refer to themselves: what refers and what is referred to have the same value.
fn itself(table: &InsertableTable, reference: &Reference, rows: u64) -> Vec<Cells> {
    let way = |n: u64| {
        let pairs = reference.columns.iter().zip(&reference.target);
        let both = pairs.filter_map(|(column, target)| Some((table.at(column)?, table.at(target)?)));
        let cells = both.flat_map(|(column, target)| {
            let field: &Field = &table.fields[target];
            let value = ordinary(&table.name, field, n);
            [(column, value.clone()), (target, value)]
        });
        cells.collect()
    };
    (rows + 1..=rows + ORDINARY).map(way).collect()
}

/// What rows of the other table can be referred to by.
async fn there(connection: &mut Connection, reference: &Reference) -> Result<Vec<Vec<Value>>, Error> {
    let engine = connection.engine();
    let quoted: Vec<String> = reference.target.iter().map(|column| engine.quote(column)).collect();
    let columns = quoted.iter().map(|column| engine.as_text(column)).collect::<Vec<_>>().join(", ");
    let is_there = quoted.iter().map(|column| format!("{column} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let order = (1..=quoted.len()).map(|place| place.to_string()).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT {columns} FROM {} WHERE {is_there} ORDER BY {order} LIMIT {ROWS_LOOKED_AT}",
        engine.quote_table(&reference.table)
    );
    match connection.query(&sql, &[], ROWS_LOOKED_AT).await {
        Ok(rows) => Ok(rows.rows),
        // SQLite lets a table refer to one that is not there.
        Err(Error::Statement { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
