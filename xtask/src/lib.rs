//! x
pub mod backfill;
mod directive;
pub mod engine;
pub mod event;
pub mod fingerprint;
pub mod ledger;
pub mod migration;
pub mod workspace;
