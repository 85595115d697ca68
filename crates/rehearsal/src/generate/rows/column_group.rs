//! [`ColumnGroup`]: the columns of a row whose values are chosen together, with the possible values. A group is a
//! single column, or the columns of foreign keys that share columns; the values of foreign keys come from existing
//! rows. The entry point is [`column_groups`].

use super::literals::{hints, of_script};
use super::order::is_required;
use super::profile::RowProfile;
use super::values::{extremes, ordinary};
use rehearsal_db::insertable::{Default, Field, InsertableTable, Kind, Reference};
use rehearsal_db::{Connection, Engine, Error, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The number of ordinary values of a column.
const ORDINARY: u64 = 24;
/// The number of rows that are read from a referenced table.
const ROWS_LOOKED_AT: usize = 24;
/// The most combinations of referenced rows in a group.
const WAYS: usize = 64;

/// Columns and the values they can be given together: first ordinary values, then NULL, then edge cases.
#[derive(Debug)]
pub(super) struct ColumnGroup {
    /// The positions of the columns in the table.
    pub(super) fields: Vec<usize>,
    /// The possible values.
    pub(super) choices: Vec<Choice>,
    /// The number of ordinary choices, which are the first ones.
    pub(super) ordinary: usize,
    /// The ordinary choices with the literals of a script.
    pub(super) literals: Range<usize>,
    /// The position of the choice with NULL in every column that allows it; `None` if no column does.
    pub(super) null: Option<usize>,
    /// True if the values must be unique.
    pub(super) is_key: bool,
}

/// The values of a column group.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Choice {
    /// The defaults of the columns.
    Left,
    /// A value for each column.
    Given(Vec<Value>),
}

