//! *Fresh*: an empty database takes all migrations, passes the checks, and leaves the backfills nothing to do.

use super::outcome::{Next, Outcome};
use super::refusal;
use super::run::{Data, ProofRun};
use super::{Applies, Proof, Rehearsal};
use crate::Error;
use crate::backfill::Effect;
use crate::failures;
use crate::migration::{Migration, Script, Transaction};
use crate::report::{Code, Explanation, Failures, Finding, Reproduce};
use crate::workspace::{CONFIGURATION, Origin};
use futures_util::future::LocalBoxFuture;
use rehearsal_db::lex::{Statement, statements};
use rehearsal_db::{Connection, Reference};

static FAILURES: Failures = failures!("fresh");

static SQLX_FAILS: Code = Code::error(
    "fresh/sqlx-fails",
    Explanation {
        meaning: "sqlx cannot run this file: it sends a file without a transaction as one text, which the server runs as one \
                  transaction, and a statement in it refuses to run inside a transaction.",
        example: "CREATE INDEX CONCURRENTLY beside another statement in a file that begins with `-- no-transaction`",
        fix: "Give each such statement a migration of its own, with `-- no-transaction` in its first line.",
        allow: "It cannot be allowed: sqlx fails on the file.",
    },
);

static DANGLING_REFERENCE: Code = Code::error(
    "fresh/dangling-reference",
    Explanation {
        meaning: "A foreign key refers to a table that does not exist, so no row with a value in that column can be inserted.",
        example: "SQLite: ALTER TABLE \"Pet\" RENAME TO old; CREATE TABLE \"Pet\" …; DROP TABLE old; keys that referred to \"Pet\" \
                  now refer to \"old\".",
        fix: "Fill the new table under a name of its own, drop the old one, and rename the new one last.",
        allow: "It cannot be allowed: the column is unusable.",
    },
);

static UNKNOWN_VOLATILE: Code = Code::error(
    "fresh/unknown-volatile-column",
    Explanation {
        meaning: "The configuration declares a column volatile that does not exist once all migrations are applied.",
        example: "volatile = ['\"Pet\".\"updatedat\"'] where the column is \"updatedAt\"",
        fix: "Correct or remove the entry in `volatile`.",
        allow: "It cannot be allowed: the column that was meant would be compared.",
    },
);

static PENDING_UNITS: Code = Code::error(
    "fresh/pending-units",
    Explanation {
        meaning: "A backfill finds units to do in a database that only migrations have seen.",
        example: "A migration inserts rows that the backfill of a later migration would have to fill.",
        fix: "Let the migration insert complete rows, or narrow `pending` in the backfill.",
        allow: "It cannot be allowed: a new installation would need the backfill.",
    },
);

/// The proof.
pub(super) struct Fresh;

impl Proof for Fresh {
    fn name(&self) -> &'static str {
        "fresh"
    }

    fn question(&self) -> &'static str {
        "Does an empty database take the whole history?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&SQLX_FAILS, &DANGLING_REFERENCE, &UNKNOWN_VOLATILE, &PENDING_UNITS]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.fixture.is_none())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            let Err(error) = prove(run).await else { return Ok(run.outcome()) };
            let refusal = if run.outcome.findings.is_empty() { refusal::of(run.rehearsal, &error) } else { None };
            let is_of_the_history = matches!(error, Error::Migration(_));
            run.failed(&error).await;
            let mut outcome = run.outcome();
            match refusal {
                Some(finding) => outcome.next = Next::Refuse(Box::new(finding)),
                // Every other proof with an empty database would fail in the same way.
                None if is_of_the_history => outcome.next = Next::SkipData,
                None => {}
            }
            Ok(outcome)
        })
    }
}

async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let scratch = run.start("fresh").await?;
    let mut connection = scratch.open().await?;
    for migration in &run.rehearsal.history.migrations {
        if !migration.requires.is_empty() {
            let mut done = Vec::new();
            run.run_due(&scratch, Some(migration), &mut done).await?;
        }
        run.up(migration, &scratch, &mut connection).await?;
        for script in std::iter::once(&migration.up).chain(&migration.down) {
            sqlx_runs_it(run, migration, script).await;
        }
    }
    volatile_columns_exist(run, &mut connection).await?;
    references_lead_somewhere(run, &mut connection).await?;
    run.check(&scratch).await?;
    for backfill in run.due(None, &[]) {
        let about = backfill.about();
        if about.until.is_some_and(|until| run.rehearsal.history.get(until).is_some()) {
            continue;
        }
        let outcome = run.backfill(backfill, &scratch, Effect::Predict).await?;
        if outcome.counts.units > 0 {
            let message = format!(
                "{} finds {} {}s to do in a database that only migrations have seen",
                about.name, outcome.counts.units, about.unit
            );
            run.find(Finding::new(&PENDING_UNITS, message).again_with(Reproduce::Backfill(about.name))).await;
        }
    }
    connection.close().await?;
    Ok(())
}

