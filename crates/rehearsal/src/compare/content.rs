//! Digests of the rows of a database, table by table, and their comparison. [`content`] computes the digests;
//! [`Content::compare`] finds the tables, columns and sequences that differ without reading rows.

use super::difference::ContentDifference;
use super::families::{families, partitions};
use rehearsal_db::{Connection, Error, Schema, Sequence, TableDigest, TableShape};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The digests of all rows of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// The digests, by table.
    pub tables: BTreeMap<String, TableDigest>,
    /// The partitions, each with the table that its rows are counted with.
    pub partitions: BTreeMap<String, String>,
    /// The states of the sequences, by name.
    pub sequences: BTreeMap<String, Sequence>,
}

/// Digests all of the user's tables, without the `volatile` columns, given as `(table, column)`. Reads every row.
///
/// # Errors
/// Fails if a query fails.
pub async fn content(connection: &mut Connection, volatile: &[(String, String)]) -> Result<Content, Error> {
    let settings = connection.pin().await?;
    let tables = connection.tables().await?;
    let content = digest_all(connection, tables, volatile).await?;
    connection.unpin(settings).await?;
    Ok(content)
}

/// Reads the schema and digests all of the user's tables, as [`schema`](super::schema()) and [`content`] do.
///
/// # Errors
/// Fails if a query fails.
pub async fn state(
    connection: &mut Connection,
    volatile: &[(String, String)],
) -> Result<(Arc<Schema>, Content), Error> {
    let settings = connection.pin().await?;
    let tables = connection.tables().await?;
    let schema = connection.schema(&tables).await?;
    let content = digest_all(connection, tables, volatile).await?;
    connection.unpin(settings).await?;
    Ok((schema, content))
}

async fn digest_all(
    connection: &mut Connection,
    mut shapes: Vec<TableShape>,
    volatile: &[(String, String)],
) -> Result<Content, Error> {
    for TableShape { name, columns, key, .. } in &mut shapes {
        let counts = |column: &String| !volatile.iter().any(|(t, c)| t == name && c == column);
        columns.retain(counts);
        // Part of a key may not be unique.
        if !key.iter().all(counts) {
            key.clear();
        }
    }
    let digests = connection.digests(&shapes).await?;
    let partitions = partitions(&shapes);
    let tables = shapes.into_iter().map(|table| table.name).zip(digests).collect();
    Ok(Content { tables, partitions, sequences: connection.sequences().await? })
}

impl Content {
    /// Returns the differences from `self` to `after`, by table, without reading rows.
    ///
    /// A renamed table or column is not a difference, because its rows are preserved. Neither is a partition that was
    /// attached to another table or detached.
    #[must_use]
    pub fn compare(&self, after: &Self) -> Vec<ContentDifference> {
        let families = families((self.tables.keys(), &self.partitions), (after.tables.keys(), &after.partitions));
        if families.is_empty() {
            return self.compare_tables(after);
        }
        let (mut old, mut new) = (self.clone(), after.clone());
        for family in &families {
            if let (Some(before), Some(now)) = (family.digest(&self.tables), family.digest(&after.tables)) {
                family.replace(&mut old.tables, before);
                family.replace(&mut new.tables, now);
            }
        }
        old.compare_tables(&new)
    }

    fn compare_tables(&self, after: &Self) -> Vec<ContentDifference> {
        let mut found = Vec::new();
        // True if `other` contains all rows and values of `digest`, perhaps with additional columns.
        let holds = |digest: &TableDigest, other: &TableDigest| {
            other.rows == digest.rows
                && digest.columns.values().all(|sum| other.columns.values().any(|other| other == sum))
        };
        let renamed_to = |(table, digest): (&String, &TableDigest), others: &Self| {
            let elsewhere = |(name, other): &(&String, &TableDigest)| {
                *name != table && !self.tables.contains_key(*name) && holds(digest, other)
            };
            digest.rows > 0 && others.tables.iter().any(|entry| elsewhere(&entry))
        };
        let was_renamed = |(table, digest): (&String, &TableDigest)| {
            let elsewhere = |(name, other): &(&String, &TableDigest)| {
                *name != table && !after.tables.contains_key(*name) && holds(other, digest)
            };
            digest.rows > 0 && self.tables.iter().any(|entry| elsewhere(&entry))
        };
        for (table, before) in &self.tables {
            match after.tables.get(table) {
                None if renamed_to((table, before), after) => {}
                None => found.push(ContentDifference::TableGone {
                    table: table.clone(),
                    rows: before.rows,
                    examples: Vec::new(),
                }),
                Some(now) if now == before => {}
                Some(now) => compare_table(table, before, now, &mut found),
            }
        }
        for (table, now) in &after.tables {
            if !self.tables.contains_key(table) && !was_renamed((table, now)) {
                found.push(ContentDifference::TableNew { table: table.clone(), rows: now.rows });
            }
        }
        for (name, before) in &self.sequences {
            let Some(now) = after.sequences.get(name) else { continue };
            // Skipped numbers are not a loss.
            if if now.is_falling { now.next > before.next } else { now.next < before.next } {
                let table = before.table.clone().unwrap_or_else(|| name.clone());
                let (sequence, before, after) = (name.clone(), before.next, now.next);
                found.push(ContentDifference::SequenceBack { sequence, table, before, after });
            }
        }
        found
    }
}

