//! The versions since which columns exist ([`Since`]): a suggested check may run only from there on. A backfill can
//! write a column that a later migration than its own adds, for example through a trigger.

use rehearsal_db::TableShape;
use std::collections::BTreeMap;

/// The tables of each version of the database.
#[derive(Debug, Default)]
pub(super) struct Since(BTreeMap<i64, Vec<TableShape>>);

impl Since {
    /// Records the tables of a version.
    pub(super) fn record(&mut self, version: i64, tables: Vec<TableShape>) {
        self.0.insert(version, tables);
    }

    /// Returns the version since which the table has these columns, but at least `from`. It is `from`, too, if the table has
    /// them at the first recorded version, or never.
    pub(super) fn first(&self, from: i64, table: &str, columns: &[String]) -> i64 {
        let has_all = |tables: &[TableShape]| {
            let found = tables.iter().find(|shape| shape.name == table);
            found.is_some_and(|shape| columns.iter().all(|column| shape.columns.contains(column)))
        };
        if self.0.values().next().is_some_and(|tables| has_all(tables)) {
            return from;
        }
        self.0.range(from..).find(|(_, tables)| has_all(tables)).map_or(from, |(version, _)| *version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal_db::Extent;

    #[test]
    fn first_version_with_all_columns() {
        let table = |columns: &[&str]| TableShape {
            name: "pet".to_owned(),
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            key: Vec::new(),
            types: BTreeMap::new(),
            generated: std::collections::BTreeSet::new(),
            extent: Extent::Own,
        };
        let mut since = Since::default();
        since.record(1, vec![table(&["id"])]);
        since.record(2, vec![table(&["id", "traits"])]);
        since.record(4, vec![table(&["id", "traits", "hue"])]);
        let check = |from: i64, name: &str, columns: &[&str], expect: i64| {
            let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(since.first(from, name, &columns), expect);
        };
        check(2, "pet", &["id", "traits"], 2);
        check(2, "pet", &["id", "hue"], 4);
        check(3, "pet", &["id"], 3);
        // The fixture may be newer than the backfill, and the table unknown.
        check(0, "pet", &["id"], 0);
        check(0, "pet", &["traits"], 2);
        check(2, "toy", &["id"], 2);
        check(9, "pet", &["id"], 9);
    }
}
