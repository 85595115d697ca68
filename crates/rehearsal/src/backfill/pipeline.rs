//! The work on one range: the next batch is read and transformed while the one before it is written.

use super::child_rows::ChildSource;
use super::definition::Backfill;
use super::error::Error;
use super::work::{Halt, Orphans, Work};
use crate::ledger::Range;
use rehearsal_db::Connection;
use tokio::sync::mpsc;

impl<B: Backfill> Work<'_, B> {
    /// Reads and transforms ahead, one batch, while the batch before it is written, or only counted where there is no
    /// writer.
    pub(super) async fn stretch<S: ChildSource<B>>(
        &self,
        reader: &mut Connection,
        mut writer: Option<&mut Connection>,
        range: &mut Range,
        orphans: Orphans,
    ) -> Result<Halt, Error> {
        let (sender, mut receiver) = mpsc::channel(S::AHEAD);
        let (after, until) = (range.cursor.clone().or_else(|| range.after.clone()), range.until.clone());
        // The sender goes with the reading: its end is the end of the batches.
        let read = async move {
            if let Err(error) = self.read::<S>(&mut *reader, after, until, orphans, &sender).await {
                let error = error.name_holders(reader).await;
                // Behind the batches that are good: those are written before the error ends the run.
                drop(sender.send(Err(error)).await);
            }
        };
        let write = async {
            let halt = self.take_all(writer.as_deref_mut(), range, &mut receiver).await;
            // Whoever reads stops with that.
            receiver.close();
            halt
        };
        let ((), halt) = tokio::join!(read, write);
        halt
    }
}
