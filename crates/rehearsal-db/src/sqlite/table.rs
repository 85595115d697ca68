//! A parsed table of a SQLite file.

use crate::{Object, TableShape};

/// The data that follows from the text of a CREATE TABLE, so that each text is parsed once.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) shape: TableShape,
    /// The objects of the table, with their labels.
    pub(super) objects: Vec<(String, Object)>,
}
