//! Schema changes with sqlx's migration files: reading them ([`History`]), finding their [`Fault`]s, comparing them
//! with the applied ones ([`applied`], [`compare`]), planning the steps to a [`Goal`] ([`plan()`]) and running them
//! ([`run()`]).

mod apply;
mod declaration;
mod engine;
mod error;
mod fault;
mod file;
mod foreign;
mod history;
mod losses;
mod plan;
mod prerequisite;
mod run;
mod status;
mod warning;

pub use apply::{apply_all, step};
pub use engine::{check_engine, possible_engines};
pub use error::{Error, LeftBehind};
pub use fault::Fault;
pub use file::{Loss, Migration, Script, Transaction};
pub use history::paths;
pub use history::{BEFORE_ALL, History};
pub(crate) use history::{Kind, identity};
pub use losses::{Lost, losses};
pub use plan::{Goal, Step, plan};
pub use prerequisite::Prerequisite;
pub(crate) use run::lock;
pub use run::{Outlook, Wait, advance, outlook, run};
pub use status::{Applied, State, applied, compare};
pub use warning::Warning;
