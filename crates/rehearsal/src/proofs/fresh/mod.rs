//! The proof *fresh*: all migrations apply to an empty database, the checks pass, and no backfill has pending
//! units. It also reports faults that only show on the resulting schema, such as a foreign key to a missing table.
//! The entry point is [`Fresh`].

mod declared;
mod windows;

use crate::Error;
use crate::backfill::Effect;
use crate::failures;
use crate::layout::Tool;
use crate::migration::{Migration, Script, Transaction};
use crate::plural::counted;
use crate::proofs::kit::observed::Observed;
use crate::proofs::outcome::{Next, Outcome};
use crate::proofs::refusal;
use crate::proofs::run::{Data, ProofRun};
use crate::proofs::{Applies, Proof, Rehearsal};
use crate::report::{Code, Explanation, Failures, Finding, Reproduce};
use crate::workspace::{CONFIGURATION, Origin};
use futures_util::future::LocalBoxFuture;
use rehearsal_db::lex::{Statement, statements};
use rehearsal_db::{Connection, Reference};

static FAILURES: Failures = failures!("fresh");

static SQLX_FAILS: Code = Code::error(
    "fresh/sqlx-fails",
    Explanation {
        meaning: "sqlx cannot apply this file: sqlx sends a `-- no-transaction` file as one query, the server runs one \
                  query as one transaction, and a statement in the file cannot run inside a transaction.",
        example: "CREATE INDEX CONCURRENTLY and another statement in a file that begins with `-- no-transaction`",
        fix: "Move each such statement to a migration of its own, with `-- no-transaction` in its first line.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: sqlx fails on the file.",
    },
);

static DANGLING_REFERENCE: Code = Code::error(
    "fresh/dangling-reference",
    Explanation {
        meaning: "A foreign key refers to a table that does not exist, so no row with a value in that column can be \
                  inserted.",
        example: "SQLite: ALTER TABLE \"Pet\" RENAME TO old; CREATE TABLE \"Pet\" …; DROP TABLE old; foreign keys that \
                  referred to \"Pet\" now refer to \"old\".",
        fix: "Create and fill the new table under a temporary name, drop the old table, then rename the new one.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: the column is unusable.",
    },
);

static UNKNOWN_VOLATILE: Code = Code::error(
    "fresh/unknown-volatile-column",
    Explanation {
        meaning: "The configuration declares a volatile column that does not exist after the last migration.",
        example: "volatile = ['\"Pet\".\"updatedat\"'] where the column is \"updatedAt\"",
        fix: "Correct or remove the entry in `volatile`.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: the intended column would still be compared.",
    },
);

static PENDING_UNITS: Code = Code::error(
    "fresh/pending-units",
    Explanation {
        meaning: "A backfill finds pending units in a database to which only migrations have written.",
        example: "A migration inserts rows that the backfill of a later migration would have to fill.",
        fix: "Let the migration insert complete rows, or narrow `pending` in the backfill.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: every new installation would need the backfill.",
    },
);

static UNKNOWN_LOSS: Code = Code::error(
    "fresh/unknown-loss",
    Explanation {
        meaning: "A migration declares the loss of a table or column that does not exist before it.",
        example: "`-- loses: \"Toy\".\"size\"` where the table is called \"toy\"",
        fix: "Correct the name in `-- loses:`, or remove the line.",
        allow: "For a migration that has shipped, with [[allow]] in rehearsal.toml.",
    },
);

static WINDOW_TOO_EARLY: Code = Code::error(
    "fresh/window-too-early",
    Explanation {
        meaning: "A check or a backfill cannot run on the version at which its window opens, or a check fails there.",
        example: "A check with `-- from: 20250901090000` reads a column that 20250915090000 adds.",
        fix: "Set `from` to the migration that creates what the check or backfill needs.",
        allow: "Only `[[allow]]` in `rehearsal.toml` accepts it: `verify` would fail on a database at that version.",
    },
);

/// The proof.
pub(super) struct Fresh;

impl Proof for Fresh {
    fn name(&self) -> &'static str {
        "fresh"
    }

    fn question(&self) -> &'static str {
        "Does the whole history apply to an empty database?"
    }

    fn codes(&self) -> Vec<&'static Code> {
        vec![&SQLX_FAILS, &DANGLING_REFERENCE, &UNKNOWN_VOLATILE, &UNKNOWN_LOSS, &WINDOW_TOO_EARLY, &PENDING_UNITS]
    }

    fn failures(&self) -> &'static Failures {
        &FAILURES
    }

    fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
        Applies::when(data.fixture.is_none())
    }

    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move {
            let mut observed = Observed::default();
            let proved = prove(run, &mut observed).await;
            observed.add_to(run);
            let Err(error) = proved else { return Ok(run.outcome()) };
            let refusal = if run.outcome.findings.is_empty() { refusal::of(run.rehearsal, &error).await } else { None };
            let is_of_the_history = matches!(error, Error::Migration(_));
            run.failed(&error).await;
            let mut outcome = run.outcome();
            match refusal {
                Some(finding) => outcome.next = Next::Refuse(Box::new(finding)),
                // Every other proof on an empty database would fail in the same way.
                None if is_of_the_history => outcome.next = Next::SkipData,
                None => {}
            }
            Ok(outcome)
        })
    }
}

