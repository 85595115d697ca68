//! The digest of a database's rows. A row's hash depends on its values, their types and their columns; a table's digest
//! is the sum over its rows, so that the order in which rows are stored or read makes no difference.

use super::difference::ContentDifference;
use crate::engine::{Connection, Error};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// A table as a digest sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableShape {
    /// Its name.
    pub name: String,
    /// Its columns, in order, generated ones included.
    pub columns: Vec<String>,
    /// The columns of its primary key; empty where there is none.
    pub key: Vec<String>,
}

/// The digest of one table's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableDigest {
    /// How many rows there are.
    pub rows: u64,
    /// Over whole rows.
    pub whole: u128,
    /// Over each column's values, each bound to its row's key.
    pub columns: BTreeMap<String, u128>,
    /// The columns of the key.
    pub key: Vec<String>,
}

/// The digest of all rows of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// By table.
    pub tables: BTreeMap<String, TableDigest>,
}

/// Adds up the hashes of rows.
pub(crate) struct Summing<'a> {
    table: &'a TableShape,
    key: Vec<usize>,
    cells: Vec<u128>,
    sums: Vec<u128>,
    whole: u128,
    rows: u64,
}

impl<'a> Summing<'a> {
    pub(crate) fn new(table: &'a TableShape) -> Self {
        let key = table.key.iter().filter_map(|key| table.columns.iter().position(|column| column == key)).collect();
        let sums = vec![0; table.columns.len()];
        Self { table, key, cells: Vec::with_capacity(table.columns.len()), sums, whole: 0, rows: 0 }
    }

    /// Adds one value of the row at hand: its storage class and its bytes.
    pub(crate) fn cell(&mut self, class: u8, bytes: &[u8]) {
        self.cells.push(xxh3_128_with_seed(bytes, u64::from(class)));
    }

    /// Ends the row at hand.
    pub(crate) fn end_row(&mut self) {
        // The cells are hashes already; multiplying by an odd number and rotating keeps columns and keys apart.
        let mix = |sum: u128, cell: u128| {
            (sum ^ cell).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).rotate_left(59)
        };
        let key = self.key.iter().fold(0, |sum, i| mix(sum, self.cells[*i]));
        for (sum, cell) in self.sums.iter_mut().zip(&self.cells) {
            *sum = sum.wrapping_add(mix(key, *cell));
        }
        self.whole = self.whole.wrapping_add(self.cells.iter().fold(1, |sum, cell| mix(sum, *cell)));
        self.rows += 1;
        self.cells.clear();
    }

    pub(crate) fn finish(self) -> TableDigest {
        let columns = self.table.columns.iter().cloned().zip(self.sums).collect();
        TableDigest { rows: self.rows, whole: self.whole, columns, key: self.table.key.clone() }
    }
}

/// Digests all of the user's tables. `volatile` columns, as `(table, column)`, are left out.
///
/// # Errors
/// What the engine said.
pub async fn content(connection: &mut Connection, volatile: &[(String, String)]) -> Result<Content, Error> {
    let mut tables = BTreeMap::new();
    for mut table in connection.tables().await? {
        table.columns.retain(|column| !volatile.iter().any(|(t, c)| *t == table.name && c == column));
        let digest = connection.digest(&table).await?;
        tables.insert(table.name, digest);
    }
    Ok(Content { tables })
}

impl Content {
    /// What became different from `self` to `after`, without looking at rows. The order is by table. A table or a column
    /// that only has another name now is no difference of content: its rows are all there.
    #[must_use]
    pub fn compare(&self, after: &Self) -> Vec<ContentDifference> {
        let mut found = Vec::new();
        let renamed = |(table, digest): &(&String, &TableDigest), others: &Self| {
            digest.rows > 0
                && others.tables.values().any(|other| other == *digest)
                && !others.tables.contains_key(*table)
        };
        for (table, before) in &self.tables {
            match after.tables.get(table) {
                None if renamed(&(table, before), after) => {}
                None => found.push(ContentDifference::TableGone { table: table.clone(), rows: before.rows }),
                Some(now) if now == before => {}
                Some(now) => compare_table(table, before, now, &mut found),
            }
        }
        for (table, now) in &after.tables {
            if !self.tables.contains_key(table) && !renamed(&(table, now), self) {
                found.push(ContentDifference::TableNew { table: table.clone(), rows: now.rows });
            }
        }
        found
    }
}

