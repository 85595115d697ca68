//! States of a scratch database that are held against each other: schema and content, and what led there. A copy of each
//! state would cost more than all else; where one is needed, after all, what led there is done once more.

use crate::Error;
use crate::compare::{self, Content, ContentDifference, SchemaDifference};
use crate::migration::Loss;
use crate::proofs::ProofRun;
use crate::proofs::kit::nondeterminism::{Nondeterministic, place};
use crate::proofs::kit::timeline::Step;
use crate::sandbox::Scratch;
use rehearsal_db::Connection;
use rehearsal_db::Schema;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A state of a scratch database.
#[derive(Debug)]
pub struct Snapshot {
    /// What was done since the template.
    steps: Vec<Step>,
    /// Its schema, object by object.
    pub schema: Arc<Schema>,
    content: Content,
}

/// How a state differs from an earlier one.
#[derive(Debug, Default)]
pub struct Compared {
    /// In its schema.
    pub schema: Vec<SchemaDifference>,
    /// In its content, with examples.
    pub content: Vec<ContentDifference>,
    /// In its content, as the sums say that were compared before rows were looked at.
    sums: Vec<ContentDifference>,
}

impl Snapshot {
    /// The state of the database that a proof works on.
    ///
    /// # Errors
    /// What the database says.
    pub async fn of(run: &ProofRun<'_>, connection: &mut Connection) -> Result<Self, Error> {
        let (schema, content) = compare::state(connection, &run.rehearsal.database.volatile).await?;
        Ok(Self { steps: run.steps.clone(), schema, content })
    }

    /// What was done since the template.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The digest of its rows.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// A scratch database that is as this one was, to go on with.
    pub async fn restore(&self, run: &mut ProofRun<'_>) -> Result<Scratch, Error> {
        run.steps.clone_from(&self.steps);
        run.at(&self.steps).await
    }

    /// The same state, to which a shorter way leads.
    pub fn by(self, run: &mut ProofRun<'_>, way: &Self) -> Self {
        run.steps.clone_from(&way.steps);
        Self { steps: way.steps.clone(), ..self }
    }

    /// True where nothing was done since.
    pub fn is_of(&self, run: &ProofRun<'_>) -> bool {
        self.steps == run.steps
    }

    /// How the database differs now.
    pub async fn compare(&self, run: &ProofRun<'_>, connection: &mut Connection) -> Result<Compared, Error> {
        let now = Self::of(run, connection).await?;
        self.differences(&now, run, connection).await
    }

    /// How `now`, which is the state of `connection`, differs.
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

    /// How the sums of `now` differ; no row is looked at.
    pub fn sums(&self, now: &Self) -> Compared {
        let content = self.content.compare(&now.content);
        Compared { schema: compare::compare_schemas(&self.schema, &now.schema), sums: content.clone(), content }
    }

    /// What is different after the same was done once more, without what is different whenever it is: values that a migration
    /// takes from the clock or from chance. Whether they are such is found out by doing it again from the template.
    pub async fn without_nondeterministic(
        &self,
        mut compared: Compared,
        run: &mut ProofRun<'_>,
    ) -> Result<Compared, Error> {
        if !compared.content.iter().any(may_pass) {
            return Ok(compared);
        }
        let nondeterministic = self.nondeterministic(run).await?;
        let notes = leave_out(&mut compared, &nondeterministic);
        run.outcome.notes.extend(notes);
        Ok(compared)
    }

    /// What is different whenever the same is done: it is done once more.
    pub async fn nondeterministic(&self, run: &ProofRun<'_>) -> Result<Nondeterministic, Error> {
        Nondeterministic::of(run, &self.steps, &self.content, &[]).await
    }
}

/// Leaves out what is different whenever the same is done, and returns notes of it.
pub fn leave_out(compared: &mut Compared, nondeterministic: &Nondeterministic) -> Vec<String> {
    let sums = &compared.sums;
    let passes =
        |difference: &mut ContentDifference| may_pass(difference) && nondeterministic.has(&place(difference), sums);
    let note = |difference: ContentDifference| {
        let (table, column) = difference.subject();
        let column = column.map(|column| format!(".\"{column}\"")).unwrap_or_default();
        format!("\"{table}\"{column} holds what the clock or chance says, and was not compared")
    };
    compared.content.extract_if(.., passes).map(note).collect()
}

/// Looks at the rows for what the sums say is different. Values that are only written in another way are the same: the database
/// before is made to write them as the one now does, and is then as it was.
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

/// True for a difference that the clock or chance may make: other values, or as many other rows.
pub fn may_pass(difference: &ContentDifference) -> bool {
    match difference {
        ContentDifference::Values { .. } => true,
        ContentDifference::Rows { before, after, .. } => before == after,
        _ => false,
    }
}

/// False for values that the sums of the two states say are the same: what was done once more was done at another snapshot. Where
/// there are other rows, sums say nothing of values.
fn is_known(difference: &ContentDifference, known: &[ContentDifference]) -> bool {
    let is_it = |other: &ContentDifference| match other {
        ContentDifference::Rows { table, .. } => *table == difference.subject().0,
        other => other.subject() == difference.subject(),
    };
    !matches!(difference, ContentDifference::Values { .. }) || known.iter().any(is_it)
}

/// True where a migration says that it loses this.
pub fn is_declared(difference: &ContentDifference, loses: &[Loss]) -> bool {
    let (table, column) = difference.subject();
    loses.iter().any(|loss| loss.table == table && (loss.column.is_none() || loss.column.as_deref() == column))
}

impl Compared {
    /// How schemas differ, whatever the content.
    pub fn of_schemas(before: &Schema, after: &Schema) -> Self {
        Self { schema: compare::compare_schemas(before, after), ..Self::default() }
    }

    /// The same without the content that a migration declares to lose: no way back can bring that back.
    pub fn without(mut self, loses: &[Loss], notes: &mut Vec<String>) -> Self {
        let declared = self.content.extract_if(.., |difference| is_declared(difference, loses));
        notes.extend(declared.map(|difference| format!("{difference}, as declared")));
        self
    }

    /// Each difference that counts, with its examples below it. The order of columns is told apart by [`Self::notes`].
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.schema_lines();
        lines.extend(self.content_lines());
        lines
    }

    /// Those of the schema.
    #[must_use]
    pub fn schema_lines(&self) -> Vec<String> {
        let counts = self.schema.iter().filter(|difference| !is_note(difference));
        counts
            .flat_map(|difference| difference.to_string().lines().map(ToOwned::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// Those of the content.
    #[must_use]
    pub fn content_lines(&self) -> Vec<String> {
        // That a table came or went is told once, with its schema; that it held rows is told with it.
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

    /// What differs without mattering.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.schema.iter().filter(|difference| is_note(difference)).map(ToString::to_string).collect()
    }
}

fn is_note(difference: &SchemaDifference) -> bool {
    matches!(difference, SchemaDifference::ColumnOrder { .. })
}

/// Differences with their examples indented below them.
pub fn content_lines<'a>(differences: impl Iterator<Item = &'a ContentDifference>) -> Vec<String> {
    let with_examples = |difference: &ContentDifference| {
        let examples = difference.examples().iter().map(|example| format!("  {example}"));
        std::iter::once(difference.to_string()).chain(examples).collect::<Vec<_>>()
    };
    differences.flat_map(with_examples).collect()
}
