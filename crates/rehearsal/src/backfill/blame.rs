//! Finds the unit at fault in a batch that the database refuses.

use super::batch::Piece;
use super::definition::Backfill;
use super::error::Error;
use super::pass::Effect;
use super::work::Work;
use rehearsal_db::{self as db, Connection, Driver};

impl<B: Backfill> Work<'_, B> {
    /// The same error with the one unit whose rows the database refuses, where it is one: halves of the batch are written and
    /// rolled back until it is found.
    pub(super) async fn blame(&self, writer: &mut Connection, batch: &Piece<B>, error: Error) -> Error {
        let Error::Statement { backfill, unit, database, what, why, committed } = error else { return error };
        let (mut first, mut behind) = (0, batch.outputs.len());
        while behind - first > 1 {
            let middle = first.midpoint(behind);
            match self.refuses(writer, &batch.outputs[first..middle]).await {
                Some(true) => behind = middle,
                Some(false) => first = middle,
                None => return Error::Statement { backfill, unit, database, what, why, committed },
            }
        }
        let is_found = behind > first && self.refuses(writer, &batch.outputs[first..behind]).await == Some(true);
        let unit_at = |at: usize| batch.end.as_ref()?.units.get(at);
        let name = unit_at(first).filter(|_| is_found).map(|unit| self.backfill.id(unit));
        let what = name.map_or(what, |name| format!("writing the {unit} {name}"));
        Error::Statement { backfill, unit, database, what, why, committed }
    }

    /// Whether the database refuses these rows; none where it can't be asked.
    async fn refuses(&self, writer: &mut Connection, outputs: &[B::Output]) -> Option<bool> {
        if self.pass.effect == Effect::Undo {
            return None;
        }
        writer.begin_gently().await.ok()?;
        let written = self.backfill.write(B::Db::typed(writer)?, outputs).await;
        let refused = written.err().map(|error| writer.explain(error));
        writer.rollback().await;
        match refused {
            None => Some(false),
            Some(db::Error::Statement { .. }) => Some(true),
            Some(_) => None,
        }
    }
}
