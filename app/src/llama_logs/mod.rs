//! The llama log: what was done to users, albums, artists and tracks, and how it went.
//!
//! The functions here are the app's own. How records that are older than categories got theirs lives elsewhere, and is
//! held against [`classify`].

mod category;
mod classify;
mod error;
mod log;
mod read;
mod record;
mod status;

pub use self::category::Category;
pub use self::classify::classify;
pub use self::error::LogError;
pub use self::log::{Log, NewLog};
pub use self::read::{get, list};
pub use self::record::record;
pub use self::status::Status;
