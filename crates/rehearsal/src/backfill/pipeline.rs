//! The processing of one range. `Work::stretch` reads and transforms the next batch while the previous one is written.

use super::child_rows::ChildSource;
use super::definition::Backfill;
use super::error::Error;
use super::work::{Halt, Orphans, Work};
use crate::ledger::Range;
use rehearsal_db::Connection;
use tokio::sync::mpsc;

impl<B: Backfill> Work<'_, B> {
    /// Processes a range, reading one batch before the previous one is written. Outputs are only counted if `writer`
    /// is `None`.
    pub(super) async fn stretch<S: ChildSource<B>>(
        &self,
        reader: &mut Connection,
        mut writer: Option<&mut Connection>,
        range: &mut Range,
        orphans: Orphans,
    ) -> Result<Halt, Error> {
        let (sender, mut receiver) = mpsc::channel(S::AHEAD);
        let (after, until) = (range.cursor.clone().or_else(|| range.after.clone()), range.until.clone());
        // The end of reading drops the sender, which ends the stream of pieces.
        let read = async move || {
            if let Err(error) = self.read::<S>(&mut *reader, after, until, orphans, &sender).await {
                let error = error.name_holders(reader).await;
                // Sent after the good batches, so that those are written before the error ends the run.
                drop(sender.send(Err(error)).await);
            }
        };
        let write = async || {
            let halt = self.take_all(writer.as_deref_mut(), range, &mut receiver).await;
            // Stops the reader.
            receiver.close();
            halt
        };
        let ((), halt) = self.pass.threads.both(read, write).await;
        halt
    }
}
