//! Rehearses every schema change and every data change of a sqlx project on throwaway copies of realistic data, then runs
//! exactly the rehearsed thing for real.
//!
//! A program of the workspace's own has [`backfill::Backfill`]s, [`check::RowCheck`]s, [`generate::Generator`]s and
//! [`proofs::Traffic`] against this crate, and hands them to a command line. Nothing here prints, exits, or reads flags,
//! signals or the environment: it returns values and emits [`event::Event`]s.

pub mod backfill;
pub mod check;
pub mod compare;
pub mod directive;
mod error;
pub mod event;
pub mod fixture;
pub mod generate;
pub mod ledger;
pub mod migration;
pub mod proofs;
pub mod registry;
pub mod report;
mod runner;
pub mod sandbox;
pub mod source;
pub mod status;
pub mod workspace;

pub use error::{Error, Exit};
pub use rehearsal_db as db;
pub use runner::{Subject, run, verify_backfill};

/// The examples of the README, which compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
