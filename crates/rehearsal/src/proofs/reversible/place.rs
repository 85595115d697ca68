//! [`Place`]: the scratch database on which the proof works.

use crate::Error;
use crate::proofs::kit::timeline::Step;
use crate::proofs::run::ProofRun;
use crate::sandbox::Scratch;
use rehearsal_db::Connection;
use std::sync::Arc;

/// A scratch database and the connection to it. After a failure it is replaced by another one and kept for the
/// user.
pub(super) struct Place {
    pub(super) scratch: Arc<Scratch>,
    pub(super) connection: Connection,
}

impl Place {
    pub(super) async fn open(scratch: Arc<Scratch>) -> Result<Self, Error> {
        let connection = scratch.open().await?;
        Ok(Self { scratch, connection })
    }

    /// Replaces it by one in the state after these steps.
    pub(super) async fn go(&mut self, run: &mut ProofRun<'_>, steps: &[Step]) -> Result<(), Error> {
        run.steps = steps.to_vec();
        let scratch = run.at(steps).await?;
        let other = Self::open(run.work_on(scratch)).await?;
        std::mem::replace(self, other).connection.close().await?;
        Ok(())
    }
}
