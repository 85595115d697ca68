//! A second database that follows the first, to be what that was before a migration. It is brought along only where a
//! difference has to be explained, so that everything is done twice at the most.

use crate::Error;
use crate::proofs::Course;
use crate::proofs::walk::Action;
use crate::sandbox::Scratch;
use rehearsal_db::Connection;

/// The database, and what was done to it.
#[derive(Default)]
pub(super) struct Shadow {
    there: Option<(Scratch, Vec<Action>)>,
}

impl Shadow {
    /// The database after `path`.
    pub(super) async fn after(&mut self, course: &Course<'_>, path: &[Action]) -> Result<Connection, Error> {
        // What was left in the session that did it is not in another one.
        let goes_on = |(_, done): &(Scratch, Vec<Action>)| {
            path.starts_with(done) && !done.iter().any(|action| action.leaves_in_session(course.subject))
        };
        let (scratch, done) = match self.there.take().filter(goes_on) {
            Some(there) => there,
            None => (course.repeat(&[]).await?, Vec::new()),
        };
        let mut connection = scratch.open().await?;
        course.replay_in(&path[done.len()..], &scratch, &mut connection).await?;
        self.there = Some((scratch, path.to_vec()));
        Ok(connection)
    }
}
