//! [`Unfit`]: an invalid or unexpected value in a stored row.

use serde::{Deserialize, Serialize};

use crate::json::{Json, Object, excerpt};

/// A field with an invalid or unexpected value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {found}: expected {expected}")]
pub struct Unfit {
    /// The column, or a column and a key in it (`data.age`); `row` if the column is unknown.
    pub field: String,
    /// The stored value, truncated; `missing` if there is none.
    pub found: String,
    /// A description of the expected value.
    pub expected: String,
}

impl Unfit {
    /// Parses a row in its JSON form.
    pub(super) fn read<'a, T: Deserialize<'a>>(row: &'a str) -> Result<T, Unfit> {
        serde_json::from_str(row).map_err(|error| Unfit {
            field: "row".to_owned(),
            found: excerpt(row),
            expected: format!("a row that this app can read ({error})"),
        })
    }

    /// Returns the first column, by name, in which a stored row differs from the expected row. `None` if the rows
    /// are equal.
    pub fn difference(stored: &impl Serialize, expected: &impl Serialize) -> Option<Unfit> {
        let columns = |row: Json| row.as_object().unwrap_or_default();
        let (stored, expected): (Object, Object) = (columns(Json::of(stored)), columns(Json::of(expected)));
        let field =
            stored.keys().chain(expected.keys()).filter(|field| stored.get(*field) != expected.get(*field)).min()?;
        let excerpt = |row: &Object, absent: &str| row.get(field).map_or_else(|| absent.to_owned(), Json::excerpt);
        let (found, expected) = (excerpt(&stored, "missing"), excerpt(&expected, "no value"));
        Some(Unfit { field: field.clone(), found, expected })
    }
}
