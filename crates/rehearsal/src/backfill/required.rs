//! Backfills as prerequisites of migrations (`-- requires-backfill:`): implements [`Prerequisite`] for them.

use super::registry::AnyBackfill;
use crate::Error;
use crate::migration::Prerequisite;
use futures_util::future::BoxFuture;
use rehearsal_db::Target;

impl Prerequisite for &dyn AnyBackfill {
    fn name(&self) -> &'static str {
        self.about().name
    }

    fn from(&self) -> i64 {
        self.about().from
    }

    fn unit(&self) -> &'static str {
        self.about().unit
    }

    fn pending<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async { Ok(AnyBackfill::pending(*self, target).await?) })
    }
}
