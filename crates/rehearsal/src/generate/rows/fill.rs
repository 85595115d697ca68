//! Fills a table with rows ([`fill`]): a row is inserted, and if the database rejects it, the values at fault are
//! replaced until the row is accepted or no values are left.

use super::column_group::{Choice, ColumnGroup, column_groups};
use super::profile::RowProfile;
use rehearsal_db::insertable::{Default, Demands, InsertableTable, Kind};
use rehearsal_db::{Broken, Connection, Engine, Error, Sequence, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The most attempts to insert one of the first two rows.
const TRIES: usize = 300;
/// The most attempts to insert a further row.
const FURTHER_TRIES: usize = 60;
/// The most rows with edge cases in a table.
const EDGES: usize = 12;
/// The number of rows with the literals of a script.
const LITERALS: usize = 3;

/// A statement that inserted a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// The SQL, with a parameter for each value.
    pub(crate) sql: String,
    /// The values.
    pub(crate) values: Vec<Value>,
}

/// The result of filling a table.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Filled {
    /// The rows that were inserted.
    pub(crate) inserts: Vec<Insert>,
    /// The error of the last attempt if the table has fewer than two rows; `None` otherwise.
    pub(crate) why_not: Option<String>,
}

/// Inserts generated rows into a table.
///
/// # Errors
/// Fails if the database fails. A rejected row is not an error; it is reported in [`Filled::why_not`].
pub(crate) async fn fill(
    connection: &mut Connection,
    table: &InsertableTable,
    profile: RowProfile<'_>,
) -> Result<Filled, Error> {
    let settings = connection.pin().await?;
    let filled = fill_pinned(connection, table, profile).await;
    connection.unpin(settings).await?;
    filled
}

async fn fill_pinned(
    connection: &mut Connection,
    table: &InsertableTable,
    profile: RowProfile<'_>,
) -> Result<Filled, Error> {
    let engine = connection.engine();
    let count = format!("SELECT count(*) FROM {}", engine.quote_table(&table.name));
    let count = connection.query(&count, &[], 1).await?;
    let rows = count.scalar().and_then(Value::as_int).and_then(|n| u64::try_from(n).ok()).unwrap_or_default();

    let mut filled = Filled::default();
    let first = match column_groups(connection, table, rows, profile).await? {
        Ok(groups) => groups,
        Err(why) => return Ok(Filled { why_not: Some(why), ..filled }),
    };
    let mut form = Form::new(engine, table, first);
    if table.has_triggers {
        form.numbers = connection.sequences().await?;
    }
    let start = vec![0; form.groups.len()];
    if matches!(profile, RowProfile::Literals(_)) {
        form.literals(connection, &start, &mut filled).await?;
        return Ok(filled);
    }
    let base = match form.search(connection, start, &[], TRIES, &mut filled).await? {
        Ok(base) => base,
        Err(why) => return Ok(Filled { why_not: Some(why), ..filled }),
    };
    if table.references.iter().any(|reference| reference.table == table.name) {
        // The table now has a row to which others can refer.
        if let Ok(groups) = column_groups(connection, table, rows + 1, profile).await? {
            form = Form { numbers: form.numbers, ..Form::new(engine, table, groups) };
        }
    }
    let base = if base.len() == form.groups.len() { base } else { vec![0; form.groups.len()] };
    // The values that were accepted in the first row are used in all ordinary rows.
    let second = form.further(&base, usize::from(profile == RowProfile::Everything));
    if let Err(why) = form.search(connection, second, &base, TRIES, &mut filled).await? {
        filled.why_not = (rows == 0).then_some(why);
        return Ok(filled);
    }
    // The remaining rows are optional: the rules of a table may exclude them.
    if profile != RowProfile::Ordinary {
        let mut nulls = form.further(&base, 0);
        form.groups.iter().zip(&mut nulls).for_each(|(group, choice)| *choice = group.null.unwrap_or(*choice));
        drop(form.search(connection, nulls, &base, FURTHER_TRIES, &mut filled).await?);
    }
    if profile == RowProfile::Everything {
        drop(form.search(connection, base.clone(), &base, FURTHER_TRIES, &mut filled).await?);
        form.neighbours(connection, &base, &mut filled).await?;
        let most = form.groups.iter().map(|group| group.edges().len()).max().unwrap_or_default().min(EDGES);
        for edge in 0..most {
            let at: Vec<usize> = (0..form.groups.len()).filter(|at| form.groups[*at].edges().len() > edge).collect();
            form.edge(connection, &base, edge, at, &mut filled).await?;
        }
    }
    Ok(filled)
}

