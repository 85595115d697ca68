//! Checks before a pass starts: flags that contradict the backfill, a schema outside its window, missing privileges,
//! a scope without units. `check` runs them all.

use super::definition::{Backfill, Undo};
use super::error::Error;
use super::pass::{Effect, Pass};
use super::query::count;
use crate::{ledger, migration};
use rehearsal_db::{self as db, Connection, Driver, MissingPrivilege, Target, Which};

/// Refuses a pass that cannot run: an unknown scope, a missing undo, a database outside the window.
///
/// # Errors
/// See [`Error`].
pub(super) async fn check<B: Backfill>(backfill: &B, target: &Target, pass: &Pass) -> Result<(), Error> {
    check_order(backfill, pass)?;
    let mut reader = target.open_to_read().await?;
    let checked = match check_window(backfill, target, pass.effect, &mut reader).await {
        Ok(()) => check_scope(backfill, pass, &mut reader).await,
        refused => refused,
    };
    reader.close_with(checked).await
}

pub(super) fn check_order<B: Backfill>(backfill: &B, pass: &Pass) -> Result<(), Error> {
    let about = backfill.about();
    if matches!(pass.effect, Effect::Undo | Effect::PredictUndo) && about.undo == Undo::Absent {
        return Err(Error::NoUndo { backfill: about.name });
    }
    if pass.workers.get() > 1 && B::Db::ENGINE.has_one_writer() {
        return Err(Error::OneWriter { backfill: about.name, engine: B::Db::ENGINE, workers: pass.workers });
    }
    let columns = pass.scope.0.iter().map(|(column, _)| column);
    if let Some((column, _)) = columns
        .clone()
        .enumerate()
        .map(|(i, column)| (column, i))
        .find(|(column, i)| columns.clone().take(*i).any(|other| other == *column))
    {
        return Err(Error::RepeatedScope { column: column.clone() });
    }
    match pass.scope.0.iter().find(|(column, _)| !about.scopes.contains(&column.as_str())) {
        Some((column, _)) => Err(Error::UnknownScope {
            backfill: about.name,
            scope: column.clone(),
            known: about.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        }),
        None => Ok(()),
    }
}

pub(super) async fn check_window<B: Backfill>(
    backfill: &B,
    target: &Target,
    effect: Effect,
    reader: &mut Connection,
) -> Result<(), Error> {
    let about = backfill.about();
    let table = reader.migration_table();
    if reader.has_migration_table().await? {
        let lacks = reader.missing_privileges(&[(table.name(), &["SELECT"])]).await?;
        refuse(reader, lacks)?;
    }
    let applied = migration::applied(reader).await?;
    let is_applied = |version| applied.iter().any(|done| done.version == version);
    if !is_applied(about.from) {
        let lack = reader.missing_schema_usage(table.name()).await?;
        refuse(reader, lack.into_iter().collect())?;
        let database = target.address.url();
        let next = target.address.command(&format!("migrate {}", about.database));
        return Err(Error::TooEarly { backfill: about.name, database, next, from: about.from });
    }
    if let Some(until) = about.until.filter(|until| is_applied(*until)) {
        return Err(Error::TooLate { backfill: about.name, database: target.address.url(), until });
    }
    let mut lacks = reader.missing_privileges(backfill.privileges(effect)).await?;
    let usage = if effect.work().is_some() { ledger::Use::Keep } else { ledger::Use::Read };
    lacks.extend(ledger::missing_privileges(reader, usage).await?);
    refuse(reader, lacks)
}

/// Refuses a role that lacks privileges.
fn refuse(connection: &Connection, lacks: Vec<MissingPrivilege>) -> Result<(), Error> {
    if lacks.is_empty() {
        return Ok(());
    }
    Err(Error::Engine(db::Error::MissingPrivileges { place: connection.address(), missing: lacks }))
}

/// Refuses a scope without units: a value that is not written as the database stores it matches no unit.
pub(super) async fn check_scope<B: Backfill>(backfill: &B, pass: &Pass, reader: &mut Connection) -> Result<(), Error> {
    if pass.scope.0.is_empty() || count(backfill, reader, &pass.scope, Which::All).await? > 0 {
        return Ok(());
    }
    let about = backfill.about();
    let scope = pass.scope.0.iter().map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>().join(" ");
    Err(Error::EmptyScope { backfill: about.name, unit: about.unit, scope, database: reader.address() })
}
