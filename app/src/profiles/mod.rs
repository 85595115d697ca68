//! Profiles: a user's answers in each context, unified into one profile and one intent per context.
//!
//! The old table `"Profile"` has one row per context and remains the source: [`answer`](answer()) writes there,
//! and stores the unified profile and the intents that [`unify`](unify()) derives from it.

mod answer;
mod completeness;
mod context;
mod error;
mod extract;
mod field;
mod id;
mod leave;
mod legacy;
mod legacy_data;
mod merge;
mod profile;
mod read;
mod record;
mod store;
mod unify;
mod users;

pub use self::answer::answer;
pub use self::completeness::Completeness;
pub use self::context::Context;
pub use self::error::ProfileError;
pub use self::extract::{Answers, extract};
pub use self::field::{Field, Kind, SHARED};
pub use self::id::{INTENT_NAMESPACE, PROFILE_NAMESPACE, intent_id, profile_id};
pub use self::leave::leave;
pub use self::legacy::{ContextProfile, LegacyError, LegacyProfile, USERS, User};
pub use self::merge::{Shared, merge};
pub use self::profile::{Intent, Profile};
pub use self::read::{STORED, Stored, get};
pub use self::record::{Account, Conflict, Left, Record, Tally, Unmapped};
pub use self::unify::{Unified, unify};
pub use self::users::{create_user, delete_user};
pub use crate::json::{Json, JsonError, Object};
pub use crate::timestamp::Timestamp;
