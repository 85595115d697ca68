//! What a user has, before it is written as rows.

/// A user and all that is theirs.
pub(super) struct User {
    pub(super) email: String,
    /// As JSON.
    pub(super) settings: Option<String>,
    pub(super) parts: Vec<Part>,
    pub(super) sessions: Vec<Session>,
    pub(super) relationships: Vec<Relationship>,
}

/// Whom a row names as its user.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    /// The one it was made for.
    User,
    /// Nobody.
    Nobody,
    /// Somebody who was deleted.
    Gone,
}

/// Columns and their values, as PostgreSQL reads them.
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

/// What a relationship names as its parts.
#[derive(Clone)]
pub(super) enum Ends {
    /// A list of parts.
    Parts(Vec<End>),
    /// The same, with the ids in upper case.
    Upper(Vec<End>),
    /// Anything else.
    Json(&'static str),
    /// NULL.
    Null,
}

/// A part that a relationship names.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// One of the user's own, by its place.
    Own(u64),
    /// One of another user: whose, and its place.
    Of(u64, u64),
    /// One that is not there.
    Nowhere,
}

impl Ends {
    /// As JSON. `id` gives the id of a user's part.
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