impl Content {
    /// Returns the columns that [`Self::compare`] treats as renamed, as `(table, old column, new column)`: the old
    /// column is missing in `after` and the new one has the same values.
    #[must_use]
    pub fn renamed(&self, after: &Self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        for (table, before) in &self.tables {
            let Some(now) = after.tables.get(table).filter(|_| before.rows > 0) else { continue };
            for (column, sum) in before.columns.iter().filter(|(column, _)| !now.columns.contains_key(*column)) {
                let others = now.columns.iter().filter(|(other, _)| !before.columns.contains_key(*other));
                let same = others.filter(|(_, other)| *other == sum).map(|(other, _)| other);
                found.extend(same.map(|other| (table.clone(), column.clone(), other.clone())));
            }
        }
        found
    }

    /// Returns the columns whose values are all in another column of `after` that is new or had other values, as
    /// `(table, old column, new column)`: a chain of renames, or two columns that swapped names. No data is lost, but
    /// [`Self::compare`] reports them, because the contents do differ.
    #[must_use]
    pub fn moved(&self, after: &Self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        for (table, before) in &self.tables {
            let Some(now) = after.tables.get(table).filter(|now| now.rows == before.rows && now.rows > 0) else {
                continue;
            };
            let left = |(column, sum): &(&String, &u128)| now.columns.get(*column) != Some(*sum);
            let came = |(column, sum): &(&String, &u128)| before.columns.get(*column) != Some(*sum);
            for (column, sum) in before.columns.iter().filter(left) {
                let places: Vec<_> = now.columns.iter().filter(came).filter(|(_, other)| *other == sum).collect();
                // If two columns had the same values, one of them may have been overwritten.
                let is_room =
                    before.columns.iter().filter(left).filter(|(_, other)| *other == sum).count() <= places.len();
                found.extend(
                    places.first().filter(|_| is_room).map(|(to, _)| (table.clone(), column.clone(), (*to).clone())),
                );
            }
        }
        found
    }
}

