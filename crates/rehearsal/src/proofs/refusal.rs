//! Refusals: a history outside a workspace that cannot be rehearsed at all, because it uses an object that another
//! system owns, or needs a privilege that the role on your server does not have. [`of`] recognises this in the
//! error of the first proof, so that it is reported once and not by every proof.

use super::Rehearsal;
use crate::Error;
use crate::migration;
use crate::report::history::{NEEDS_MISSING, NEEDS_PRIVILEGE};
use crate::report::{Finding, place_of};
use crate::workspace::Origin;
use rehearsal_db::{self as db, Engine, Missing};

/// Returns the help for a history that uses a missing object.
fn help(missing: &Missing, engine: Engine) -> String {
    let name = &missing.name;
    match missing.remedy(engine) {
        Some(sql) => format!(
            "if another system owns it, write a file that creates it ({sql}) and add `--setup FILE`; otherwise correct \
             the migration"
        ),
        None if missing.kind == "extension" => format!(
            "install {name} for PostgreSQL on this machine, or set REHEARSAL_POSTGRES_URL to a server that has it and on \
             which you may create databases"
        ),
        None => format!(
            "if the app defines {name} on its connections, the migration cannot be rehearsed: rehearse only the earlier \
             migrations, in a separate folder; otherwise correct the migration"
        ),
    }
}

/// Returns the extensions that the history creates and the server does not have. A history can ignore that a CREATE EXTENSION
/// fails, and then a later statement fails.
async fn absent_extensions(rehearsal: &Rehearsal<'_>) -> Vec<String> {
    let engine = rehearsal.database.engine;
    let scripts = rehearsal.history.migrations.iter().map(|migration| migration.up.sql.as_str());
    let scripts = scripts.chain(rehearsal.database.setup.iter().map(|setup| setup.sql.as_str()));
    let mut names: Vec<String> = scripts.flat_map(|sql| engine.extensions(sql)).collect();
    names.sort();
    names.dedup();
    rehearsal.sandbox.absent_extensions(engine, &names).await
}

/// Returns the finding for missing extensions, all at once, each with its package.
fn of_extensions(absent: &[String], engine: Engine) -> Finding {
    let message = match absent {
        [one] => format!("the server does not have the extension {one}"),
        all => format!("the server does not have the extensions {}", all.join(", ")),
    };
    let packages: Vec<String> = absent
        .iter()
        .map(|name| match engine.package_of(name) {
            Some(package) => format!("{name}: package {package}"),
            None => format!("{name}: see its documentation"),
        })
        .collect();
    let has_version = packages.iter().any(|package| package.contains("-N"));
    let major = if has_version { "; N is its major version" } else { "" };
    let help = format!(
        "install what is missing for PostgreSQL on this machine ({}{major}), or set REHEARSAL_POSTGRES_URL to a server that has \
         it and on which you may create databases",
        packages.join("; ")
    );
    Finding::new(&NEEDS_MISSING, message).with_help(help)
}

/// Returns the reason for which no proof can be carried out if applying the history failed with `error`; `None` if
/// the error shows a fault of the history.
pub(super) async fn of(rehearsal: &Rehearsal<'_>, error: &Error) -> Option<Finding> {
    // In a workspace, the migration itself is at fault.
    if rehearsal.database.origin == Origin::Workspace {
        return None;
    }
    let Error::Migration(migration::Error::Sql { migration, cause, .. }) = error else { return None };
    let engine = rehearsal.database.engine;
    let at = |finding: Finding| match place_of(error).into_iter().next() {
        Some(place) => finding.at(place),
        None => finding,
    };
    match cause {
        // On a throwaway server the role is a superuser, unless the history itself has changed the role.
        db::Error::Privilege { why, .. } if rehearsal.sandbox.is_a_guest(engine) => {
            let message =
                format!("migration {migration} needs a privilege that the role on your server does not have: {why}");
            let help = "set REHEARSAL_POSTGRES_URL to a role that is a superuser, or unset it to rehearse on a \
                        throwaway server";
            Some(at(Finding::new(&NEEDS_PRIVILEGE, message).with_help(help)))
        }
        db::Error::Statement { why, .. } => {
            let missing = engine.missing(why)?;
            let absent = absent_extensions(rehearsal).await;
            if !absent.is_empty() {
                return Some(at(of_extensions(&absent, engine)));
            }
            let makes = |sql: &str| engine.makes(sql, &missing.name);
            // CREATE EXTENSION is the statement that fails if the server does not have the extension.
            let is_extension = missing.kind == "extension";
            let is_made =
                !is_extension && rehearsal.history.migrations.iter().any(|migration| makes(&migration.up.sql));
            let message = if is_extension {
                format!("the server does not have the {missing}")
            } else {
                format!("the history needs the {missing}, which no migration creates")
            };
            let finding = at(Finding::new(&NEEDS_MISSING, message).with_help(help(&missing, engine)));
            (!is_made).then_some(finding)
        }
        _ => None,
    }
}