/// Sent statement by statement, as it is here, a file without a transaction may do what fails where sqlx sends it: it sends the
/// file as one text, which the server runs as one transaction. Somebody else's history is run by sqlx.
async fn sqlx_runs_it(run: &mut ProofRun<'_>, migration: &Migration, script: &Script) {
    let database = run.rehearsal.database;
    let all = statements(&script.sql, database.engine);
    if database.origin == Origin::Workspace || script.transaction == Transaction::Wrapped || all.len() < 2 {
        return;
    }
    let alone = all.iter().filter(|statement| database.engine.runs_alone(statement.text));
    let line = |statement: &Statement<'_>| {
        let line = script.sql[..statement.start].matches('\n').count() + 1;
        let first = statement.text.lines().next().unwrap_or_default();
        format!("{}:{line}: `{first}` cannot run inside a transaction block", script.path.display())
    };
    let lines: Vec<String> = alone.map(line).collect();
    if !lines.is_empty() {
        let message = format!(
            "sqlx cannot run {}: it sends the {} statements as one text, which the server runs as one transaction",
            script.path.display(),
            all.len()
        );
        let finding = Finding::new(&SQLX_FAILS, message).in_file(&script.path).of_migration(migration.version);
        let help = "give each such statement a migration of its own, with `-- no-transaction` in its first line";
        run.find(finding.with_details(lines).with_help(help)).await;
    }
}

/// SQLite takes a foreign key to what is not there, and refuses each row that has one. It becomes one where the table that it
/// refers to is renamed, which takes the key along, and dropped then.
async fn references_lead_somewhere(run: &mut ProofRun<'_>, connection: &mut Connection) -> Result<(), Error> {
    if !connection.engine().takes_references_to_nothing() {
        return Ok(());
    }
    run.step("look for what foreign keys refer to");
    let tables = connection.tables().await?;
    let exists = |name: &str| tables.iter().any(|table| table.name.eq_ignore_ascii_case(name));
    let references = connection.references().await?;
    let nowhere = references.iter().filter(|reference| !exists(&reference.to.0));
    let line = |reference: &Reference| {
        let ((table, column), (to, _)) = (&reference.from, &reference.to);
        format!(
            "\"{table}\".\"{column}\" refers to \"{to}\", which does not exist: no row with a value in it can be inserted"
        )
    };
    let lines: Vec<String> = nowhere.map(line).collect();
    if !lines.is_empty() {
        let help = "fill the new table under a name of its own, drop the old one, and rename the new one last: where the old one is \
                    renamed, keys that refer to it follow it";
        let finding = Finding::new(&DANGLING_REFERENCE, "a foreign key refers to a table that does not exist");
        run.find(finding.with_details(lines).with_help(help)).await;
    }
    Ok(())
}

/// A column that is declared volatile and is nowhere would leave one in the fingerprints that should be left out.
async fn volatile_columns_exist(run: &mut ProofRun<'_>, connection: &mut Connection) -> Result<(), Error> {
    run.step("look for the columns that rehearsal.toml declares volatile");
    let tables = connection.tables().await?;
    let exists = |(table, column): &&(String, String)| {
        tables.iter().any(|shape| shape.name == *table && shape.columns.contains(column))
    };
    let missing = run.rehearsal.database.volatile.iter().filter(|volatile| !exists(volatile));
    let lines: Vec<String> = missing.map(|(table, column)| format!("there is no \"{table}\".\"{column}\"")).collect();
    if !lines.is_empty() {
        let file = run.rehearsal.database.folder.join(CONFIGURATION);
        let help = format!("correct `volatile` in {}", file.display());
        let finding =
            Finding::new(&UNKNOWN_VOLATILE, "a column that is declared volatile does not exist").in_file(&file);
        run.find(finding.with_details(lines).with_help(help)).await;
    }
    Ok(())
}