fn compare_table(table: &str, before: &TableDigest, now: &TableDigest, found: &mut Vec<ContentDifference>) {
    let table = table.to_owned();
    // A column that is missing on one side was renamed if a column that only that side has contains its values.
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
    found.extend(only(before, now).into_iter().map(|column| ContentDifference::ColumnGone {
        table: table.clone(),
        column,
        rows: None,
        examples: Vec::new(),
    }));
    found.extend(
        only(now, before).into_iter().map(|column| ContentDifference::ColumnNew { table: table.clone(), column }),
    );
    // Digests cannot tell which rows differ; if rows were added, others may still have been deleted.
    let other_rows = |gone: u64, new: u64| {
        let (table, examples) = (table.clone(), Vec::new());
        ContentDifference::Rows { table, before: before.rows, after: now.rows, gone, new, changed: 0, examples }
    };
    if before.rows != now.rows {
        let (gone, new) = (before.rows.saturating_sub(now.rows), now.rows.saturating_sub(before.rows));
        found.push(other_rows(gone, new));
        return;
    }
    let is_other = |(column, sum): &(&String, &u128)| now.columns.get(*column).is_some_and(|now| now != *sum);
    let changed: Vec<&String> = before.columns.iter().filter(is_other).map(|(column, _)| column).collect();
    let same_columns = before.columns.keys().eq(now.columns.keys());
    let other_keys = changed.iter().any(|column| before.key.contains(column));
    // In a table without a key, equal columns with a different whole mean that values moved to other rows. In a table
    // with a key, only the order of the columns differs.
    let rearranged = changed.is_empty() && same_columns && before.key.is_empty() && before.whole != now.whole;
    if other_keys || rearranged {
        found.push(other_rows(1, 1));
        return;
    }
    for column in changed {
        found.push(ContentDifference::Values {
            table: table.clone(),
            column: column.clone(),
            changes: None,
            examples: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use xxhash_rust::xxh3::xxh3_128;

    #[test]
    fn differences() {
        type Rows<'a> = &'a [&'a [&'a str]];
        let table = |names: &[&str], rows: Rows<'_>| {
            let sum = |texts: Vec<String>| {
                texts.iter().fold(0, |sum: u128, text| sum.wrapping_add(xxh3_128(text.as_bytes())))
            };
            // As in a digest, each value is bound to the key of its row.
            let column = |at: usize| sum(rows.iter().map(|row| format!("{}|{}", row[0], row[at])).collect());
            TableDigest {
                rows: rows.len() as u64,
                whole: sum(rows.iter().map(|row| row.join("|")).collect()),
                columns: names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), column(at))).collect(),
                key: vec!["k".to_owned()],
            }
        };
        let check = |before: &[(&str, &[&str], Rows<'_>)], after: &[(&str, &[&str], Rows<'_>)], expect: &[&str]| {
            let content = |tables: &[(&str, &[&str], Rows<'_>)]| Content {
                tables: tables.iter().map(|(name, columns, rows)| ((*name).to_owned(), table(columns, rows))).collect(),
                ..Content::default()
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
            &["\"t\".\"v\" has different values"],
        );
        check(
            &[("t", &["k", "v"], rows)],
            &[("t", &["k", "v"], &[&["1", "a"]])],
            &["\"t\" lost 1 row: 2 before, 1 after"],
        );
        check(&[("t", &["k", "v"], rows)], &[("u", &["k", "v"], rows)], &[]);
        check(&[("t", &["k", "v"], rows)], &[("t", &["k", "w"], rows)], &[]);
        check(&[("t", &["k", "v"], rows)], &[], &["table \"t\" is missing; it had 2 rows"]);
        check(
            &[("t", &["k", "v"], rows)],
            &[("t", &["k", "w"], &[&["1", "A"], &["2", "B"]])],
            &["\"t\".\"v\" is missing", "\"t\".\"w\" is new"],
        );
    }

    #[test]
    fn moves() {
        let check = |before: &[(&str, u128)], after: &[(&str, u128)], expect: &[(&str, &str)]| {
            let content = |columns: &[(&str, u128)]| {
                let columns = columns.iter().map(|(name, sum)| ((*name).to_owned(), *sum)).collect();
                let digest = TableDigest { rows: 2, columns, ..TableDigest::default() };
                Content { tables: [("t".to_owned(), digest)].into(), ..Content::default() }
            };
            let found = content(before).moved(&content(after));
            let found: Vec<_> = found.iter().map(|(_, column, to)| (column.as_str(), to.as_str())).collect();
            assert_eq!(found, expect, "{before:?} → {after:?}");
        };
        check(&[("a", 1), ("b", 2)], &[("a", 1), ("b", 2)], &[]);
        check(&[("a", 1), ("b", 2)], &[("c", 1), ("a", 2)], &[("a", "c"), ("b", "a")]);
        check(&[("a", 1), ("b", 2)], &[("a", 2), ("b", 1)], &[("a", "b"), ("b", "a")]);
        // Overwritten by the other column.
        check(&[("a", 1), ("b", 2)], &[("a", 2)], &[("b", "a")]);
        check(&[("a", 1), ("b", 2)], &[("a", 2), ("b", 2)], &[]);
        // A column that had the same values before is not a new name.
        check(&[("a", 1), ("b", 1)], &[("a", 3), ("b", 1)], &[]);
        check(&[("a", 1), ("b", 1)], &[("a", 3), ("c", 1)], &[]);
    }

    #[test]
    fn sequences() {
        let check = |before: i128, after: Option<i128>, is_falling: bool, expect: &[&str]| {
            let content = |next: Option<i128>| {
                let sequence = |next| ("s".to_owned(), Sequence { next, is_falling, table: Some("t".to_owned()) });
                Content { sequences: next.into_iter().map(sequence).collect(), ..Content::default() }
            };
            let found: Vec<_> =
                content(Some(before)).compare(&content(after)).iter().map(ToString::to_string).collect();
            assert_eq!(found, expect);
        };
        check(7, Some(7), false, &[]);
        check(7, Some(9), false, &[]);
        check(7, None, false, &[]);
        check(7, Some(1), true, &[]);
        check(7, Some(1), false, &["the next value of sequence \"s\" moved back from 7 to 1"]);
        check(1, Some(7), true, &["the next value of sequence \"s\" moved back from 1 to 7"]);
    }
}
