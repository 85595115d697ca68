//! [`Snapshot`]: the schema and a digest of the content of a scratch database, with the steps that led there.
//! Snapshots are compared without a copy of the database, because a copy of each state would dominate the cost of a
//! proof. If the rows of a state are needed, the state is rebuilt from its steps.

use crate::Error;
use crate::compare::{self, Content, ContentDifference, SchemaDifference};
use crate::migration::Loss;
use crate::proofs::ProofRun;
use crate::proofs::kit::nondeterminism::{Nondeterministic, place};
use crate::proofs::kit::timeline::Step;
use rehearsal_db::Connection;
use rehearsal_db::Schema;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A state of a scratch database.
#[derive(Debug)]
pub struct Snapshot {
    /// The steps performed since the template.
    steps: Vec<Step>,
    /// The schema, object by object.
    pub schema: Arc<Schema>,
    content: Content,
}

/// The differences between a state and an earlier one.
#[derive(Debug, Default)]
pub struct Compared {
    /// Differences of the schemas.
    pub schema: Vec<SchemaDifference>,
    /// Differences of the contents, with examples.
    pub content: Vec<ContentDifference>,
    /// Differences of the checksums, which are compared before the rows.
    sums: Vec<ContentDifference>,
}

impl Snapshot {
    /// Records the state of the database on which a proof works.
    ///
    /// # Errors
    /// Fails if a query fails.
    pub async fn of(run: &ProofRun<'_>, connection: &mut Connection) -> Result<Self, Error> {
        let (schema, content) = compare::state(connection, &run.rehearsal.database.volatile).await?;
        Ok(Self { steps: run.steps.clone(), schema, content })
    }

    /// Returns the steps performed since the template.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the digest of the rows.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Replaces the steps by those of `way`, a shorter path to the same state.
    pub fn by(self, run: &mut ProofRun<'_>, way: &Self) -> Self {
        run.steps.clone_from(&way.steps);
        Self { steps: way.steps.clone(), ..self }
    }

    /// True if the proof has performed no step since the snapshot.
    pub fn is_of(&self, run: &ProofRun<'_>) -> bool {
        self.steps == run.steps
    }

    /// Compares the current state of the database with the snapshot.
    pub async fn compare(&self, run: &ProofRun<'_>, connection: &mut Connection) -> Result<Compared, Error> {
        let now = Self::of(run, connection).await?;
        self.differences(&now, run, connection).await
    }

    /// Compares `now`, which is the state of `connection`, with this snapshot. Reads rows for examples if the
    /// checksums differ.
    pub async fn differences(
        &self,
        now: &Self,
        run: &ProofRun<'_>,
        connection: &mut Connection,
    ) -> Result<Compared, Error> {
        let schema = compare::compare_schemas(&self.schema, &now.schema);
        let mut content = self.content.compare(&now.content);
        let sums = content.clone();
        let is_to_be_explained = |difference: &ContentDifference| match difference {
            ContentDifference::TableGone { rows, .. } => *rows > 0,
            ContentDifference::Rows { .. }
            | ContentDifference::Values { .. }
            | ContentDifference::ColumnGone { .. } => true,
            _ => false,
        };
        if content.iter().any(is_to_be_explained) {
            let copy = run.at(&self.steps).await?;
            let mut before = copy.open().await?;
            content = explain(run, &mut before, (&now.content, connection), content).await?;
            before.close().await?;
            content.retain(|difference| is_known(difference, &sums));
        }
        Ok(Compared { schema, content, sums })
    }

    /// Compares the schemas and checksums only; reads no row.
    pub fn sums(&self, now: &Self) -> Compared {
        let content = self.content.compare(&now.content);
        Compared { schema: compare::compare_schemas(&self.schema, &now.schema), sums: content.clone(), content }
    }

    /// Removes nondeterministic values from differences of the checksums and notes them. They are found by performing the
    /// steps again; both states have the steps of `since` in common.
    pub async fn without_nondeterministic(
        &self,
        mut compared: Compared,
        since: &Self,
        run: &mut ProofRun<'_>,
    ) -> Result<Compared, Error> {
        if !compared.content.iter().any(may_pass) {
            return Ok(compared);
        }
        let nondeterministic = Nondeterministic::of(run, (since.steps(), &self.steps), &self.content, &[]).await?;
        let notes = leave_out(&mut compared, &nondeterministic);
        run.outcome.notes.extend(notes);
        Ok(compared)
    }

    /// Adds examples to the differences of the checksums that are left. `now` is the state of `connection`.
    pub async fn explain(
        &self,
        left: Compared,
        now: &Self,
        run: &ProofRun<'_>,
        connection: &mut Connection,
    ) -> Result<Compared, Error> {
        if left.content.is_empty() {
            return Ok(left);
        }
        let mut told = self.differences(now, run, connection).await?;
        let is_left = |found: &ContentDifference| left.content.iter().any(|left| covers(left, found));
        told.content.retain(is_left);
        Ok(told)
    }

    /// Finds the nondeterministic values of this state by performing its steps again.
    pub async fn nondeterministic(&self, run: &ProofRun<'_>) -> Result<Nondeterministic, Error> {
        Nondeterministic::of(run, (&[], &self.steps), &self.content, &[]).await
    }
}

