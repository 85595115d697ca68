//! Checkpoints: copies of databases on the way through a history. To be at a state once more, what led there is repeated from the
//! nearest of them, so that a history with many findings takes no longer than its migrations and a copy for each finding. A
//! history of `n` actions has at most one for each `STRIDE` of them, until its proof ends.
//!
//! A copy is worked on in a session of its own: where a file leaves something in the session, there is none behind it.

use crate::Error;
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::sandbox::Scratch;
use tokio::sync::Mutex;

/// So many actions take about as long as a copy of a database.
const STRIDE: usize = 24;

/// The checkpoints of a proof, each with what was done to it since the template.
#[derive(Default)]
pub struct Checkpoints(Mutex<Vec<(Vec<Step>, Scratch)>>);

impl ProofRun<'_> {
    /// A new scratch database as that path led to. It may share what the clock or chance said with another one that was at that
    /// state: where that counts, the path has to be [repeated](Self::repeat).
    pub async fn at(&self, steps: &[Step]) -> Result<Scratch, Error> {
        let sandbox = self.rehearsal.sandbox;
        let free = steps.iter().take_while(|step| !step.changes_session_state(self.rehearsal)).count();
        let mut checkpoints = self.checkpoints.0.lock().await;
        let on_the_way = checkpoints.iter().filter(|(done, _)| done.len() <= free && steps.starts_with(done));
        let copied = match on_the_way.max_by_key(|(done, _)| done.len()) {
            Some((done, checkpoint)) => sandbox.fork(checkpoint, "restored").await?.map(|copy| (copy, done.len())),
            None => None,
        };
        let (scratch, mut done) = match copied {
            Some(copied) => copied,
            None => (self.copy("restored").await?, 0),
        };
        while done + STRIDE <= free {
            self.replay(&steps[done..done + STRIDE], &scratch).await?;
            done += STRIDE;
            if let Some(checkpoint) = sandbox.fork(&scratch, "checkpoint").await? {
                checkpoints.push((steps[..done].to_vec(), checkpoint));
            }
        }
        self.replay(&steps[done..], &scratch).await?;
        Ok(scratch)
    }
}
