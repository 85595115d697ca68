//! Checkpoints: copies of databases on the way through a history. To be at a state once more, what led there is repeated from the
//! nearest of them, so that a history with many findings takes no longer than its migrations and a copy for each finding. A
//! history of `n` actions has at most one for each `STRIDE` of them, until its proof ends.
//!
//! A copy is worked on in a session of its own: where a file leaves something in the session, there is none behind it.

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
        let sandbox = self.subject.sandbox;
        let free = path.iter().take_while(|action| !action.leaves_in_session(self.subject)).count();
        let mut checkpoints = self.checkpoints.0.lock().await;
        let on_the_way = checkpoints.iter().filter(|(done, _)| done.len() <= free && path.starts_with(done));
        let copied = match on_the_way.max_by_key(|(done, _)| done.len()) {
            Some((done, checkpoint)) => sandbox.fork(checkpoint, "restored").await?.map(|copy| (copy, done.len())),
            None => None,
        };
        let (scratch, mut done) = match copied {
            Some(copied) => copied,
            None => (self.copy("restored").await?, 0),
        };
        while done + STRIDE <= free {
            self.replay(&path[done..done + STRIDE], &scratch).await?;
            done += STRIDE;
            if let Some(checkpoint) = sandbox.fork(&scratch, "checkpoint").await? {
                checkpoints.push((path[..done].to_vec(), checkpoint));
            }
        }
        self.replay(&path[done..], &scratch).await?;
        Ok(scratch)
    }
}
