//! What a stored row holds that it must not.

use serde::{Deserialize, Serialize};

use crate::json::{Json, Object, excerpt};

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

    /// The first column of a stored row that is not as expected, in the order of the columns' names.
    pub fn difference(stored: &impl Serialize, expected: &impl Serialize) -> Option<Unfit> {
        let columns = |row: Json| row.as_object().unwrap_or_default();
        let (stored, expected): (Object, Object) = (columns(Json::of(stored)), columns(Json::of(expected)));
        let field =
            stored.keys().chain(expected.keys()).filter(|field| stored.get(*field) != expected.get(*field)).min()?;
        let excerpt = |row: &Object| row.get(field).map_or_else(|| "nothing".to_owned(), Json::excerpt);
        Some(Unfit { field: field.clone(), found: excerpt(&stored), expected: excerpt(&expected) })
    }
}
