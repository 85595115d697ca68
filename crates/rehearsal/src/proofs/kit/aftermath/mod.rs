//! What a migration leaves behind ([`examine`]): objects of the schema that it took along without naming them, objects that
//! no longer work, and counters that will give a number twice. Proofs with rows call it after each migration.

mod schema_lost;
mod trials;

use crate::Error;
use crate::compare::ContentDifference;
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::report::{Code, Finding};
use rehearsal_db::{Connection, Counter, Engine, Object, Reuse, Schema, SeenRows};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use trials::Failed;

/// The codes with which a proof reports what a migration leaves behind.
pub struct Codes {
    /// Objects that vanished or became weaker.
    pub schema_lost: Code,
    /// Objects that no longer work.
    pub object_broken: Code,
    /// Counters that will give a number twice.
    pub sequence_behind: Code,
    /// Rows that a role no longer sees.
    pub rows_hidden: Code,
}

impl Codes {
    /// All codes.
    pub fn all(&'static self) -> [&'static Code; 4] {
        [&self.schema_lost, &self.object_broken, &self.sequence_behind, &self.rows_hidden]
    }
}

/// The codes of a proof.
#[macro_export]
#[doc(hidden)]
macro_rules! aftermath_codes {
    ($proof:literal) => {
        $crate::proofs::kit::aftermath::Codes {
            schema_lost: $crate::report::Code::error(
                concat!($proof, "/schema-lost"),
                $crate::report::Explanation {
                    meaning: "An index, constraint, default, trigger, view, privilege or comment is gone or weaker after a \
                              migration that does not name it.",
                    example: "SQLite: a migration creates a table anew and drops the old one, and with it a trigger.",
                    fix: "Create the object again at the end of the migration; the finding contains the statement.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the object.",
                },
            ),
            object_broken: $crate::report::Code::error(
                concat!($proof, "/object-broken"),
                $crate::report::Explanation {
                    meaning: "Rows could be inserted, updated or deleted, or a view be read, before a migration, and no longer after it.",
                    example: "A migration renames a column that a trigger function assigns.",
                    fix: "Change the trigger, function, view or constraint in the same migration.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the table.",
                },
            ),
            sequence_behind: $crate::report::Code::error(
                concat!($proof, "/sequence-behind"),
                $crate::report::Explanation {
                    meaning: "The next number of a sequence or AUTOINCREMENT column is one that a row has or had, or the sequence \
                              ends before the type of its column.",
                    example: "A migration replaces a serial column by an identity column, which starts at 1 again.",
                    fix: "Set the counter behind the greatest number; the finding contains the statement.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the table.",
                },
            ),
            rows_hidden: $crate::report::Code::error(
                concat!($proof, "/rows-hidden"),
                $crate::report::Explanation {
                    meaning: "A role that may read a table saw rows before a migration and sees none or fewer after it, because \
                              row-level security has no policy.",
                    example: "ALTER TABLE document ENABLE ROW LEVEL SECURITY, without CREATE POLICY",
                    fix: "Create a policy for the role in the same migration.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the table.",
                },
            ),
        }
    };
}

/// The state before a migration, as far as it matters.
pub struct Before {
    schema: Arc<Schema>,
    counters: Vec<Counter>,
    unusable: Vec<String>,
    frozen: BTreeSet<String>,
    seen: Vec<SeenRows>,
}

impl Before {
    /// Reads the state before a migration. `None` if the migration only creates objects, and so leaves the others as they
    /// are.
    ///
    /// # Errors
    /// Fails if a query fails.
    pub async fn of(
        migration: &Migration,
        schema: Arc<Schema>,
        connection: &mut Connection,
    ) -> Result<Option<Self>, Error> {
        if !is_of_interest(migration, connection.engine()) {
            return Ok(None);
        }
        Ok(Some(Self {
            schema,
            counters: counters(migration, connection).await?,
            unusable: connection.unusable().await?,
            frozen: connection.frozen_rows().await?.into_iter().map(|frozen| frozen.constraint).collect(),
            seen: connection.seen_rows().await?,
        }))
    }
}

