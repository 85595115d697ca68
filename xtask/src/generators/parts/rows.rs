//! The data of a user before it is written as rows: [`User`] and its parts, sessions and relationships.

/// A user with all data.
pub(super) struct User {
    pub(super) email: String,
    /// JSON; `None` is NULL.
    pub(super) settings: Option<String>,
    pub(super) parts: Vec<Part>,
    pub(super) sessions: Vec<Session>,
    pub(super) relationships: Vec<Relationship>,
}

/// The `user_id` of a row.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    /// The user whose data contains the row.
    User,
    /// `NULL`.
    Null,
    /// The id of a deleted user.
    Deleted,
}

/// Columns and their values, as text for PostgreSQL.
pub(super) type Said = Vec<(&'static str, String)>;

pub(super) struct Part {
    pub(super) owner: Owner,
    pub(super) name: Option<String>,
    pub(super) created: Option<String>,
    pub(super) said: Said,
}

pub(super) struct Session {
    pub(super) owner: Owner,
    pub(super) start: Option<String>,
    pub(super) said: Said,
}

pub(super) struct Relationship {
    pub(super) owner: Owner,
    pub(super) ends: Ends,
    pub(super) kind: Option<String>,
    pub(super) created: Option<String>,
}

/// The column `parts` of a relationship.
#[derive(Clone)]
pub(super) enum Ends {
    /// A list of parts.
    Parts(Vec<End>),
    /// A list of parts, with the ids in upper case.
    Upper(Vec<End>),
    /// Any other JSON.
    Json(&'static str),
    /// SQL NULL.
    Null,
}

/// A part that a relationship refers to.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// A part of the same user, by its index.
    Own(u64),
    /// A part of another user: the index of the user, then that of the part.
    Of(u64, u64),
    /// A part that does not exist.
    Nowhere,
}

impl Ends {
    /// Formats the column as JSON; `None` is NULL. `id` returns the id of a user's part.
    pub(super) fn json(&self, id: impl Fn(u64, u64) -> String, user: u64) -> Option<String> {
        let list = |ends: &[End]| {
            let ids = ends.iter().map(|end| match *end {
                End::Own(part) => id(user, part),
                End::Of(other, part) => id(other, part),
                End::Nowhere => "00000000-0000-4000-8000-000000000000".to_owned(),
            });
            format!("[{}]", ids.map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", "))
        };
        match self {
            Self::Parts(ends) => Some(list(ends)),
            Self::Upper(ends) => Some(list(ends).to_uppercase()),
            Self::Json(json) => Some((*json).to_owned()),
            Self::Null => None,
        }
    }
}
