//! A second database that follows the first, to be what that was before a migration. It is brought along only where a
//! difference has to be explained, so that everything is done twice at the most.

use crate::Error;
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::sandbox::Scratch;
use rehearsal_db::Connection;

/// The database, and what was done to it.
#[derive(Default)]
pub(super) struct ReplayCopy {
    there: Option<(Scratch, Vec<Step>)>,
}

impl ReplayCopy {
    /// The database after `path`.
    pub(super) async fn after(&mut self, run: &ProofRun<'_>, steps: &[Step]) -> Result<Connection, Error> {
        // What was left in the session that did it is not in another one.
        let goes_on = |(_, done): &(Scratch, Vec<Step>)| {
            steps.starts_with(done) && !done.iter().any(|step| step.changes_session_state(run.rehearsal))
        };
        let (scratch, done) = match self.there.take().filter(goes_on) {
            Some(there) => there,
            None => (run.repeat(&[]).await?, Vec::new()),
        };
        let mut connection = scratch.open().await?;
        run.replay_in(&steps[done.len()..], &scratch, &mut connection).await?;
        self.there = Some((scratch, steps.to_vec()));
        Ok(connection)
    }
}
