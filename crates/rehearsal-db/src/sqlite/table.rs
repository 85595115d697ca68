//! A table of a SQLite file as it was read from the catalog.

use crate::{Object, TableShape};

/// What follows from the text of a table, so that it is found out once for each text.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) shape: TableShape,
    /// With what they are called.
    pub(super) objects: Vec<(String, Object)>,
}
