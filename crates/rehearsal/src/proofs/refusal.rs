//! Why a history of somebody else can't be rehearsed at all, as the failure of its first rehearsal tells: it names what another
//! system owns, or needs a privilege that the role on the named server lacks. That is reported once, instead of by every proof.

use super::Rehearsal;
use crate::Error;
use crate::migration;
use crate::report::history::{NEEDS_MISSING, NEEDS_PRIVILEGE};
use crate::report::{Finding, place_of};
use crate::workspace::Origin;
use rehearsal_db::{self as db, Engine, Missing};

fn what_helps(missing: &Missing, engine: Engine) -> String {
    let name = &missing.name;
    match missing.remedy(engine) {
        Some(sql) => format!(
            "if another system owns it, write SQL that makes it ({sql}) and add `--setup FILE`; else correct the migration"
        ),
        None if missing.kind == "extension" => format!(
            "install {name} into the PostgreSQL of this machine; or name a server that has it, on which databases may be made, \
             in REHEARSAL_POSTGRES_URL"
        ),
        None => format!(
            "if the program defines {name} for its connections, that can't be done here: rehearse the migrations before this one, \
             in a folder of their own; else correct the migration"
        ),
    }
}

/// Why no proof can be carried out where applying the history failed like that; none where it found a fault of the history.
pub(super) fn of(rehearsal: &Rehearsal<'_>, error: &Error) -> Option<Finding> {
    // A workspace of ours is corrected, not provided for.
    let Origin::Given { .. } = rehearsal.database.origin else { return None };
    let Error::Migration(migration::Error::Sql { migration, cause, .. }) = error else { return None };
    let engine = rehearsal.database.engine;
    let at = |finding: Finding| match place_of(error).into_iter().next() {
        Some(place) => finding.at(place),
        None => finding,
    };
    match cause {
        // On a server of our own the role may do anything, unless the history has given that up itself.
        db::Error::Privilege { why, .. } if rehearsal.sandbox.is_a_guest(engine) => {
            let message =
                format!("migration {migration} needs a privilege that the role of the server does not have: {why}");
            let help = "name a role that is a superuser in REHEARSAL_POSTGRES_URL; or leave it unset, and the history runs on a \
                        throwaway server";
            Some(at(Finding::new(&NEEDS_PRIVILEGE, message).with_help(help)))
        }
        db::Error::Statement { why, .. } => {
            let missing = engine.missing(why)?;
            let makes = |sql: &str| engine.makes(sql, &missing.name);
            // Making an extension is what fails where the server has none of that name.
            let is_made = missing.kind != "extension"
                && rehearsal.history.migrations.iter().any(|migration| makes(&migration.up.sql));
            let message = format!("the history needs the {missing}, which none of its migrations makes");
            let finding = at(Finding::new(&NEEDS_MISSING, message).with_help(what_helps(&missing, engine)));
            (!is_made).then_some(finding)
        }
        _ => None,
    }
}
