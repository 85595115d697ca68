//! What passes: values that are others each time, for the clock or chance says what they are. *Reversible* does not compare
//! them, *deterministic* tells them from what follows from the circumstances, *checks bite* does not break them.
//!
//! There is one rule: the same is done twice in the same circumstances, and what differs passes. SQLite's clock goes by seconds,
//! so that what was done twice within one may be the same: there a cell that holds the moment passes, too.

use crate::Error;
use crate::compare::{self, Content, ContentDifference};
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::workspace::Fixture;
use rehearsal_db::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What differs: a table, and the column where it is about one.
pub type Place = (String, Option<String>);

/// The place of a difference.
pub fn place(difference: &ContentDifference) -> Place {
    let (table, column) = difference.subject();
    (table.to_owned(), column.map(ToOwned::to_owned))
}

/// The places that pass.
#[derive(Debug, Default)]
pub struct Nondeterministic(BTreeSet<Place>);

impl Nondeterministic {
    /// What is other where the same was done twice; and these columns, which hold the snapshot.
    pub fn between(once: &Content, again: &Content, moments: &[(String, String)]) -> Self {
        let moments = moments.iter().map(|(table, column)| (table.clone(), Some(column.clone())));
        Self(once.compare(again).iter().map(place).chain(moments).collect())
    }

    /// What passes of the content that a way leads to: the way is gone once more. Of `columns` it is looked for the snapshot.
    pub async fn of(
        run: &ProofRun<'_>,
        steps: &[Step],
        content: &Content,
        columns: &[(String, String)],
    ) -> Result<Self, Error> {
        let copy = run.repeat(steps).await?;
        let mut connection = copy.open().await?;
        let again = compare::content(&mut connection, &run.rehearsal.database.volatile).await?;
        let moments = run.moments(&mut connection, columns).await?;
        connection.close().await?;
        Ok(Self::between(content, &again, &moments))
    }

    /// Whether a place does, where two states differ like that by their sums. Without a key, another value makes another row:
    /// then all columns have to pass that the sums name.
    pub fn has(&self, place: &Place, sums: &[ContentDifference]) -> bool {
        let mut of_table = sums.iter().filter(|other| other.subject().0 == place.0).peekable();
        self.0.contains(place)
            || place.1.is_none()
                && of_table.peek().is_some()
                && of_table.all(|other| self.0.contains(&self::place(other)))
    }

    /// Whether a column does, or the rows that it is in.
    pub fn has_column(&self, table: &str, column: &str) -> bool {
        self.0.iter().any(|(t, c)| t == table && c.as_deref().is_none_or(|c| c == column))
    }
}

impl ProofRun<'_> {
    /// Which of these columns, as `(table, column)`, are there and hold a moment since the proof began.
    pub async fn moments(
        &self,
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
        let migrations = &self.rehearsal.history.migrations;
        let engine = self.rehearsal.database.engine;
        let asks = migrations.iter().any(|migration| engine.asks_for_chance(&migration.up.sql));
        // Data of this month is nothing rare: a month says something where a file asks for the snapshot.
        let is_known = |day: &str| self.is_in_a_file(day) || (is_month(day) && !asks);
        Ok(connection.moments(&columns, self.began.elapsed().as_secs() + 1, &is_known).await?)
    }

    /// Whether a text stands in the data or the history themselves: a day that does came with them, and says nothing of the clock.
    fn is_in_a_file(&self, text: &str) -> bool {
        let of_fixture =
            |fixture: &Fixture| fixture.later.iter().any(|rows| is_in(&rows.path, text)) || is_in(&fixture.path, text);
        self.fixture.is_some_and(of_fixture)
            || self.rehearsal.database.setup.iter().any(|setup| setup.sql.contains(text))
            || self.rehearsal.history.migrations.iter().any(|migration| migration.up.sql.contains(text))
    }
}

fn is_month(text: &str) -> bool {
    text.len() == "2025-12".len()
}

fn is_in(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|sql| sql.contains(text))
}
