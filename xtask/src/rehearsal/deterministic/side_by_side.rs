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
            for leave in [&[][..], &excused] {
                let (one, other) = (content(course, &mut one, leave).await?, content(course, &mut other, leave).await?);
                for difference in one.compare(&other) {
                    first.entry(place(&difference)).or_insert_with(|| action.clone());
                }
            }
            for (table, column) in moments_now(&mut other, moments).await? {
                first.entry((table, Some(column))).or_insert_with(|| action.clone());
            }
        }
        let usual = content(course, &mut one, &[]).await?;
        let mut found = Vec::new();
        for leave in [&[][..], &excused] {
            let sums = content(course, &mut one, leave).await?.compare(&content(course, &mut other, leave).await?);
            let volatile = [course.subject.database.volatile.as_slice(), leave].concat();
            found.push(fingerprint::explain(&mut one, &mut other, &volatile, sums).await?);
        }
        let (hidden, all) = (found.pop().unwrap_or_default(), found.pop().unwrap_or_default());
        one.close().await?;
        other.close().await?;
        Ok(Self { usual, all, hidden, first })
    }

    /// The step after which something was first seen.
    pub(super) fn step(&self, place: &Place) -> Option<Action> {
        self.first.get(place).cloned()
    }
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
