//! A second database that follows the first, to be what that was before a migration. It is brought along only where a
//! difference has to be explained, so that everything is done twice at the most.

use crate::Error;
use crate::engine::Connection;
use crate::rehearsal::Course;
use crate::rehearsal::walk::Action;
use crate::sandbox::Scratch;

/// The database, and what was done to it.
#[derive(Default)]
pub(super) struct Shadow {
    there: Option<(Scratch, Vec<Action>)>,
}

impl Shadow {
    /// The database after `path`.
    pub(super) async fn after(&mut self, course: &Course<'_>, path: &[Action]) -> Result<Connection, Error> {
        let (scratch, done) = match self.there.take().filter(|(_, done)| path.starts_with(done)) {
            Some(there) => there,
            None => (course.repeat(&[]).await?, Vec::new()),
        };
        course.replay(&path[done.len()..], &scratch).await?;
        let connection = scratch.open().await?;
        self.there = Some((scratch, path.to_vec()));
        Ok(connection)
    }
}
