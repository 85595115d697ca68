//! The app's writes and reads for the proof *concurrent*. An author implements [`Traffic`] for a database with
//! calls of the app's own functions; the proof decides which writer calls what and when, and judges the result.
//! [`AnyTraffic`] is the object-safe form of the trait.

use crate::generate::Draw;
use futures_util::future::BoxFuture;
use rehearsal_db::{self as db, Connection, Driver, Engine};
use sqlx::Database;
use std::collections::BTreeMap;

/// Values of a unit by name (`label`); `None` if a value must be absent or NULL.
pub type Held = BTreeMap<String, Option<String>>;

/// A unit and the values that it must contain from now on. They are taken from the call of the app's function or
/// from its answer and never read back: a value that is read back may already have been overwritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The unit's id.
    pub id: String,
    /// Values that it must contain. Nothing is known about names that are missing.
    pub holds: Held,
}

/// Why a write or a read failed.
#[derive(Debug)]
pub enum Failure<E = sqlx::Error> {
    /// The database returned an error. A transient one is retried.
    Database(E),
    /// The app refused.
    App(String),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// The operations of an app on the units of the backfills of a database.
///
/// No two writers work on the same unit, so the last values that a writer wrote must be there in the end. Draw all
/// choices from `draw`, so that they are the same in every rehearsal.
pub trait Traffic: Send + Sync + 'static {
    /// The sqlx database type.
    type Db: Driver;

    /// Name of the database.
    fn database(&self) -> &'static str;

    /// A SELECT of the ids of all units, with one column of type text.
    fn units(&self) -> &'static str;

    /// Creates a unit as today's app does.
    fn create(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        draw: &mut Draw,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Creates a unit as an older release does, one from before the backfill with this name existed: the backfill has to
    /// fill it. The unit may lack what earlier backfills fill, too: after the run, the proof runs them again, then this one.
    fn create_old(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        backfill: &str,
        draw: &mut Draw,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Changes a unit; `unit` contains the values that this writer wrote before. Returns the new values, or none if
    /// the app was right to refuse.
    fn change(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        unit: &Written,
        draw: &mut Draw,
    ) -> impl Future<Output = Result<Held, Failure>> + Send;

    /// Deletes a unit.
    fn delete(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        id: &str,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Reads a unit with the app's own code. `None` if there is no such unit.
    fn read(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        id: &str,
    ) -> impl Future<Output = Result<Option<Held>, Failure>> + Send;
}

/// One write of an app.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    /// [`Traffic::create`].
    Create,
    /// [`Traffic::create_old`] for the backfill with this name.
    CreateOld(&'a str),
    /// [`Traffic::change`] of a unit with the values that this writer knows.
    Change(&'a Written),
    /// [`Traffic::delete`] of a unit.
    Delete(&'a Written),
}

/// A [`Traffic`] of any database type, for the registry.
pub trait AnyTraffic: Send + Sync {
    /// Name of the database.
    fn database(&self) -> &'static str;
    /// Engine that the traffic is written for.
    fn engine(&self) -> Engine;
    /// [`Traffic::units`].
    fn units(&self) -> &'static str;
    /// Performs a write and returns the values that must be there from then on; none for a deleted unit.
    fn act<'a>(
        &'a self,
        connection: &'a mut Connection,
        act: Act<'a>,
        draw: &'a mut Draw,
    ) -> BoxFuture<'a, Result<Written, Failure<db::Error>>>;
    /// [`Traffic::read`].
    fn read<'a>(
        &'a self,
        connection: &'a mut Connection,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Held>, Failure<db::Error>>>;
}

impl<T: Traffic> AnyTraffic for T {
    fn database(&self) -> &'static str {
        Traffic::database(self)
    }

    fn engine(&self) -> Engine {
        T::Db::ENGINE
    }

    fn units(&self) -> &'static str {
        Traffic::units(self)
    }

    fn act<'a>(
        &'a self,
        connection: &'a mut Connection,
        act: Act<'a>,
        draw: &'a mut Draw,
    ) -> BoxFuture<'a, Result<Written, Failure<db::Error>>> {
        Box::pin(async move {
            let typed = typed::<T>(connection)?;
            let done = match act {
                Act::Create => self.create(typed, draw).await,
                Act::CreateOld(backfill) => self.create_old(typed, backfill, draw).await,
                Act::Change(unit) => self.change(typed, unit, draw).await.map(|holds| written(unit, holds)),
                Act::Delete(unit) => self.delete(typed, &unit.id).await.map(|()| written(unit, Held::new())),
            };
            done.map_err(|failure| explain(connection, failure))
        })
    }

    fn read<'a>(
        &'a self,
        connection: &'a mut Connection,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Held>, Failure<db::Error>>> {
        Box::pin(async move {
            let read = Traffic::read(self, typed::<T>(connection)?, id).await;
            read.map_err(|failure| explain(connection, failure))
        })
    }
}

fn written(unit: &Written, holds: Held) -> Written {
    Written { id: unit.id.clone(), holds }
}

fn typed<T: Traffic>(connection: &mut Connection) -> Result<&mut <T::Db as Database>::Connection, Failure<db::Error>> {
    T::Db::typed(connection).ok_or_else(|| Failure::App("the traffic is written for another engine".to_owned()))
}

fn explain(connection: &Connection, failure: Failure) -> Failure<db::Error> {
    match failure {
        Failure::Database(error) => Failure::Database(connection.explain(error)),
        Failure::App(why) => Failure::App(why),
    }
}