/// The state of filling a table.
struct Form<'a> {
    engine: Engine,
    table: &'a InsertableTable,
    groups: Vec<ColumnGroup>,
    /// The choices, as (group, choice), that a rule on that group alone rejects.
    banned: BTreeSet<(usize, usize)>,
    /// The number of inserted rows.
    made: usize,
    /// The state of the sequences from which triggers may draw numbers. A refused row gives these back, so that a replay of the
    /// accepted rows draws equal ones.
    numbers: BTreeMap<String, Sequence>,
}

/// A rejected row: the groups at fault (empty if unknown), whether a unique constraint rejected it, and the error
/// message.
struct Refused {
    at_fault: Vec<usize>,
    is_taken: bool,
    why: String,
}

impl ColumnGroup {
    /// Returns the positions of the edge cases.
    fn edges(&self) -> std::ops::Range<usize> {
        self.ordinary + usize::from(self.null.is_some_and(|null| null == self.ordinary))..self.choices.len()
    }
}

impl<'a> Form<'a> {
    fn new(engine: Engine, table: &'a InsertableTable, groups: Vec<ColumnGroup>) -> Self {
        Self { engine, table, groups, banned: BTreeSet::new(), made: 0, numbers: BTreeMap::new() }
    }

    /// Returns the choices of a further row: those of the first row with other keys. The values of all other groups
    /// are `by` choices further.
    fn further(&self, base: &[usize], by: usize) -> Vec<usize> {
        let other = |(at, base): (usize, &usize)| {
            let group = &self.groups[at];
            let by = if group.is_key { self.made.max(by) } else { by };
            let allowed: Vec<usize> =
                (0..group.ordinary).filter(|choice| !self.banned.contains(&(at, *choice))).collect();
            let place = allowed.iter().position(|choice| choice == base).unwrap_or_default();
            allowed.get((place + by) % allowed.len().max(1)).copied().unwrap_or(*base)
        };
        base.iter().enumerate().map(other).collect()
    }

    /// Inserts rows with the literals of a script: the first of each column together, then the second, and so on.
    async fn literals(
        &mut self,
        connection: &mut Connection,
        base: &[usize],
        filled: &mut Filled,
    ) -> Result<(), Error> {
        let most = self.groups.iter().map(|group| group.literals.len()).max().unwrap_or_default().min(LITERALS);
        for nth in 0..most {
            let mut row = self.further(base, 0);
            for (group, choice) in self.groups.iter().zip(&mut row) {
                *choice = group.literals.clone().take(nth + 1).next_back().unwrap_or(*choice);
            }
            drop(self.search(connection, row, &[], FURTHER_TRIES, filled).await?);
        }
        Ok(())
    }

    /// Inserts rows that differ from the first one in one number of a unique key: the next number, and two numbers in falling
    /// order. An UPDATE that moves all numbers by one meets each of them before the number that it takes is free.
    async fn neighbours(
        &mut self,
        connection: &mut Connection,
        base: &[usize],
        filled: &mut Filled,
    ) -> Result<(), Error> {
        let table = self.table;
        for rule in table.rules.iter().filter(|rule| rule.demands == Demands::Unique) {
            let is_of_key = |field: &usize| rule.columns.contains(&table.fields[*field].name);
            let key: Vec<usize> =
                (0..self.groups.len()).filter(|at| self.groups[*at].fields.iter().any(is_of_key)).collect();
            for at in &key {
                let (group, last) = (&self.groups[*at], self.groups[*at].ordinary.saturating_sub(1));
                let [field] = group.fields.as_slice() else { continue };
                let field = &table.fields[*field];
                let is_number = matches!(field.kind, Kind::Int { .. }) && field.default == Default::Nothing;
                if !is_number || table.references.iter().any(|reference| reference.columns.contains(&field.name)) {
                    continue;
                }
                for choice in [(base[*at] + 1).min(last), last, last.saturating_sub(1)] {
                    let mut row = self.further(base, 0);
                    key.iter().for_each(|other| row[*other] = base[*other]);
                    row[*at] = choice;
                    // The rules of a table may exclude such a row.
                    drop(self.tried(connection, &row, filled).await?);
                }
            }
        }
        Ok(())
    }

