//! What a stored row holds that it must not.

use serde::Deserialize;

use crate::json::excerpt;

/// A field that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} holds {found}: expected {expected}")]
pub struct Unfit {
    /// The column, or a column and a key of it (`data.age`); `row` where it is not clear which.
    pub field: String,
    /// What is there, cut short.
    pub found: String,
    /// What should be there.
    pub expected: String,
}

impl Unfit {
    /// Reads a row that came as JSON.
    pub(super) fn read<'a, T: Deserialize<'a>>(row: &'a str) -> Result<T, Unfit> {
        serde_json::from_str(row).map_err(|error| Unfit {
            field: "row".to_owned(),
            found: excerpt(row),
            expected: format!("what this app knows ({error})"),
        })
    }
}
