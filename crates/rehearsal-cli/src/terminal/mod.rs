//! Writes to the terminal and formats single values: colours, numbers, durations, errors, progress. Only
//! [`Terminal`], [`say`] and [`urgent`] write to standard output or standard error.

mod diagnostic;
mod duration;
mod paint;
mod progress;
mod question;
mod steps;
mod streams;
mod table;
mod text;
mod typed;
mod visible;
mod wrap;

pub use diagnostic::diagnostic;
pub(crate) use diagnostic::excerpt;
pub use duration::duration;
pub use paint::Paint;
pub use progress::Progress;
pub use question::{Answer, ask};
pub use steps::Steps;
pub use streams::{Colours, Terminal, say, urgent};
pub(crate) use table::{lines, table};
pub(crate) use text::columns;
pub use text::{count, thousands};
pub(crate) use typed::shown;
pub(crate) use visible::{one_line, visible};
