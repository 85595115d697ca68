//! The digest of a table's rows. A row's hash depends on its values, their types and their columns. A table's digest
//! is the sum over its rows, so the order in which rows are stored or read makes no difference. SQLite hashes here;
//! PostgreSQL hashes on the server.

use super::TableShape;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The digest of one table's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableDigest {
    /// The number of rows.
    pub rows: u64,
    /// Sum over the rows, or over their keys, to which the values of each column are bound.
    pub whole: u128,
    /// Sum over the values of each column, each bound to the key of its row.
    pub columns: BTreeMap<String, u128>,
    /// The columns of the key.
    pub key: Vec<String>,
}

impl TableDigest {
    /// Adds the digest of another table with the same columns. If the keys differ, the sum only shows whether the rows
    /// need to be compared.
    pub fn with(mut self, other: &Self) -> Self {
        self.rows += other.rows;
        self.whole = self.whole.wrapping_add(other.whole);
        for (sum, other) in self.columns.values_mut().zip(other.columns.values()) {
            *sum = sum.wrapping_add(*other);
        }
        if self.key != other.key {
            self.key.clear();
        }
        self
    }
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

    /// Adds one value of the current row: its storage class and its bytes.
    pub(crate) fn cell(&mut self, class: u8, bytes: &[u8]) {
        self.cells.push(xxh3_128_with_seed(bytes, u64::from(class)));
    }

    /// Ends the current row.
    pub(crate) fn end_row(&mut self) {
        // The cells are already hashes; multiplying by an odd number and rotating keeps columns and keys apart.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Extent;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// The digest of rows of values, each with its storage class, in columns `c0`, `c1`, ….
    fn digest(key: &[&str], rows: &[Vec<(u8, Vec<u8>)>]) -> TableDigest {
        let shape = TableShape {
            name: "t".to_owned(),
            columns: (0..rows.first().map_or(0, Vec::len)).map(|i| format!("c{i}")).collect(),
            key: key.iter().map(ToString::to_string).collect(),
            types: BTreeMap::new(),
            generated: BTreeSet::new(),
            extent: Extent::Own,
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
        fn digest_ignores_row_order_and_depends_on_every_value(
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
}
