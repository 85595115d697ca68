//! Finds the unit at fault in a batch that the database refuses: `Work::blame` adds it to the error.

use super::batch::Piece;
use super::definition::Backfill;
use super::error::Error;
use super::pass::Effect;
use super::work::Work;
use rehearsal_db::{self as db, Connection, Driver};

impl<B: Backfill> Work<'_, B> {
    /// Adds the unit at fault to an error. Writes halves of the batch and rolls them back until one unit is left.
    /// Returns the error unchanged if no single unit is at fault.
    pub(super) async fn blame(&self, writer: &mut Connection, batch: &Piece<B>, error: Error) -> Error {
        let Error::Statement { backfill, unit, database, what, why, committed } = error else { return error };
        let (mut first, mut end) = (0, batch.outputs.len());
        while end - first > 1 {
            let middle = first.midpoint(end);
            match self.refuses(writer, &batch.outputs[first..middle]).await {
                Some(true) => end = middle,
                Some(false) => first = middle,
                None => return Error::Statement { backfill, unit, database, what, why, committed },
            }
        }
        let is_found = end > first && self.refuses(writer, &batch.outputs[first..end]).await == Some(true);
        let unit_at = |at: usize| batch.end.as_ref()?.units.get(at);
        let name = unit_at(first).filter(|_| is_found).map(|unit| self.backfill.id(unit));
        let what = name.map_or(what, |name| format!("writing the {unit} {name}"));
        Error::Statement { backfill, unit, database, what, why, committed }
    }

    /// Whether the database refuses these rows; `None` if the trial is not possible.
    async fn refuses(&self, writer: &mut Connection, outputs: &[B::Output]) -> Option<bool> {
        if self.pass.effect == Effect::Undo {
            return None;
        }
        writer.begin_with_short_lock_timeout().await.ok()?;
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