/// Returns the column groups of a table with `rows` rows. The inner error is the reason for which no row is
/// possible: a required foreign key whose table has no rows.
pub(super) async fn column_groups(
    connection: &mut Connection,
    table: &InsertableTable,
    rows: u64,
    profile: RowProfile<'_>,
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

/// Returns the group of a single column.
fn single(engine: Engine, table: &InsertableTable, at: usize, rows: u64, profile: RowProfile<'_>) -> ColumnGroup {
    let field = &table.fields[at];
    let mut hints = hints(engine, field, &table.rules);
    let given = |value: Value| Choice::Given(vec![value]);
    let usual: Vec<Value> = (rows + 1..=rows + ORDINARY).map(|n| ordinary(&table.name, field, n)).collect();
    let edges = if profile == RowProfile::Everything { extremes(&table.name, field, rows + 1) } else { Vec::new() };
    // Each literal in a list of a check is an edge case, and so is each bound in a check.
    let bounds = hints.near.iter().filter(|value| matches!(value, Value::Int(_) | Value::Real(_)));
    let bounds = if profile == RowProfile::Everything { bounds.take(8).cloned().collect() } else { Vec::new() };
    let edges: Vec<Value> = hints.named.iter().skip(2).take(10).cloned().chain(bounds).chain(edges).collect();

    let mut choices = Vec::new();
    if field.default == Default::Constant {
        choices.push(Choice::Left);
    }
    // The first row has the number that the database would give it, as the first row of the app has. It is written out, so
    // that a replay gives the same number whatever was refused before.
    let is_numbered =
        matches!(field.default, Default::Computed | Default::Numbered) && matches!(field.kind, Kind::Int { .. });
    if is_numbered && matches!(profile, RowProfile::Everything | RowProfile::WithNulls) {
        choices.extend(i64::try_from(rows + 1).map(Value::Int).map(given));
    }
    let others = choices.len();
    if let RowProfile::Literals(sql) = profile {
        choices.extend(of_script(engine, table, field, sql).into_iter().map(given));
    }
    let literals = others..choices.len();
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
    ColumnGroup { fields: vec![at], choices, ordinary, literals, null, is_key: field.is_key }
}

/// Groups the foreign keys that share columns, the widest key first.
fn groups(table: &InsertableTable) -> Vec<Vec<&Reference>> {
    let mut groups: Vec<Vec<&Reference>> = Vec::new();
    for reference in &table.references {
        // A generated column cannot be given a value.
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

/// Values by the position of their column.
type Cells = BTreeMap<usize, Value>;

/// Returns the group of foreign keys that share columns; the inner error is the reason for which no value is
/// possible.
async fn joined(
    connection: &mut Connection,
    table: &InsertableTable,
    group: &[&Reference],
    rows: u64,
) -> Result<Result<ColumnGroup, String>, Error> {
    let mut ways: Vec<Cells> = vec![Cells::new()];
    for (at, reference) in group.iter().enumerate() {
        let targets = match existing_keys(connection, reference).await? {
            none if none.is_empty() && reference.table == table.name && is_required(table, reference) => {
                // The first row can only refer to itself.
                self_references(table, reference, rows)
            }
            targets => targets.into_iter().map(|row| cells(table, reference, row)).collect(),
        };
        let is_shared = |column: &String| {
            group.iter().enumerate().any(|(other, reference)| other != at && reference.columns.contains(column))
        };
        // The columns that are NULL in a row that refers to no other row.
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
            for row in targets.iter().filter(agrees) {
                let mut all = way.clone();
                all.extend(row.clone());
                wider.push(all);
            }
            if !may_be_null.is_empty() {
                let mut all = way.clone();
                for field in own.iter().filter(|field| !way.contains_key(field)) {
                    let value = match table.fields[*field].is_nullable {
                        true if may_be_null.contains(field) => Some(Value::Null),
                        _ => targets.first().and_then(|row| row.get(field)).cloned(),
                    };
                    all.extend(value.map(|value| (*field, value)));
                }
                wider.push(all);
            }
        }
        if wider.is_empty() {
            let columns = reference.columns.join(", ");
            return Ok(Err(format!("{columns} must refer to a row of \"{}\", which has none", reference.table)));
        }
        // Combinations that refer to rows are first.
        wider.sort_by_key(|way| way.values().filter(|value| **value == Value::Null).count());
        let step = wider.len().div_ceil(WAYS).max(1);
        ways = wider.into_iter().step_by(step).collect();
    }
    let fields: BTreeSet<usize> = ways.iter().flat_map(|way| way.keys().copied()).collect();
    let nulls = |way: &Cells| way.values().filter(|value| **value == Value::Null).count();
    let ordinary = ways.iter().filter(|way| nulls(way) == 0).count();
    // A combination without a value for a column gets an ordinary value.
    let value = |way: &Cells, at: &usize| match way.get(at) {
        Some(value) => value.clone(),
        None => super::values::ordinary(&table.name, &table.fields[*at], rows + 1),
    };
    let choices = ways.iter().map(|way| Choice::Given(fields.iter().map(|at| value(way, at)).collect())).collect();
    let null = (ordinary < ways.len()).then(|| ways.len() - 1);
    let is_key = fields.iter().any(|at| table.fields[*at].is_key);
    let fields = fields.into_iter().collect();
    Ok(Ok(ColumnGroup { fields, choices, ordinary: ordinary.max(1), literals: 0..0, null, is_key }))
}

fn cells(table: &InsertableTable, reference: &Reference, row: Vec<Value>) -> Cells {
    reference.columns.iter().zip(row).filter_map(|(column, value)| Some((table.at(column)?, value))).collect()
}

/// Returns values for rows that refer to themselves: the foreign key equals the key of the row.
fn self_references(table: &InsertableTable, reference: &Reference, rows: u64) -> Vec<Cells> {
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

/// Returns the keys of existing rows in the referenced table.
async fn existing_keys(connection: &mut Connection, reference: &Reference) -> Result<Vec<Vec<Value>>, Error> {
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
        // In SQLite, a table may refer to one that does not exist.
        Err(Error::Statement { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
