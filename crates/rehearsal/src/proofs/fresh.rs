//! *Fresh*: an empty database takes all migrations, passes the checks, and leaves the backfills nothing to do.

use crate::Error;
use crate::backfill::Effect;
use crate::migration::{Script, Transaction};
use crate::proofs::{ProofRun, What};
use crate::workspace::Origin;
use rehearsal_db::lex::{Statement, statements};
use rehearsal_db::{Connection, Reference};

pub(super) async fn prove(run: &mut ProofRun<'_>) -> Result<(), Error> {
    let scratch = run.start("fresh").await?;
    let mut connection = scratch.open().await?;
    for migration in &run.rehearsal.history.migrations {
        if !migration.requires.is_empty() {
            let mut done = Vec::new();
            run.run_due(&scratch, Some(migration), &mut done).await?;
        }
        run.up(migration, &scratch, &mut connection).await?;
        for script in std::iter::once(&migration.up).chain(&migration.down) {
            sqlx_runs_it(run, script).await;
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
            let sentence = format!(
                "finds {} {}s to do in a database that only migrations have seen",
                outcome.counts.units, about.unit
            );
            run.problem(What::Backfill { backfill: about.name, sentence }).await;
        }
    }
    connection.close().await?;
    Ok(())
}

/// Sent statement by statement, as it is here, a file without a transaction may do what fails where sqlx sends it: it sends the
/// file as one text, which the server runs as one transaction. Somebody else's history is run by sqlx.
async fn sqlx_runs_it(run: &mut ProofRun<'_>, script: &Script) {
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
        let expected = format!(
            "sqlx can run {}, whose {} statements it sends as one text: the server runs that as one transaction",
            script.path.display(),
            all.len()
        );
        let hint =
            "give each such statement a migration of its own, with `-- no-transaction` in its first line".to_owned();
        run.problem(What::Differences { expected, lines, hint }).await;
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
            "\"{table}\".\"{column}\" refers to \"{to}\", which is not there: no row with a value in it can be inserted"
        )
    };
    let lines: Vec<String> = nowhere.map(line).collect();
    if !lines.is_empty() {
        let expected = "every foreign key refers to a table that is there".to_owned();
        let hint = "fill the new table under a name of its own, drop the old one, and rename the new one last: where the old one is \
                    renamed, keys that refer to it go along"
            .to_owned();
        run.problem(What::Differences { expected, lines, hint }).await;
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
        let expected = "every volatile column exists once all migrations are applied".to_owned();
        let hint = format!("correct `volatile` in {}/rehearsal.toml", run.rehearsal.database.folder.display());
        run.problem(What::Differences { expected, lines, hint }).await;
    }
    Ok(())
}
