//! Checkpoints: copies of databases on the way through a history. To be at a state once more, what led there is repeated from the
//! nearest of them, so that a history with many findings takes no longer than its migrations and a copy for each finding.

use super::Course;
use super::walk::Action;
use crate::Error;
use crate::sandbox::Scratch;
use tokio::sync::Mutex;

/// So many actions take about as long as a copy of a database.
const STRIDE: usize = 24;

/// The checkpoints of a proof, each with what was done to it since the template.
#[derive(Default)]
pub(super) struct Checkpoints(Mutex<Vec<(Vec<Action>, Scratch)>>);

impl Course<'_> {
    /// A new scratch database as that path led to. It may share what the clock or chance said with another one that was at that
    /// state: where that counts, the path has to be [repeated](Self::repeat).
    pub(super) async fn at(&self, path: &[Action]) -> Result<Scratch, Error> {
        let mut checkpoints = self.checkpoints.0.lock().await;
        let on_the_way = checkpoints.iter().filter(|(done, _)| path.starts_with(done));
        let copied = match on_the_way.max_by_key(|(done, _)| done.len()) {
            Some((done, checkpoint)) => {
                let copy = self.subject.sandbox.fork(checkpoint, "restored").await?;
                copy.map(|copy| (copy, &path[done.len()..]))
            }
            None => None,
        };
        let (scratch, rest) = match copied {
            Some(copied) => copied,
            None => (self.copy("restored").await?, path),
        };
        let mut connection = scratch.open().await?;
        let replayed = self.replay(rest, &scratch, &mut connection).await;
        connection.close_with(replayed).await?;
        if rest.len() > STRIDE
            && let Some(checkpoint) = self.subject.sandbox.fork(&scratch, "checkpoint").await?
        {
            checkpoints.push((path.to_vec(), checkpoint));
        }
        Ok(scratch)
    }
}
