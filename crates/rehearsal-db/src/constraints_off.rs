//! Trial writes: in a transaction without triggers and constraints, which is rolled back at the end.
//! `Session::begin_without_constraints` starts one.

use super::{Connection, Error};

/// The disabled triggers, as the statements that create them again.
#[derive(Debug, Default)]
pub struct ConstraintsOff(pub(crate) Vec<String>);

impl Connection {
    /// Rolls back a trial write, whether or not constraints are restored.
    pub async fn rollback_constraints_off(&mut self) -> Result<(), Error> {
        self.rollback().await;
        self.end_without_constraints().await
    }
}