fn compare_table(table: &str, before: &TableDigest, now: &TableDigest, found: &mut Vec<ContentDifference>) {
    let table = table.to_owned();
    // A column that one side lacks and whose values the other side has under a name of its own was renamed.
    let only = |these: &TableDigest, those: &TableDigest| -> Vec<String> {
        let moved = |sum: &u128| {
            these.rows > 0
                && those.columns.iter().any(|(name, other)| other == sum && !these.columns.contains_key(name))
        };
        these
            .columns
            .iter()
            .filter(|(name, sum)| !those.columns.contains_key(*name) && !moved(sum))
            .map(|(name, _)| name.clone())
            .collect()
    };
    found.extend(
        only(before, now).into_iter().map(|column| ContentDifference::ColumnGone { table: table.clone(), column }),
    );
    found.extend(
        only(now, before).into_iter().map(|column| ContentDifference::ColumnNew { table: table.clone(), column }),
    );
    if before.rows != now.rows {
        found.push(ContentDifference::Rows { table, before: before.rows, after: now.rows, examples: Vec::new() });
        return;
    }
    let is_other = |(column, sum): &(&String, &u128)| now.columns.get(*column).is_some_and(|now| now != *sum);
    let changed: Vec<&String> = before.columns.iter().filter(is_other).map(|(column, _)| column).collect();
    let same_columns = before.columns.keys().eq(now.columns.keys());
    let other_rows = changed.iter().any(|column| before.key.contains(column))
        // The same values in other rows: only possible in a table without a key.
        || (changed.is_empty() && same_columns && before.whole != now.whole);
    if other_rows {
        found.push(ContentDifference::Rows { table, before: before.rows, after: now.rows, examples: Vec::new() });
        return;
    }
    for column in changed {
        found.push(ContentDifference::Values {
            table: table.clone(),
            column: column.clone(),
            rows: None,
            examples: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    fn digest(key: &[&str], rows: &[Vec<(u8, Vec<u8>)>]) -> TableDigest {
        let shape = TableShape {
            name: "t".to_owned(),
            columns: (0..rows.first().map_or(0, Vec::len)).map(|i| format!("c{i}")).collect(),
            key: key.iter().map(ToString::to_string).collect(),
        };
        let mut sum = Summing::new(&shape);
        for row in rows {
            for (class, bytes) in row {
                sum.cell(*class, bytes);
            }
            sum.end_row();
        }
        sum.finish()
    }

    proptest! {
        #[test]
        fn order_of_rows_is_nothing_and_any_value_is_something(
            rows in prop::collection::vec(prop::collection::vec((0u8..5, prop::collection::vec(any::<u8>(), 0..4)), 3), 1..8),
            rotate in 0usize..8, row in 0usize..8, column in 0usize..3, class in 0u8..5,
        ) {
            let mut moved = rows.clone();
            moved.rotate_left(rotate % rows.len());
            prop_assert_eq!(digest(&["c0"], &rows), digest(&["c0"], &moved));

            let mut changed = rows.clone();
            let cell = &mut changed[row % rows.len()][column];
            if cell.0 == class { cell.1.push(0) } else { cell.0 = class }
            prop_assert_ne!(digest(&["c0"], &rows).whole, digest(&["c0"], &changed).whole);
            let column = format!("c{column}");
            prop_assert_ne!(&digest(&["c0"], &rows).columns[&column], &digest(&["c0"], &changed).columns[&column]);

            let mut twice = rows.clone();
            twice.push(rows[0].clone());
            prop_assert_ne!(digest(&[], &rows), digest(&[], &twice));
        }
    }

    #[test]
    fn differences() {
        type Rows<'a> = &'a [&'a [&'a str]];
        let table = |names: &[&str], rows: Rows<'_>| {
            let rows: Vec<Vec<(u8, Vec<u8>)>> =
                rows.iter().map(|row| row.iter().map(|v| (3, v.as_bytes().to_vec())).collect()).collect();
            let digest = digest(&["c0"], &rows);
            let columns = names
                .iter()
                .enumerate()
                .map(|(i, name)| ((*name).to_owned(), digest.columns[&format!("c{i}")]))
                .collect();
            TableDigest { columns, key: vec!["k".to_owned()], ..digest }
        };
        let check = |before: &[(&str, &[&str], Rows<'_>)], after: &[(&str, &[&str], Rows<'_>)], expect: &[&str]| {
            let content = |tables: &[(&str, &[&str], Rows<'_>)]| Content {
                tables: tables.iter().map(|(name, columns, rows)| ((*name).to_owned(), table(columns, rows))).collect(),
            };
            let found: Vec<_> = content(before).compare(&content(after)).iter().map(ToString::to_string).collect();
            assert_eq!(found, expect);
        };
        let rows: Rows<'_> = &[&["1", "a"], &["2", "b"]];
        check(&[("t", &["k", "v"], rows)], &[("t", &["k", "v"], rows)], &[]);
        check(&[("t", &["k", "v"], rows)], &[("t", &["k", "v"], &[&["2", "b"], &["1", "a"]])], &[]);
        check(
            &[("t", &["k", "v"], rows)],
            &[("t", &["k", "v"], &[&["1", "b"], &["2", "a"]])],
            &["\"t\".\"v\" holds other values"],
        );
        check(
            &[("t", &["k", "v"], rows)],
            &[("t", &["k", "v"], &[&["1", "a"]])],
            &["\"t\" lost 1 row: 2 before, 1 after"],
        );
        check(&[("t", &["k", "v"], rows)], &[("u", &["k", "v"], rows)], &[]);
        check(&[("t", &["k", "v"], rows)], &[("t", &["k", "w"], rows)], &[]);
        check(&[("t", &["k", "v"], rows)], &[], &["table \"t\" is gone, with 2 rows"]);
        check(
            &[("t", &["k", "v"], rows)],
            &[("t", &["k", "w"], &[&["1", "A"], &["2", "B"]])],
            &["\"t\".\"v\" is gone", "\"t\".\"w\" is new"],
        );
    }
}
