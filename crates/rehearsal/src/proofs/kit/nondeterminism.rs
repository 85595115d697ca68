//! Nondeterministic values: values from the clock or from chance, which differ in each run. *Reversible* does not
//! compare them, *deterministic* separates them from values that depend on the conditions of a run, and *mutation*
//! does not change them.
//!
//! There is one rule: the steps are performed twice under the same conditions, and values that differ are
//! nondeterministic ([`Nondeterministic::of`]). SQLite's clock has a resolution of one second, so two runs within a
//! second may agree. A cell that contains the current time is therefore nondeterministic, too.

use crate::Error;
use crate::compare::{self, Content, ContentDifference};
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::workspace::Fixture;
use rehearsal_db::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The subject of a difference: a table, and the column if the difference is in one column.
pub type Place = (String, Option<String>);

/// Returns the table and column of a difference.
pub fn place(difference: &ContentDifference) -> Place {
    let (table, column) = difference.subject();
    (table.to_owned(), column.map(ToOwned::to_owned))
}

/// The tables and columns with nondeterministic values.
#[derive(Debug, Default)]
pub struct Nondeterministic(BTreeSet<Place>);

impl Nondeterministic {
    /// Collects the differences of two runs of the same steps, and `moments`, the columns that contain the current
    /// time.
    pub fn between(once: &Content, again: &Content, moments: &[(String, String)]) -> Self {
        let moments = moments.iter().map(|(table, column)| (table.clone(), Some(column.clone())));
        Self(once.compare(again).iter().map(place).chain(moments).collect())
    }

    /// Finds the nondeterministic values in `content`, the result of `steps`, by performing the steps again. Of steps that
    /// start with `shared`, only those after them are performed under new conditions. `columns` are searched for the
    /// current time.
    pub async fn of(
        run: &ProofRun<'_>,
        (shared, steps): (&[Step], &[Step]),
        content: &Content,
        columns: &[(String, String)],
    ) -> Result<Self, Error> {
        let rest = steps.strip_prefix(shared).unwrap_or(steps);
        let copy = if rest.len() == steps.len() || shared.iter().any(|step| step.changes_session_state(run.rehearsal)) {
            run.repeat(steps).await?
        } else {
            let copy = run.at(shared).await?;
            run.replay(rest, &copy).await?;
            copy
        };
        let mut connection = copy.open().await?;
        let again = compare::content(&mut connection, &run.rehearsal.database.volatile).await?;
        let moments = run.moments(&mut connection, columns).await?;
        connection.close().await?;
        Ok(Self::between(content, &again, &moments))
    }

    /// True if a difference is nondeterministic. `sums` are the differences of the checksums of the two states. In
    /// a table without a key, another value makes another row; then all columns in `sums` have to be
    /// nondeterministic.
    pub fn has(&self, place: &Place, sums: &[ContentDifference]) -> bool {
        let mut of_table = sums.iter().filter(|other| other.subject().0 == place.0).peekable();
        self.0.contains(place)
            || place.1.is_none()
                && of_table.peek().is_some()
                && of_table.all(|other| self.0.contains(&self::place(other)))
    }

    /// True if a column is nondeterministic, or the rows of its table are.
    pub fn has_column(&self, table: &str, column: &str) -> bool {
        self.0.iter().any(|(t, c)| t == table && c.as_deref().is_none_or(|c| c == column))
    }
}

impl ProofRun<'_> {
    /// Returns those of the columns `(table, column)` that exist and contain a time since the start of the proof.
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
        let asks = migrations.iter().any(|migration| engine.uses_nondeterminism(&migration.up.sql));
        // Data often contains the current month, so a month counts only if a file reads the clock.
        let is_known = |day: &str| self.is_in_a_file(day) || (is_month(day) && !asks);
        Ok(connection.moments(&columns, self.began.elapsed().as_secs() + 1, &is_known).await?)
    }

    /// True if the data or the history contains the text. A day that is in a file does not come from the clock.
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
