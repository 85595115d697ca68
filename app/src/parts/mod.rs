//! Parts: the inner parts that a user identifies, the sessions about them, and the relationships between them.
//!
//! The app writes to `parts_v2`, `sessions_v2` and `part_relationships_v2`; the tables `parts`, `sessions` and
//! `part_relationships` are legacy and no longer written. [`migrate_part`], [`migrate_session`] and
//! [`migrate_relationship`] convert legacy rows; the app builds new parts and sessions with the same functions.

mod add;
mod change;
mod confidence;
mod error;
mod id;
mod kind;
mod part;
mod read;
mod relationship;
mod session;
mod settings;
mod skip;
mod unfit;
mod users;
mod winners;

pub use self::add::{NewPart, NewSession, add_part, add_session, relate};
pub use self::change::{change_part, remove_part};
pub use self::confidence::Confidence;
pub use self::error::PartError;
pub use self::id::{PART_NAMESPACE, RELATIONSHIP_NAMESPACE, SESSION_NAMESPACE, part_id, relationship_id, session_id};
pub use self::kind::Kind;
pub use self::part::{LEGACY_PARTS, LEGACY_PARTS_ORDER, LegacyPart, NEUTRAL, PARTS_V2, PartV2, Told, migrate_part};
pub use self::read::{get, list};
pub use self::relationship::{
    ENDS, LEGACY_RELATIONSHIPS, LEGACY_RELATIONSHIPS_ORDER, LegacyRelationship, RELATIONSHIPS_V2, RelationshipV2,
    migrate_relationship,
};
pub use self::session::{
    LEGACY_SESSIONS, LEGACY_SESSIONS_ORDER, LegacySession, SESSIONS_V2, SessionV2, THERAPY, migrate_session,
};
pub use self::settings::{DONE, Former, Marked, clear_done, is_done, mark_done};
pub use self::skip::{LONGEST_NAME, Skip};
pub use self::unfit::Unfit;
pub use self::users::{create_user, delete_user, set, settings};
pub use self::winners::{Place, Winners};