/// Reports what a migration leaves behind. `earlier` returns a connection to the state before it, on which what fails
/// afterwards is tried, too.
///
/// # Errors
/// Fails if the database fails.
pub async fn examine(
    run: &mut ProofRun<'_>,
    codes: &'static Codes,
    migration: &Migration,
    before: &Before,
    after: &Arc<Schema>,
    earlier: impl AsyncFnOnce(&ProofRun<'_>) -> Result<Connection, Error>,
    connection: &mut Connection,
) -> Result<(), Error> {
    let engine = run.rehearsal.database.engine;
    let file = migration.up.path.display().to_string();
    let mut findings = Vec::new();
    for lost in schema_lost::lost(engine, &migration.up.sql, &before.schema, after) {
        let help = format!(
            "create it again at the end of the migration; if the loss is intended, declare it at the top of the file:\n\
             -- allow: {} {}, REASON",
            codes.schema_lost.name, lost.name
        );
        let message = format!("{file} {} without naming it", lost.what);
        findings.push(Finding::new(&codes.schema_lost, message).with_details(vec![lost.was]).with_help(help));
    }
    let renamed = engine.renamed_tables(&migration.up.sql);
    for counter in counters(migration, connection).await? {
        let is_it = |was: &&Counter| {
            let table = renamed.get(&was.table).unwrap_or(&was.table);
            (table, &was.column) == (&counter.table, &counter.column)
        };
        if let Some((what, remedy)) = behind(before.counters.iter().find(is_it), &counter) {
            let message = format!("after {file}, {} {what}", counter.name);
            let help = format!("add to the migration: {remedy}");
            findings.push(Finding::new(&codes.sequence_behind, message).with_help(help));
        }
    }
    for index in connection.unusable().await?.into_iter().filter(|index| !before.unusable.contains(index)) {
        let help = "drop it, remove what keeps it from being built, and create it again";
        let message = format!("after {file}, {index} is INVALID: no query uses it, and it enforces nothing");
        findings.push(Finding::new(&codes.object_broken, message).with_help(help));
    }
    let frozen = connection.frozen_rows().await?;
    for frozen in frozen.iter().filter(|frozen| !before.frozen.contains(&frozen.constraint)) {
        let message = format!(
            "{} of {} rows of \"{}\" violate {}, which {file} adds as NOT VALID",
            frozen.rows, frozen.of, frozen.table, frozen.constraint
        );
        let finding = Finding::new(&codes.object_broken, message);
        let details = vec!["no UPDATE of such a row succeeds any more, whatever column it changes".to_owned()];
        findings.push(
            finding.with_details(details).with_help("correct these rows in the migration, before the constraint"),
        );
    }
    for now in connection.seen_rows().await?.into_iter().filter(|now| now.has_no_policy) {
        let is_it = |was: &&SeenRows| {
            was.role == now.role && *renamed.get(&was.table).unwrap_or(&was.table) == now.table && !was.has_no_policy
        };
        let before = before.seen.iter().find(is_it).and_then(|was| was.sees).unwrap_or_default();
        let sees = now.sees.unwrap_or_default();
        if before > sees && sees < now.of {
            let (role, table, of) = (&now.role, &now.table, now.of);
            let message =
                format!("after {file}, role {role} sees {sees} of {of} rows of \"{table}\", without an error");
            let details = vec![format!("row-level security is enabled for \"{table}\", and it has no policy")];
            let help = format!("add to the migration: CREATE POLICY … ON {table} TO {role} USING (…);");
            findings.push(Finding::new(&codes.rows_hidden, message).with_details(details).with_help(help));
        }
    }
    let mut broken = broken(run, codes, (&file, &renamed), (&before.schema, after), earlier, connection).await?;
    // Rows that such a constraint freezes are reported with their number.
    broken.retain(|finding| {
        !frozen.iter().any(|frozen| finding.details.iter().any(|line| line.contains(&frozen.constraint)))
    });
    findings.extend(broken);
    for finding in findings {
        run.find(finding.in_file(&migration.up.path).of_migration(migration.version)).await;
    }
    Ok(())
}

/// False for a migration that only creates objects, of which a concurrent build may leave an invalid index.
pub fn is_of_interest(migration: &Migration, engine: Engine) -> bool {
    let sql = migration.up.sql.as_str();
    !engine.only_creates(sql) || engine.builds_concurrently(sql)
}

/// True if a sequence that numbers rows moved back: whether that matters depends on the rows, with which [`examine`] compares
/// it. `counters` are those after the migration.
pub fn is_of_a_counter(difference: &ContentDifference, counters: &[Counter]) -> bool {
    let numbers = |of: &str| counters.iter().any(|counter| counter.table == of);
    matches!(difference, ContentDifference::SequenceBack { table, .. } if numbers(table))
}

/// Returns the counters of the tables that a migration names. What only adds tables and columns changes none.
///
/// # Errors
/// Fails if a query fails.
pub async fn counters(migration: &Migration, connection: &mut Connection) -> Result<Vec<Counter>, Error> {
    let (engine, sql) = (connection.engine(), migration.up.sql.as_str());
    if engine.only_adds(sql) {
        return Ok(Vec::new());
    }
    let is_named = |table: &str| engine.mentions(sql, &[table.rsplit('.').next().unwrap_or(table)]);
    Ok(connection.counters(&is_named).await?)
}

/// Returns why a counter is behind, as the rest of a sentence, and the statement that mends it; `None` if it is not, or was
/// before the migration.
fn behind<'c>(before: Option<&Counter>, now: &'c Counter) -> Option<(String, &'c str)> {
    let is_taken = |counter: &Counter| counter.greatest.is_some_and(|greatest| counter.next <= greatest);
    let (table, column) = (&now.table, &now.column);
    if is_taken(now) && !before.is_some_and(is_taken) {
        let greatest = now.greatest.unwrap_or_default();
        let what = format!("gives {} next, but \"{table}\".\"{column}\" goes up to {greatest}", now.next);
        return Some((what, &now.catch_up));
    }
    if now.reuse == Reuse::Never
        && let Some(before) = before.filter(|before| before.next > now.next)
    {
        let (next, earlier) = (now.next, before.next);
        let what = format!("gives {next} next instead of {earlier}: numbers of deleted rows are given again");
        return Some((what, &now.catch_up));
    }
    let (end, widen) = now.narrow.as_ref().filter(|_| before.is_some_and(|before| before.narrow.is_none()))?;
    Some((format!("ends at {end}, but \"{table}\".\"{column}\" has a larger type"), widen))
}

