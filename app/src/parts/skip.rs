//! Why a legacy row becomes no row of the new tables.

use uuid::Uuid;

/// The longest name of a part, in bytes. The names of a user are unique, and an entry of the index that holds them to it
/// has room for 2,704 bytes at most, of which the user's id and headers take some (`BTMaxItemSize` of PostgreSQL).
pub const LONGEST_NAME: usize = 2_600;

/// What a legacy row lacks. The message says so in words, and fits behind "skipped: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// Neither part, session nor relationship can be anybody's.
    #[error("it belongs to no user: user_id is null, or there is no such user")]
    NoUser,
    /// A part is known by its name.
    #[error("the part has no name")]
    NoName,
    /// No index can hold the name.
    #[error("the name of the part has {bytes} bytes: at most {LONGEST_NAME} can be kept unique")]
    NameTooLong {
        /// The size of it.
        bytes: usize,
    },
    /// A session is known by its start.
    #[error("the session has no start_time")]
    NoStart,
    /// The ends of a relationship are not told.
    #[error("parts is {found}: expected a list of two ids of parts")]
    NotTwoIds {
        /// What is there, cut short.
        found: String,
    },
    /// One end is no part of this user, or a part that was skipped itself.
    #[error("part {id} is not known: the user has no such part, or it was skipped itself")]
    UnknownPart {
        /// The legacy id.
        id: Uuid,
    },
    /// A part has no relationship with itself.
    #[error("both ends are part {id}")]
    SamePart {
        /// The legacy id.
        id: Uuid,
    },
    /// As [`Skip::SamePart`], once duplicates are one part.
    #[error("both ends, {} and {}, are duplicates of one part", ids[0], ids[1])]
    MergedPart {
        /// The legacy ids.
        ids: [Uuid; 2],
    },
    /// Nothing says what the relationship is.
    #[error("the relationship has no type")]
    NoType,
    /// The type is none that old code wrote.
    #[error("the type is {label:?}: expected one of polarized, protector-exile, allied")]
    UnknownType {
        /// What is there, cut short.
        label: String,
    },
}
