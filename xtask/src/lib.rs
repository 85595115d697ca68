//! x
pub mod engine;
pub mod fingerprint;