    /// Inserts a row with the edge case number `edge` in the groups `at`. If the database rejects it, splits the
    /// groups and tries each part.
    async fn edge(
        &mut self,
        connection: &mut Connection,
        base: &[usize],
        edge: usize,
        at: Vec<usize>,
        filled: &mut Filled,
    ) -> Result<(), Error> {
        let mut left = vec![at];
        while let Some(at) = left.pop() {
            let mut row = self.further(base, 0);
            for group in &at {
                row[*group] = self.groups[*group].edges().start + edge;
            }
            let refused = match self.tried(connection, &row, filled).await? {
                Ok(()) => continue,
                Err(refused) => refused,
            };
            let (at_fault, others): (Vec<usize>, Vec<usize>) =
                at.iter().partition(|group| refused.at_fault.contains(group));
            if !at_fault.is_empty() && !others.is_empty() {
                left.push(others);
            } else if at_fault.is_empty() && at.len() > 1 {
                let (one, other) = at.split_at(at.len() / 2);
                left.extend([one.to_vec(), other.to_vec()]);
            }
        }
        Ok(())
    }

    /// Tries the choices `start`, then replaces those at fault by the choices of an accepted row (`base`), then by
    /// others near them, until the database accepts a row. Returns its choices; the inner error is the most
    /// informative error message.
    async fn search(
        &mut self,
        connection: &mut Connection,
        start: Vec<usize>,
        base: &[usize],
        tries: usize,
        filled: &mut Filled,
    ) -> Result<Result<Vec<usize>, String>, Error> {
        let mut row = start.clone();
        let mut taken_back: BTreeSet<Vec<usize>> = BTreeSet::new();
        let mut counters: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut why = String::new();
        for _ in 0..tries {
            let refused = match self.tried(connection, &row, filled).await? {
                Ok(()) => return Ok(Ok(row)),
                Err(refused) => refused,
            };
            // An error that names a column is more informative.
            if why.is_empty() || !refused.at_fault.is_empty() {
                why = refused.why;
            }
            let mut at_fault = refused.at_fault;
            if at_fault.is_empty() {
                // The groups at fault are unknown: change one after the other.
                let all: Vec<usize> = (0..self.groups.len()).filter(|at| self.groups[*at].choices.len() > 1).collect();
                let count = counters.entry(Vec::new()).or_default();
                let Some(at) = all.get(*count % all.len().max(1)).filter(|_| *count < 2 * all.len()) else { break };
                *count += 1;
                row.clone_from(&start);
                at_fault = vec![*at];
            }
            if let [only] = at_fault.as_slice()
                && !refused.is_taken
                && !counters.contains_key(&Vec::new())
            {
                self.banned.insert((*only, row[*only]));
                let Some(next) = self.nearest(*only, start[*only], false).first().copied() else { break };
                row[*only] = next;
                continue;
            }
            if !refused.is_taken && base.len() == row.len() && taken_back.insert(at_fault.clone()) {
                // Try the accepted values again, but keep the intended NULLs.
                for at in &at_fault {
                    if self.groups[*at].null != Some(row[*at]) {
                        row[*at] = base[*at];
                    }
                }
                continue;
            }
            // Keep the intended NULLs as long as other groups can be changed.
            let others: Vec<usize> =
                at_fault.iter().copied().filter(|at| self.groups[*at].null != Some(start[*at])).collect();
            let mut next = None;
            for at_fault in [others, at_fault].into_iter().filter(|at_fault| !at_fault.is_empty()) {
                let counter = counters.entry(at_fault.clone()).or_default();
                *counter += 1;
                next = self.nth(&start, &at_fault, *counter).map(|choices| (at_fault, choices));
                if next.is_some() {
                    break;
                }
            }
            let Some((at_fault, choices)) = next else { break };
            for (at, choice) in at_fault.into_iter().zip(choices) {
                row[at] = choice;
            }
        }
        Ok(Err(why))
    }

