//! Rehearses every schema change and every data change of a sqlx project on throwaway databases with realistic data,
//! then applies exactly what was rehearsed.
//!
//! The program of a workspace implements [`backfill::Backfill`], [`check::RowCheck`], [`generate::Generator`] and
//! [`proofs::Traffic`], and passes them to a command line. This crate returns values and emits [`event::Event`]s; it
//! never prints, exits, or reads flags, signals or the environment. [`run`] rehearses databases and
//! [`migration::run()`] migrates one.

pub mod backfill;
pub mod baseline;
pub mod cache;
pub mod check;
pub mod compare;
pub mod directive;
mod error;
pub mod event;
pub mod fixture;
pub mod gallery;
pub mod generate;
mod interim;
pub mod layout;
pub mod ledger;
pub mod migration;
mod plural;
pub mod proofs;
mod quoted;
pub mod registry;
pub mod report;
mod runner;
pub mod sandbox;
pub mod source;
pub mod status;
mod threads;
pub mod workspace;

pub use error::{Error, Exit};
pub use interim::Interim;
pub use quoted::without_values;
pub use rehearsal_db as db;
pub use runner::{Began, Settings, Subject, Until, run, verify_backfill};

/// Derives `sqlx::FromRow` for the units of a backfill and the rows of a check. Unlike sqlx's feature `derive`, this does not
/// compile the database drivers a second time for the macro.
pub use sqlx_macros::FromRow;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
