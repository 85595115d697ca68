//! Backfills as trait objects: [`AnyBackfill`] hides database and unit type, so that a registry can list them. It is
//! implemented for every [`Backfill`] and [`ParentChild`].

use super::child_rows::{ChildSource, NoChildren, StreamedChildren};
use super::definition::{About, Backfill};
use super::error::Error;
use super::outcome::Traversal;
use super::parent_child::{ParentChild, ParentChildBackfill};
use super::pass::{Effect, Pass, Scope};
use super::query::{self, Counted};
use super::{one_shot, preflight, resumable, undo_prediction};
use crate::event::Events;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use rehearsal_db::{Driver, Engine, Target, UnitOrder};

/// A [`Backfill`] of any database and unit type.
pub trait AnyBackfill: Send + Sync {
    /// Name, database, window.
    fn about(&self) -> About;
    /// The engine that its SQL is written for.
    fn engine(&self) -> Engine;
    /// The query of its units ([`Backfill::units`]).
    fn relation(&self) -> &'static str;
    /// The order of its units ([`Backfill::order`]).
    fn order(&self) -> UnitOrder;
    /// True if the database can count the old values ([`Backfill::source_counts`]).
    fn has_source_counts(&self) -> bool;
    /// Counts the old values of the pending units by key; `None` without [`Backfill::source_counts`].
    fn count_source<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Option<Counted>, Error>>;
    /// Returns scopes of single pending units, at most `units`; empty if the backfill has no scope columns.
    fn scopes<'a>(&'a self, target: &'a Target, units: u32) -> BoxFuture<'a, Result<Vec<Scope>, Error>>;
    /// Refuses a pass that cannot run against `target`.
    fn check<'a>(&'a self, target: &'a Target, pass: &'a Pass) -> BoxFuture<'a, Result<(), Error>>;
    /// Counts the pending units.
    fn pending<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<u64, Error>>;
    /// Traverses the units. Call [`run`](super::run()) instead.
    fn traverse<'a>(
        &'a self,
        target: &'a Target,
        pass: &'a Pass,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<Traversal, Error>>;
}

impl<R: Registered> AnyBackfill for R {
    fn about(&self) -> About {
        Backfill::about(self.backfill())
    }

    fn engine(&self) -> Engine {
        <R::Backfill as Backfill>::Db::ENGINE
    }

    fn relation(&self) -> &'static str {
        self.backfill().units()
    }

    fn order(&self) -> UnitOrder {
        Backfill::order(self.backfill())
    }

    fn has_source_counts(&self) -> bool {
        self.backfill().source_counts().is_some()
    }

    fn count_source<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Option<Counted>, Error>> {
        Box::pin(query::count_source(self.backfill(), target))
    }

    fn scopes<'a>(&'a self, target: &'a Target, units: u32) -> BoxFuture<'a, Result<Vec<Scope>, Error>> {
        Box::pin(query::scopes(self.backfill(), target, units))
    }

    fn check<'a>(&'a self, target: &'a Target, pass: &'a Pass) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(preflight::check(self.backfill(), target, pass))
    }

    fn pending<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(query::pending(self.backfill(), target))
    }

    fn traverse<'a>(
        &'a self,
        target: &'a Target,
        pass: &'a Pass,
        events: Events<'a>,
    ) -> LocalBoxFuture<'a, Result<Traversal, Error>> {
        Box::pin(traverse::<_, R::Children>(self.backfill(), target, pass, events))
    }
}

async fn traverse<B: Backfill, S: ChildSource<B>>(
    backfill: &B,
    target: &Target,
    pass: &Pass,
    events: Events<'_>,
) -> Result<Traversal, Error> {
    preflight::check_order(backfill, pass)?;
    if pass.effect == Effect::PredictUndo {
        return undo_prediction::run(backfill, target, pass, events).await;
    }
    match pass.effect.work() {
        Some(work) => resumable::run::<B, S>(backfill, target, pass, work, events).await,
        None => one_shot::run::<B, S>(backfill, target, pass, events).await,
    }
}

/// A backfill with the source of its child rows.
trait Registered: Send + Sync {
    type Backfill: Backfill;
    type Children: ChildSource<Self::Backfill>;

    fn backfill(&self) -> &Self::Backfill;
}

impl<B: Backfill> Registered for B {
    type Backfill = B;
    type Children = NoChildren;

    fn backfill(&self) -> &B {
        self
    }
}

impl<B: ParentChildBackfill> Registered for ParentChild<B> {
    type Backfill = B;
    type Children = StreamedChildren;

    fn backfill(&self) -> &B {
        &self.0
    }
}