    /// Returns the `n`th combination of choices for the groups `at`, in an order in which all combinations of near
    /// choices precede those with a distant choice. Combination 0 is the start.
    fn nth(&self, start: &[usize], at: &[usize], n: usize) -> Option<Vec<usize>> {
        let nearest: Vec<Vec<usize>> =
            at.iter().map(|group| self.nearest(*group, start[*group], at.len() > 1)).collect();
        let mut rest = n;
        for most in [2, 3, 5, usize::MAX] {
            let sizes: Vec<usize> = nearest.iter().map(|choices| choices.len().min(most)).collect();
            let all = sizes.iter().try_fold(1_usize, |all, size| all.checked_mul(*size)).unwrap_or(usize::MAX);
            if rest >= all {
                rest -= all;
                continue;
            }
            let mut digits = Vec::new();
            for (choices, size) in nearest.iter().zip(sizes) {
                digits.push(choices[rest % size]);
                rest /= size;
            }
            return Some(digits);
        }
        None
    }

    /// Returns the choices of a group, ordered by distance from `start`. NULL is second if `null_soon` (several
    /// columns are at fault), otherwise last, because it would only avoid the problem.
    fn nearest(&self, at: usize, start: usize, null_soon: bool) -> Vec<usize> {
        let group = &self.groups[at];
        let ordinary = (0..group.ordinary).map(|by| (start + by) % group.ordinary);
        let (soon, late) = if null_soon { (group.null, None) } else { (None, group.null) };
        let mut all: Vec<usize> =
            std::iter::once(start).chain(soon).chain(ordinary).chain(group.edges()).chain(late).collect();
        let mut seen = BTreeSet::new();
        all.retain(|choice| seen.insert(*choice));
        all.into_iter().filter(|choice| !self.banned.contains(&(at, *choice))).collect()
    }

    /// Inserts a row; the inner error describes a rejected row.
    async fn tried(
        &mut self,
        connection: &mut Connection,
        row: &[usize],
        filled: &mut Filled,
    ) -> Result<Result<(), Refused>, Error> {
        let mut cells: BTreeMap<usize, Value> = BTreeMap::new();
        for (group, choice) in self.groups.iter().zip(row) {
            if let Some(Choice::Given(values)) = group.choices.get(*choice) {
                cells.extend(group.fields.iter().copied().zip(values.iter().cloned()));
            }
        }
        let fields: Vec<_> = cells.keys().map(|at| &self.table.fields[*at]).collect();
        let sql = self.table.insertion(self.engine, &fields);
        let values: Vec<Value> = cells.values().map(|value| self.engine.bound(value)).collect();
        match connection.execute(&sql, &values).await {
            // A trigger or a rewrite rule may have discarded or moved the row.
            Ok(0) => Ok(Err(Refused {
                at_fault: Vec::new(),
                is_taken: false,
                why: "the database accepted the row but did not store it".to_owned(),
            })),
            Ok(_) => {
                self.made += 1;
                if !self.numbers.is_empty() {
                    self.numbers = connection.sequences().await?;
                }
                filled.inserts.push(Insert { sql, values });
                Ok(Ok(()))
            }
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                if !self.numbers.is_empty() {
                    connection.set_sequences(&self.numbers).await?;
                }
                Ok(Err(self.refused(&error.to_string())))
            }
        }
    }

    /// Finds the groups at fault in an error message.
    fn refused(&self, why: &str) -> Refused {
        let refusal = self.engine.refusal(why);
        let is_taken = refusal.as_ref().is_some_and(|refusal| refusal.broken == Broken::Unique);
        let mut columns = refusal.as_ref().map(|refusal| refusal.columns.clone()).unwrap_or_default();
        if let Some(refusal) = &refusal {
            let is_meant = |name: &str| match &refusal.rule {
                Some(rule) => rule == name,
                // For a generated column, the error names the column.
                None if refusal.broken == Broken::NotNull => refusal.columns.iter().any(|column| column == name),
                None => refusal.broken == Broken::Check && name == "partition",
            };
            let rules = self.table.rules.iter().filter(|rule| is_meant(&rule.name));
            columns.extend(rules.flat_map(|rule| rule.columns.iter().cloned()));
        }
        let fields: BTreeSet<usize> = columns.iter().filter_map(|column| self.table.at(column)).collect();
        let is_at_fault = |group: &ColumnGroup| group.fields.iter().any(|field| fields.contains(field));
        let at_fault = (0..self.groups.len()).filter(|at| is_at_fault(&self.groups[*at])).collect();
        Refused { at_fault, is_taken, why: why.to_owned() }
    }
}
