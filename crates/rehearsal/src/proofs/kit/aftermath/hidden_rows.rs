//! Rows that row-level security hides after a migration ([`hidden`]), or from the migration itself ([`unmatched`]).

use super::Change;
use crate::Error;
use crate::compare;
use crate::plural::counted;
use crate::proofs::ProofRun;
use crate::proofs::kit::checkpoint::EarlierCopy;
use crate::report::{Code, Finding};
use rehearsal_db::lex::statements;
use rehearsal_db::{self as db, Connection, RowAccess, SeenRows};
use std::collections::BTreeMap;

/// Returns a finding for each role that has access to fewer rows than before, because no policy is for it.
pub(super) async fn hidden(
    code: &'static Code,
    change: &Change<'_>,
    connection: &mut Connection,
) -> Result<Vec<Finding>, Error> {
    let mut findings: Vec<Finding> = Vec::new();
    for now in connection.seen_rows().await?.into_iter().filter(|now| now.has_no_policy) {
        let is_it = |was: &&SeenRows| {
            let table = change.renamed.get(&was.table).unwrap_or(&was.table);
            (&was.role, was.access, table) == (&now.role, now.access, &now.table) && !was.has_no_policy
        };
        let before = change.before.seen.iter().find(is_it).and_then(|was| was.sees).unwrap_or_default();
        let sees = now.sees.unwrap_or_default();
        if before > sees && sees < now.of {
            let (file, role, table, of) = (change.script.path.display(), &now.role, &now.table, now.of);
            let (can, command) = match now.access {
                RowAccess::See => ("sees", "SELECT"),
                RowAccess::Change => ("can change", "UPDATE"),
            };
            let message =
                format!("after {file}, role {role} {can} only {sees} of {of} rows of \"{table}\", and gets no error");
            let details =
                vec![format!("row-level security is enabled for \"{table}\", and no policy applies to {role}")];
            let engine = connection.engine();
            let (on, to) = (engine.quote_table(table), engine.quote(role));
            let help = format!("add to the migration: CREATE POLICY … ON {on} FOR {command} TO {to} USING (…);");
            findings.push(Finding::new(code, message).with_details(details).with_help(help));
        }
    }
    Ok(findings)
}

/// Returns a finding if the statements of a migration match other rows when an ordinary owner of the tables runs them. Row-level
/// security applies to an owner only if it is forced; to a superuser, who runs the rehearsal, never.
pub(super) async fn unmatched(
    run: &mut ProofRun<'_>,
    code: &'static Code,
    change: &Change<'_>,
    earlier: impl AsyncFnOnce(&ProofRun<'_>) -> Result<EarlierCopy, Error>,
) -> Result<Option<Finding>, Error> {
    let is_forced = |label: &String| label.starts_with("row security of owners of ");
    if !change.before.schema.objects.keys().any(is_forced) && !change.after.objects.keys().any(is_forced) {
        return Ok(None);
    }
    let file = change.script.path.display();
    if !change.script.is_one_transaction(run.rehearsal.database.engine) {
        run.note(format!("{file} was not tried as an ordinary owner: it is not one transaction"));
        return Ok(None);
    }
    let mut copy = earlier(run).await?;
    let as_superuser = as_role(run, change, &mut copy.connection, Role::Superuser).await?;
    let as_owner = as_role(run, change, &mut copy.connection, Role::Owner).await?;
    copy.close().await?;
    let (Some(as_superuser), Some(as_owner)) = (as_superuser, as_owner) else {
        run.note(format!(
            "{file} was not tried as an ordinary owner: it needs privileges that an owner of its tables does not have"
        ));
        return Ok(None);
    };
    let statements = statements(&change.script.sql, run.rehearsal.database.engine);
    let differing = as_superuser.counts.iter().zip(&as_owner.counts).position(|(one, other)| one != other);
    let (message, statement) = match differing {
        Some(at) => {
            let told = |counts: &[Option<u64>]| {
                counts[at].map_or("fails".to_owned(), |n| format!("changes {}", counted(n, "row")))
            };
            let (one, other) = (told(&as_superuser.counts), told(&as_owner.counts));
            let message = format!(
                "run by an ordinary owner of its tables, a statement of {file} {other}; run by a superuser, it {one}"
            );
            (message, statements.get(at))
        }
        None if as_superuser.rows != as_owner.rows => {
            let message = "leaves different numbers of rows when an ordinary owner of its tables runs it than when a superuser does";
            (format!("{file} {message}"), None)
        }
        None => return Ok(None),
    };
    let mut details: Vec<String> =
        statement.into_iter().map(|statement| format!("statement: {}", statement.text.trim())).collect();
    details.push("FORCE ROW LEVEL SECURITY applies policies to the owner of a table, too".to_owned());
    details.extend(as_owner.error);
    let help = "around the statement, use ALTER TABLE … NO FORCE ROW LEVEL SECURITY; and … FORCE ROW LEVEL SECURITY; in the same \
                transaction, or create a policy for the owner";
    Ok(Some(Finding::new(code, message).with_details(details).with_help(help)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Superuser,
    Owner,
}

/// The result of a migration, whose statements ran one by one.
struct Ran {
    /// The number of rows that each statement changed; `None` for one that failed, which is the last.
    counts: Vec<Option<u64>>,
    error: Option<String>,
    /// The number of rows of each table afterwards.
    rows: BTreeMap<String, u64>,
}

/// Runs the statements in a transaction that is rolled back. `None` if that is not possible.
async fn as_role(
    run: &ProofRun<'_>,
    change: &Change<'_>,
    connection: &mut Connection,
    role: Role,
) -> Result<Option<Ran>, Error> {
    connection.begin().await?;
    if role == Role::Owner && !connection.become_owner().await? {
        connection.rollback().await;
        return Ok(None);
    }
    let (mut counts, mut error) = (Vec::new(), None);
    for statement in statements(&change.script.sql, connection.engine()) {
        match connection.execute(statement.text, &[]).await {
            Ok(n) => counts.push(Some(n)),
            Err(why) if why.is_transient() => {
                connection.rollback().await;
                return Err(why.into());
            }
            Err(why) => {
                counts.push(None);
                error = Some(why);
                break;
            }
        }
    }
    // An owner may lack privileges of this rehearsal, such as to create an extension.
    let lacks_privilege = error.as_ref().is_some_and(|error| {
        matches!(error, db::Error::Privilege { .. }) && !error.to_string().contains("row-level security")
    });
    let mut rows = BTreeMap::new();
    if error.is_none() {
        connection.stop_being_owner().await?;
        let content = compare::content(connection, &run.rehearsal.database.volatile).await?;
        rows = content.tables.into_iter().map(|(table, digest)| (table, digest.rows)).collect();
    }
    connection.rollback().await;
    Ok((!lacks_privilege).then(|| Ran { counts, error: error.map(|error| error.to_string()), rows }))
}
