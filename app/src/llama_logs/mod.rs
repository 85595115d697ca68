//! The llama log: operations on users, albums, artists and tracks, with their outcome. Start at
//! [`record`](record()), [`get`] and [`list`].
//!
//! A migration categorised the records that are older than categories; a check compares its result with
//! [`classify`](classify()).

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
