//! Writing on a try: in a transaction in which nothing acts on what is written, and which is rolled back.

use super::{Connection, Error};

/// What was taken away so that nothing acts on what is written: the statements that make it again.
#[derive(Debug, Default)]
pub struct ConstraintsOff(pub(crate) Vec<String>);

impl Connection {
    /// Rolls back what was tried, with constraints or without.
    pub async fn rollback_constraints_off(&mut self) -> Result<(), Error> {
        self.rollback().await;
        self.end_without_constraints().await
    }
}
