//! A private server that may crash ([`on_private_server`]), because other proofs use the shared one at the same time.

use crate::Error;
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::sandbox::Scratch;

/// Whether *crash* starts a private server for a backfill and crashes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerCrash {
    Tried,
    /// Another fixture of the database has more data.
    LeftToAnotherFixture,
}

/// Returns a database in the state before the step, on a private server that may crash. `None` if rehearsal does not
/// run the server, or crashes one with another fixture.
pub(super) async fn on_private_server(
    server: ServerCrash,
    run: &ProofRun<'_>,
    steps: &[Step],
) -> Result<Option<Scratch>, Error> {
    if server == ServerCrash::LeftToAnotherFixture {
        return Ok(None);
    }
    let rehearsal = run.rehearsal;
    let made = rehearsal.sandbox.scratch_to_crash(rehearsal.database, rehearsal.history, run.fixture).await?;
    let Some(scratch) = made else { return Ok(None) };
    run.replay(steps, &scratch).await?;
    scratch.target().address.require_durable_commits().await?;
    Ok(Some(scratch))
}