async fn prove(run: &mut ProofRun<'_>, observed: &mut Observed) -> Result<(), Error> {
    let scratch = run.start("fresh").await?;
    let mut connection = scratch.open().await?;
    connection.record_locks();
    for migration in &run.rehearsal.history.migrations {
        if !migration.requires.is_empty() {
            let mut done = Vec::new();
            run.run_due(&scratch, Some(migration), &mut done).await?;
        }
        declared::losses_exist(run, migration, &mut connection).await?;
        let took = run.up(migration, &scratch, &mut connection).await?;
        observed.migration(run, migration, took, None, &mut connection);
        declared::targets_exist(run, migration, &mut connection).await?;
        windows::open_in_time(run, migration, &scratch).await?;
        for script in std::iter::once(&migration.up).chain(&migration.down) {
            sqlx_applies(run, migration, script).await;
        }
    }
    volatile_columns_exist(run, &mut connection).await?;
    references_exist(run, &mut connection).await?;
    run.check(&scratch).await?;
    for backfill in run.due(None, &[]) {
        let about = backfill.about();
        if about.until.is_some_and(|until| run.rehearsal.history.get(until).is_some()) {
            continue;
        }
        let outcome = run.backfill(backfill, &scratch, Effect::Predict).await?;
        if outcome.counts.units > 0 {
            let message = format!(
                "{} finds {} to fill in a database to which only migrations have written",
                about.name,
                counted(outcome.counts.units, about.unit)
            );
            run.find(Finding::new(&PENDING_UNITS, message).again_with(Reproduce::Backfill(about.name))).await;
        }
    }
    connection.close().await?;
    Ok(())
}

/// Reports a file that this library can apply and sqlx cannot. This library sends a `-- no-transaction` file
/// statement by statement; sqlx sends it as one query, which the server runs as one transaction. Only histories
/// outside a workspace are checked, because those are applied by sqlx.
async fn sqlx_applies(run: &mut ProofRun<'_>, migration: &Migration, script: &Script) {
    let database = run.rehearsal.database;
    let all = statements(&script.sql, database.engine);
    if database.tool != Tool::Sqlx
        || database.origin == Origin::Workspace
        || script.transaction == Transaction::Wrapped
        || all.len() < 2
    {
        return;
    }
    let alone = all.iter().filter(|statement| database.engine.requires_autocommit(statement.text));
    let line = |statement: &Statement<'_>| {
        let line = script.sql[..statement.start].matches('\n').count() + 1;
        let first = statement.text.lines().next().unwrap_or_default();
        format!("{}:{line}: `{first}` cannot run inside a transaction", script.path.display())
    };
    let lines: Vec<String> = alone.map(line).collect();
    if !lines.is_empty() {
        let message = format!(
            "sqlx cannot apply {}: sqlx sends the {} statements of the file as one query, and the server runs one \
             query as one transaction",
            script.path.display(),
            all.len()
        );
        let finding = Finding::new(&SQLX_FAILS, message).in_file(&script.path).of_migration(migration.version);
        let help = "move each such statement to a migration of its own, with `-- no-transaction` in its first line";
        run.find(finding.with_details(lines).with_help(help)).await;
    }
}

/// Reports foreign keys to missing tables. SQLite accepts such a key and rejects every row with a value in it. One
/// arises when a table is renamed, because the keys to it follow the new name, and is then dropped.
async fn references_exist(run: &mut ProofRun<'_>, connection: &mut Connection) -> Result<(), Error> {
    if !connection.engine().allows_dangling_references() {
        return Ok(());
    }
    run.step("check that foreign keys refer to existing tables");
    let tables = connection.tables().await?;
    let exists = |name: &str| tables.iter().any(|table| table.name.eq_ignore_ascii_case(name));
    let references = connection.references().await?;
    let nowhere = references.iter().filter(|reference| !exists(&reference.to.0));
    let line = |reference: &Reference| {
        let ((table, column), (to, _)) = (&reference.from, &reference.to);
        format!(
            "\"{table}\".\"{column}\" refers to \"{to}\", which does not exist, so every insert with a value in \
             \"{column}\" fails"
        )
    };
    let lines: Vec<String> = nowhere.map(line).collect();
    if !lines.is_empty() {
        let help = "create and fill the new table under a temporary name, drop the old table, then rename the new one; \
                    never rename the old table, because foreign keys follow it";
        let finding = Finding::new(&DANGLING_REFERENCE, "a foreign key refers to a table that does not exist");
        run.find(finding.with_details(lines).with_help(help)).await;
    }
    Ok(())
}

/// Reports columns that are declared volatile and do not exist. If such an entry is misspelt, the intended column
/// is compared.
async fn volatile_columns_exist(run: &mut ProofRun<'_>, connection: &mut Connection) -> Result<(), Error> {
    run.step(format!("check that the volatile columns of {CONFIGURATION} exist"));
    let tables = connection.tables().await?;
    let exists = |(table, column): &&(String, String)| {
        tables.iter().any(|shape| shape.name == *table && shape.columns.contains(column))
    };
    let missing = run.rehearsal.database.volatile.iter().filter(|volatile| !exists(volatile));
    let line = |(table, column): &(String, String)| format!("\"{table}\".\"{column}\" does not exist");
    let lines: Vec<String> = missing.map(line).collect();
    if !lines.is_empty() {
        let file = run.rehearsal.database.folder.join(CONFIGURATION);
        let help = format!("correct `volatile` in {}", file.display());
        let finding =
            Finding::new(&UNKNOWN_VOLATILE, "a column that is declared volatile does not exist").in_file(&file);
        run.find(finding.with_details(lines).with_help(help)).await;
    }
    Ok(())
}
