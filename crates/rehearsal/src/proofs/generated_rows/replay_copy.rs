//! [`ReplayCopy`]: a second database that provides the state before a migration. It is advanced only when a
//! difference has to be explained, so each step is performed at most twice.

use crate::Error;
use crate::proofs::ProofRun;
use crate::proofs::kit::checkpoint::EarlierCopy;
use crate::proofs::kit::timeline::Step;
use crate::sandbox::Scratch;
use rehearsal_db::Connection;

/// The database and the steps performed on it; empty until it is first used.
#[derive(Default)]
pub(super) struct ReplayCopy {
    there: Option<(Scratch, Vec<Step>)>,
}

impl ReplayCopy {
    /// Returns a connection to the database after `steps`.
    pub(super) async fn after(&mut self, run: &ProofRun<'_>, steps: &[Step]) -> Result<Connection, Error> {
        // A new session does not have the state that an earlier step left in its session.
        let continues = |(_, done): &(Scratch, Vec<Step>)| {
            steps.starts_with(done) && !done.iter().any(|step| step.changes_session_state(run.rehearsal))
        };
        let (scratch, done) = match self.there.take().filter(continues) {
            Some(there) => there,
            None => (run.repeat(&[]).await?, Vec::new()),
        };
        let mut connection = scratch.open().await?;
        run.replay_in(&steps[done.len()..], &scratch, &mut connection).await?;
        self.there = Some((scratch, steps.to_vec()));
        Ok(connection)
    }
    /// Returns a copy of the database after `steps`, which the caller may change.
    pub(super) async fn fork(&mut self, run: &ProofRun<'_>, steps: &[Step]) -> Result<EarlierCopy, Error> {
        self.after(run, steps).await?.close().await?;
        let copy = match &self.there {
            Some((scratch, _)) => run.rehearsal.sandbox.fork(scratch, "earlier").await?,
            None => None,
        };
        match copy {
            Some(copy) => EarlierCopy::of(copy).await,
            None => EarlierCopy::of(run.repeat(steps).await?).await,
        }
    }
}
