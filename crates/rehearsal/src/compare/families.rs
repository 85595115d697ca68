//! Partitions that were created, dropped, attached or detached. The rows of a partition count with its partitioned
//! table, so after an attach or detach the same rows count with another table although none was moved. The tables
//! involved form a [`Family`] whose rows are compared together. [`families`] finds the families.

use rehearsal_db::{Extent, TableDigest, TableShape};
use std::collections::{BTreeMap, BTreeSet};

/// Tables whose rows are compared as those of one.
#[derive(Debug)]
pub(super) struct Family {
    /// The name of the table that represents the family.
    pub(super) name: String,
    tables: BTreeSet<String>,
}

/// Returns the partitions, each with the table that its rows are counted with.
pub(super) fn partitions(shapes: &[TableShape]) -> BTreeMap<String, String> {
    let of = |shape: &TableShape| match &shape.extent {
        Extent::Partitions(parts) => parts.iter().map(|part| (part.clone(), shape.name.clone())).collect(),
        _ => Vec::new(),
    };
    shapes.iter().flat_map(of).collect()
}

/// Returns the families among the tables of two databases. Each database is given by its tables and partitions.
pub(super) fn families<'a>(
    before: (impl Iterator<Item = &'a String>, &BTreeMap<String, String>),
    after: (impl Iterator<Item = &'a String>, &BTreeMap<String, String>),
) -> Vec<Family> {
    if before.1 == after.1 {
        return Vec::new();
    }
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.0.collect(), after.0.collect());
    let counted_with = |tables: &BTreeSet<&'a String>, partitions: &BTreeMap<String, String>, name: &String| {
        partitions.get(name).or_else(|| tables.get(name).copied()).cloned()
    };
    let mut families: Vec<BTreeSet<String>> = Vec::new();
    for name in old.iter().copied().chain(before.1.keys()) {
        let places = (counted_with(&old, before.1, name), counted_with(&new, after.1, name));
        let (Some(was), Some(is)) = places else { continue };
        if was != is {
            let touched = families.extract_if(.., |tables| tables.contains(&was) || tables.contains(&is));
            let family = touched.flatten().chain([was.clone(), is.clone()]).collect();
            families.push(family);
        }
    }
    let named = |tables: BTreeSet<String>| {
        let stays = tables.iter().find(|name| old.contains(name) && new.contains(name));
        let name = stays.or_else(|| tables.iter().find(|name| new.contains(name)))?.clone();
        Some(Family { name, tables })
    };
    families.into_iter().filter_map(named).collect()
}

impl Family {
    /// Returns the digest of all rows of the family. `None` if its tables have different columns.
    pub(super) fn digest(&self, all: &BTreeMap<String, TableDigest>) -> Option<TableDigest> {
        let mut digests = self.tables.iter().filter_map(|name| all.get(name));
        let first = digests.next()?.clone();
        digests.try_fold(first, |sum, other| sum.columns.keys().eq(other.columns.keys()).then(|| sum.with(other)))
    }

    /// Returns one shape for all rows of the family. `None` if its tables have different columns.
    pub(super) fn shape(&self, all: &[TableShape]) -> Option<TableShape> {
        let tables: Vec<TableShape> = all.iter().filter(|shape| self.tables.contains(&shape.name)).cloned().collect();
        let mut shape = TableShape { name: self.name.clone(), ..tables.first()?.clone() };
        for other in &tables {
            if !other.columns.iter().collect::<BTreeSet<_>>().eq(&shape.columns.iter().collect()) {
                return None;
            }
            if other.key != shape.key {
                shape.key.clear();
            }
            let is_other = |(name, kind): &(&String, &mut String)| other.types.get(*name) != Some(kind);
            for (_, kind) in shape.types.iter_mut().filter(is_other) {
                "text".clone_into(kind);
            }
        }
        Some(TableShape { extent: Extent::Together(tables), ..shape })
    }

    /// Replaces the family's tables by a single one.
    pub(super) fn replace(&self, all: &mut BTreeMap<String, TableDigest>, whole: TableDigest) {
        all.retain(|name, _| !self.tables.contains(name));
        all.insert(self.name.clone(), whole);
    }
}
