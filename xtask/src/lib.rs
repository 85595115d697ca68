//! Rehearses every schema change and every data change of a sqlx project on throwaway copies of realistic data, then runs
//! exactly the rehearsed thing for real.
//!
//! This is the face of the engine: another workspace's own xtask depends on it, writes its [`backfill::Backfill`]s and
//! [`check::RowCheck`]s, [`generator::Generator`]s and [`rehearsal::Traffic`], and hands them to [`cli::main`]. Nothing here but [`cli`] reads flags, the environment or signals,
//! and nothing but [`report`] writes for people.

pub mod backfill;
pub mod check;
pub mod cli;
mod directive;
pub mod engine;
mod error;
pub mod event;
pub mod fingerprint;
pub mod fixture;
pub mod generator;
pub mod ledger;
pub mod migration;
mod percent;
pub mod postgres_server;
pub mod rehearsal;
pub mod report;
mod rows;
pub mod sandbox;
mod shell;
pub mod workspace;

pub use error::{Error, Exit};
