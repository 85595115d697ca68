//! The same way in the usual circumstances and in others, held against each other after each step, and in each of the other
//! circumstances alone: what differs, since when, and because of what.

use super::super::Course;
use super::super::walk::Action;
use super::{Place, Vary, content, place, start};
use crate::Error;
use crate::engine::{Connection, VolatileDefault};
use crate::fingerprint::{self, Content, ContentDifference};
use std::collections::BTreeMap;

/// What differs between two ways.
pub(super) struct SideBySide {
    /// What came of the usual circumstances, this time.
    pub(super) usual: Content,
    /// How the others differ in the end.
    pub(super) all: Vec<ContentDifference>,
    /// The same, where what defaults may have given is left out.
    pub(super) hidden: Vec<ContentDifference>,
    /// After which step each was first seen, or a moment was.
    first: BTreeMap<Place, Action>,
}

impl SideBySide {
    /// Goes the way twice more. Of `moments` it is found out when they were first there.
    pub(super) async fn walk(
        course: &Course<'_>,
        path: &[Action],
        excused: &[VolatileDefault],
        moments: &[(String, String)],
    ) -> Result<Self, Error> {
        let (here, there) = (start(course, &[]).await?, start(course, &Vary::ALL).await?);
        let (mut one, mut other) = (here.open().await?, there.open().await?);
        let excused: Vec<_> = excused.iter().map(|default| (default.table.clone(), default.column.clone())).collect();
        let mut first = BTreeMap::new();
        for action in path {
            action.perform(course, course.batch, &here, &mut one).await?;
            action.perform(course, course.batch_of(&Vary::ALL), &there, &mut other).await?;
            let (all, hidden, _) = compare(course, &mut one, &mut other, &excused).await?;
            for difference in all.iter().chain(&hidden) {
                first.entry(place(difference)).or_insert_with(|| action.clone());
            }
            for (table, column) in moments_now(&mut other, moments).await? {
                first.entry((table, Some(column))).or_insert_with(|| action.clone());
            }
        }
        let usual = content(course, &mut one, &[]).await?;
        let (all, hidden, left) = compare(course, &mut one, &mut other, &excused).await?;
        let volatile = course.subject.database.volatile.as_slice();
        let all = fingerprint::explain(&mut one, &mut other, volatile, all).await?;
        let hidden = fingerprint::explain(&mut one, &mut other, &[volatile, &left].concat(), hidden).await?;
        one.close().await?;
        other.close().await?;
        Ok(Self { usual, all, hidden, first })
    }

    /// The step after which something was first seen.
    pub(super) fn step(&self, place: &Place) -> Option<Action> {
        // Where rows differ in a table without a key, the sums named columns.
        let of_table =
            || self.first.iter().find(|(seen, _)| place.1.is_none() && seen.0 == place.0).map(|(_, step)| step);
        self.first.get(place).or_else(of_table).cloned()
    }
}

/// How two databases differ; how they differ where what defaults may have given is left out; and which columns that are. The key
/// of a table whose rows are the same but for their numbers is left out; where they are not, only the key tells which row has
/// another value.
async fn compare(
    course: &Course<'_>,
    one: &mut Connection,
    other: &mut Connection,
    excused: &[(String, String)],
) -> Result<(Vec<ContentDifference>, Vec<ContentDifference>, Vec<(String, String)>), Error> {
    let (here, there) = (content(course, one, &[]).await?, content(course, other, &[]).await?);
    let all = here.compare(&there);
    let is_key =
        |(table, column): &(String, String)| here.tables.get(table).is_some_and(|digest| digest.key.contains(column));
    let other_keys = |table: &str| {
        all.iter().any(|found| matches!(found, ContentDifference::Rows { table: other, .. } if *other == table))
    };
    let without = content(course, one, excused).await?.compare(&content(course, other, excused).await?);
    let is_renumbered = |table: &str| !without.iter().any(|found| found.subject().0 == table);
    let is_left = |place: &&(String, String)| !is_key(place) || other_keys(&place.0) || is_renumbered(&place.0);
    let left: Vec<_> = excused.iter().filter(is_left).cloned().collect();
    let hidden = content(course, one, &left).await?.compare(&content(course, other, &left).await?);
    Ok((all, hidden, left))
}

/// Those of these columns that are there already and hold the moment.
async fn moments_now(
    connection: &mut Connection,
    columns: &[(String, String)],
) -> Result<Vec<(String, String)>, Error> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let tables = connection.tables().await?;
    let is_there = |(table, column): &&(String, String)| {
        tables.iter().any(|shape| shape.name == *table && shape.columns.contains(column))
    };
    let columns: Vec<_> = columns.iter().filter(is_there).cloned().collect();
    Ok(connection.moments(&columns, LATELY).await?)
}

/// For how many seconds what two ways wrote counts as written now.
const LATELY: u64 = 600;

/// Which of the circumstances alone make each difference to what comes of the usual ones.
pub(super) async fn causes(
    course: &Course<'_>,
    usual: &Content,
    path: &[Action],
) -> Result<BTreeMap<Place, Vec<Vary>>, Error> {
    let mut causes: BTreeMap<Place, Vec<Vary>> = BTreeMap::new();
    for vary in Vary::ALL {
        let scratch = start(course, &[vary]).await?;
        let mut connection = scratch.open().await?;
        for action in path {
            action.perform(course, course.batch_of(&[vary]), &scratch, &mut connection).await?;
        }
        let now = content(course, &mut connection, &[]).await?;
        connection.close().await?;
        for difference in usual.compare(&now) {
            causes.entry(place(&difference)).or_default().push(vary);
        }
    }
    Ok(causes)
}