/// Removes the nondeterministic differences and returns notes on them.
pub fn leave_out(compared: &mut Compared, nondeterministic: &Nondeterministic) -> Vec<String> {
    let sums = &compared.sums;
    let passes =
        |difference: &mut ContentDifference| may_pass(difference) && nondeterministic.has(&place(difference), sums);
    let note = |difference: ContentDifference| {
        let (table, column) = difference.subject();
        let column = column.map(|column| format!(".\"{column}\"")).unwrap_or_default();
        format!("\"{table}\"{column} was not compared: its values come from the clock or from chance")
    };
    compared.content.extract_if(.., passes).map(note).collect()
}

/// Adds examples from the rows to differences of the checksums. Values that differ only in their notation are
/// equal: the older database adopts the notation of the newer one in a transaction, which is rolled back
/// afterwards.
pub async fn explain(
    run: &ProofRun<'_>,
    before: &mut Connection,
    (content, now): (&Content, &mut Connection),
    mut found: Vec<ContentDifference>,
) -> Result<Vec<ContentDifference>, Error> {
    let volatile = &run.rehearsal.database.volatile;
    before.begin().await?;
    if before.adopt_labels(now).await? {
        let known: BTreeSet<String> = found.iter().map(|difference| difference.subject().0.to_owned()).collect();
        found = compare::content(before, volatile).await?.compare(content);
        found.retain(|difference| known.contains(difference.subject().0));
    }
    let explained = compare::explain(before, now, volatile, found).await?;
    before.rollback().await;
    Ok(explained)
}

/// True if the clock or chance can cause the difference: other values, or the same number of other rows.
pub fn may_pass(difference: &ContentDifference) -> bool {
    match difference {
        ContentDifference::Values { .. } => true,
        ContentDifference::Rows { before, after, .. } => before == after,
        _ => false,
    }
}

/// False for values whose checksums are equal in the two states: those differ only because the steps were performed
/// again at another time.
fn is_known(difference: &ContentDifference, known: &[ContentDifference]) -> bool {
    !matches!(difference, ContentDifference::Values { .. }) || known.iter().any(|known| covers(known, difference))
}

/// True if a difference of the checksums is the explained one. In a table with other rows, the checksums of columns prove
/// nothing.
fn covers(known: &ContentDifference, explained: &ContentDifference) -> bool {
    let (known_subject, subject) = (known.subject(), explained.subject());
    match (known, explained) {
        (ContentDifference::Rows { .. }, ContentDifference::Values { .. }) => known_subject.0 == subject.0,
        _ => known_subject == subject,
    }
}

/// True if the migration declares the loss.
pub fn is_declared(difference: &ContentDifference, loses: &[Loss]) -> bool {
    let (table, column) = difference.subject();
    loses.iter().any(|loss| loss.table == table && (loss.column.is_none() || loss.column.as_deref() == column))
}

impl Compared {
    /// Compares two schemas only.
    pub fn of_schemas(before: &Schema, after: &Schema) -> Self {
        Self { schema: compare::compare_schemas(before, after), ..Self::default() }
    }

    /// Removes these losses without a note.
    pub fn leaving_out(mut self, losses: &[Loss]) -> Self {
        self.content.retain(|difference| !is_declared(difference, losses));
        self
    }

    /// Moves declared losses to `notes`, because a down migration cannot restore them.
    pub fn without(mut self, loses: &[Loss], notes: &mut Vec<String>) -> Self {
        let declared = self.content.extract_if(.., |difference| is_declared(difference, loses));
        notes.extend(declared.map(|difference| format!("{difference}, as declared")));
        self
    }

    /// Returns each difference that counts, with its examples below it. [`Self::notes`] returns the others.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.schema_lines();
        lines.extend(self.content_lines());
        lines
    }

    /// Returns the lines of the schema.
    #[must_use]
    pub fn schema_lines(&self) -> Vec<String> {
        let counts = self.schema.iter().filter(|difference| !is_note(difference));
        counts
            .flat_map(|difference| difference.to_string().lines().map(ToOwned::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// Returns the lines of the content.
    #[must_use]
    pub fn content_lines(&self) -> Vec<String> {
        // A created or dropped table or column is already reported with the schema, unless the table had rows.
        let is_told_of = |label: String| {
            self.schema.iter().any(|difference| matches!(difference, SchemaDifference::Gone { object, .. } | SchemaDifference::New { object, .. } if *object == label))
        };
        let is_told = |difference: &&ContentDifference| match difference {
            ContentDifference::TableNew { table, rows: 0 } | ContentDifference::TableGone { table, rows: 0, .. } => {
                is_told_of(Schema::table_label(table))
            }
            ContentDifference::ColumnNew { table, column } | ContentDifference::ColumnGone { table, column, .. } => {
                is_told_of(format!("column \"{table}\".\"{column}\""))
            }
            _ => false,
        };
        content_lines(self.content.iter().filter(|difference| !is_told(difference)))
    }

    /// Returns the differences that do not count.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.schema.iter().filter(|difference| is_note(difference)).map(ToString::to_string).collect()
    }
}

fn is_note(difference: &SchemaDifference) -> bool {
    matches!(difference, SchemaDifference::ColumnOrder { .. })
}

/// Returns the differences with their examples indented below them.
pub fn content_lines<'a>(differences: impl Iterator<Item = &'a ContentDifference>) -> Vec<String> {
    let with_examples = |difference: &ContentDifference| {
        let examples = difference.examples().iter().map(|example| format!("  {example}"));
        std::iter::once(difference.to_string()).chain(examples).collect::<Vec<_>>()
    };
    differences.flat_map(with_examples).collect()
}
