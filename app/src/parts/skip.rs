//! [`Skip`]: the reasons why a legacy row is not migrated.

use uuid::Uuid;

/// The maximum length of a part's name, in bytes. Names are unique per user, and an entry of the unique index has
/// at most 2,704 bytes (`BTMaxItemSize` of PostgreSQL), including the user's id and headers.
pub const LONGEST_NAME: usize = 2_600;

/// The reason why a legacy row is skipped. The message completes "skipped: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// The row belongs to no user.
    #[error("user_id is NULL or there is no such user")]
    NoUser,
    /// The part has no name.
    #[error("the part has no name")]
    NoName,
    /// The name is longer than the unique index allows.
    #[error("the name of the part has {bytes} bytes: the unique index allows at most {LONGEST_NAME} bytes")]
    NameTooLong {
        /// The length of the name in bytes.
        bytes: usize,
    },
    /// The session has no start.
    #[error("the session has no start_time")]
    NoStart,
    /// The relationship does not name two parts.
    #[error("parts is {found}: expected a list of two part ids")]
    NotTwoIds {
        /// The value found, truncated.
        found: String,
    },
    /// One end is not a part of this user, or is a part that was skipped.
    #[error("part {id} is unknown: the user has no such part, or the part was skipped")]
    UnknownPart {
        /// The legacy id.
        id: Uuid,
    },
    /// Both ends are the same part.
    #[error("both ends are part {id}")]
    SamePart {
        /// The legacy id.
        id: Uuid,
    },
    /// Both ends became the same part, because they are duplicates.
    #[error("both ends, {} and {}, are duplicates of one part", ids[0], ids[1])]
    MergedPart {
        /// The legacy ids.
        ids: [Uuid; 2],
    },
    /// The relationship has no type.
    #[error("the relationship has no type")]
    NoType,
    /// The type is not a legacy type.
    #[error("the type is {label:?}: expected one of polarized, protector-exile, allied")]
    UnknownType {
        /// The value found, truncated.
        label: String,
    },
}
