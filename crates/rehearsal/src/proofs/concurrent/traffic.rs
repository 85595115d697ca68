//! What an app does with the units of a backfill, as the proof *live* has it done. An author writes a [`Traffic`] for a
//! database, of calls of the app's own functions; who does what when, how often, and what is made of it is the engine's.

use crate::generate::Draw;
use futures_util::future::BoxFuture;
use rehearsal_db::{self as db, Connection, Driver, Engine};
use sqlx::Database;
use std::collections::BTreeMap;

/// What there is of a unit, by what it is called (`name`); none where it must not be there any more.
pub type Held = BTreeMap<String, Option<String>>;

/// A unit, and what must be there of it from now on: as the app was told or has answered, and not read again, for whoever
/// overwrites it may have been there in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The unit's id.
    pub id: String,
    /// What there must be of it. Of what is not named here, nothing is known.
    pub holds: Held,
}

/// Why a write or a read failed.
#[derive(Debug)]
pub enum Failure<E = sqlx::Error> {
    /// The database said so. What passes is tried again.
    Database(E),
    /// The app refused.
    App(String),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// What an app does.
///
/// Each writer has units of its own, so that what it wrote of them last is what must be there. Choices are drawn, so that
/// they are the same each time.
pub trait Traffic: Send + Sync + 'static {
    /// The sqlx database type.
    type Db: Driver;

    /// The database.
    fn database(&self) -> &'static str;

    /// A SELECT of the ids of the units that are there, as texts in its one column.
    fn units(&self) -> &'static str;

    /// Creates a unit as the app does today.
    fn create(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        draw: &mut Draw,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Creates a unit as code does that is older than what the backfill fills, and still runs: one that is to be filled.
    fn create_old(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        draw: &mut Draw,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Changes a unit of which `unit` tells what this writer wrote before. Returns what holds anew; nothing where the app
    /// could rightly refuse.
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

    /// What the app reads of a unit; none where there is no such unit.
    fn read(
        &self,
        connection: &mut <Self::Db as Database>::Connection,
        id: &str,
    ) -> impl Future<Output = Result<Option<Held>, Failure>> + Send;
}

/// One thing that an app does.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    /// [`Traffic::create`].
    Create,
    /// [`Traffic::create_old`].
    CreateOld,
    /// [`Traffic::change`], of the unit as this writer knows it.
    Change(&'a Written),
    /// [`Traffic::delete`].
    Delete(&'a Written),
}

/// A [`Traffic`] of any database, as a registry keeps it.
pub trait AnyTraffic: Send + Sync {
    /// The database.
    fn database(&self) -> &'static str;
    /// The engine that it is written for.
    fn engine(&self) -> Engine;
    /// Its query of units ([`Traffic::units`]).
    fn units(&self) -> &'static str;
    /// Does one thing, and tells what holds from then on; nothing of a unit that is gone.
    fn act<'a>(
        &'a self,
        connection: &'a mut Connection,
        act: Act<'a>,
        draw: &'a mut Draw,
    ) -> BoxFuture<'a, Result<Written, Failure<db::Error>>>;
    /// Reads a unit ([`Traffic::read`]).
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
                Act::CreateOld => self.create_old(typed, draw).await,
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
