//! Checkpoints: copies of a database at intermediate states of a history. [`ProofRun::at`] returns to a state by
//! replaying the steps from the nearest checkpoint, so that each finding costs at most one copy and `STRIDE` steps.
//! A proof keeps at most one checkpoint for every `STRIDE` steps until it ends.
//!
//! A copy has a new session. There is therefore no checkpoint after a file that changes the state of its session.

use crate::Error;
use crate::event::Direction;
use crate::migration::{self, Migration};
use crate::proofs::ProofRun;
use crate::proofs::kit::timeline::Step;
use crate::sandbox::Scratch;
use rehearsal_db::Connection;
use tokio::sync::Mutex;

/// The number of steps that take about as long as a copy of a database.
const STRIDE: usize = 24;

/// A copy of an earlier state and the connection to it. A history that creates roles has its own server, which ends with the
/// scratch database.
pub struct EarlierCopy {
    /// The connection.
    pub connection: Connection,
    scratch: Scratch,
}

impl EarlierCopy {
    /// Connects to a copy.
    ///
    /// # Errors
    /// Fails if the database cannot be opened.
    pub async fn of(scratch: Scratch) -> Result<Self, Error> {
        Ok(Self { connection: scratch.open().await?, scratch })
    }

    /// Applies a migration. Returns false if it fails.
    ///
    /// # Errors
    /// Fails if the database cannot be used.
    pub async fn apply(&mut self, migration: &Migration) -> Result<bool, Error> {
        match migration::step(&mut self.connection, migration, Direction::Up).await.map_err(Error::from) {
            Ok(_) => Ok(true),
            Err(error) if error.is_transient() => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// Closes the connection and removes the copy.
    ///
    /// # Errors
    /// Fails if the connection cannot be closed.
    pub async fn close(self) -> Result<(), Error> {
        let Self { connection, scratch } = self;
        connection.close().await?;
        drop(scratch);
        Ok(())
    }
}

/// The checkpoints of a proof, each with the steps performed since the template.
#[derive(Default)]
pub struct Checkpoints(Mutex<Vec<(Vec<Step>, Scratch)>>);

impl ProofRun<'_> {
    /// Creates a scratch database in the state after `steps`. It may share nondeterministic values with other
    /// copies of the same checkpoint; if that matters, use [`repeat`](Self::repeat), which replays all steps.
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