/// The tables that a migration may have broken: those of which a part is other than before, and those with triggers, which may
/// use anything.
fn touched<'s>(before: &'s Schema, after: &'s Schema) -> BTreeSet<&'s str> {
    let is_other = |one: &Schema, label: &String, object: &Object| one.objects.get(label) != Some(object);
    let gone = before.objects.iter().filter(|(label, object)| is_other(after, label, object));
    let is_to_be_tried =
        |(label, object): &(&String, &Object)| label.starts_with("trigger ") || is_other(before, label, object);
    let parts = gone.chain(after.objects.iter().filter(is_to_be_tried));
    parts.filter_map(|(_, object)| object.part_of.as_deref()).collect()
}

/// Returns a finding for each table and view that worked before the migration and does not work after it.
async fn broken(
    run: &ProofRun<'_>,
    codes: &'static Codes,
    (file, renamed): (&str, &BTreeMap<String, String>),
    (before, after): (&Schema, &Schema),
    earlier: impl AsyncFnOnce(&ProofRun<'_>) -> Result<Connection, Error>,
    connection: &mut Connection,
) -> Result<Vec<Finding>, Error> {
    if before == after {
        return Ok(Vec::new());
    }
    let touched = touched(before, after);
    let mut tables = connection.tables().await?;
    tables.retain(|table| touched.contains(table.name.as_str()));
    let failed = trials::failures(connection, &tables, after).await?;
    if failed.is_empty() {
        return Ok(Vec::new());
    }
    let mut copy = earlier(run).await?;
    let (schema, tables) = (crate::compare::schema(&mut copy).await?, copy.tables().await?);
    let known = trials::failures(&mut copy, &tables, &schema).await?;
    copy.close().await?;
    // A new table may refer to one that a later migration creates.
    let existed = |object: &str| {
        let is_it = |name: &String| renamed.get(name).unwrap_or(name) == object;
        let is_view = |label: &String| label.contains("view \"") && label.contains(&format!("\"{object}\""));
        schema.columns.keys().any(is_it) || schema.objects.keys().any(is_view)
    };
    let is_broken_now = |failed: &&Failed| {
        existed(&failed.trial.object) && !known.iter().any(|known| known.trial.what == failed.trial.what)
    };
    let finding = |failed: &Failed| {
        let message = format!("after {file}, {} fails", failed.trial.what);
        let mut details = vec![failed.why.clone()];
        let is_trigger = |(label, object): &(&String, &Object)| {
            label.starts_with("trigger ") && object.part_of.as_deref() == Some(failed.trial.object.as_str())
        };
        let triggers = after.objects.iter().filter(is_trigger);
        let name = |label: &str| label.split('"').nth(1).unwrap_or(label).to_owned();
        details
            .extend(triggers.map(|(label, _)| format!("\"{}\" has trigger \"{}\"", failed.trial.object, name(label))));
        let help = "change what the error names in the same migration, so that it fits the new schema";
        Finding::new(&codes.object_broken, message).with_details(details).with_help(help)
    };
    Ok(failed.iter().filter(is_broken_now).map(finding).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn counters_that_are_behind() {
        let counter = |next: i128, greatest: Option<i128>, end: Option<i128>, reuse: Reuse| Counter {
            table: "toy".to_owned(),
            column: "id".to_owned(),
            name: "sequence s".to_owned(),
            next,
            greatest,
            reuse,
            catch_up: "SELECT setval".to_owned(),
            narrow: end.map(|end| (end, "ALTER SEQUENCE".to_owned())),
        };
        let check = |before: Option<Counter>, now: Counter, expect: Option<&str>| {
            assert_eq!(behind(before.as_ref(), &now).map(|(what, _)| what).as_deref(), expect);
        };
        let usual = |next, greatest| counter(next, greatest, None, Reuse::Allowed);
        check(Some(usual(5, Some(4))), usual(1, Some(4)), Some("gives 1 next, but \"toy\".\"id\" goes up to 4"));
        check(None, usual(4, Some(4)), Some("gives 4 next, but \"toy\".\"id\" goes up to 4"));
        check(Some(usual(5, Some(4))), usual(5, Some(4)), None);
        check(Some(usual(6, Some(5))), usual(4, Some(3)), None);
        // It was behind before, which is not the migration's fault.
        check(Some(usual(1, Some(4))), usual(1, Some(4)), None);
        check(Some(usual(1, None)), usual(1, None), None);
        let never = |next| counter(next, Some(3), None, Reuse::Never);
        let again = "gives 4 next instead of 6: numbers of deleted rows are given again";
        check(Some(never(6)), never(4), Some(again));
        check(Some(never(6)), never(6), None);
        let early = |end| counter(5, Some(4), end, Reuse::Allowed);
        let ends = "ends at 2147483647, but \"toy\".\"id\" has a larger type";
        check(Some(early(None)), early(Some(2_147_483_647)), Some(ends));
        check(Some(early(Some(2_147_483_647))), early(Some(2_147_483_647)), None);
        check(None, early(Some(2_147_483_647)), None);
    }
}
