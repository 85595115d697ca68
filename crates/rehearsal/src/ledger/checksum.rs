//! A checksum of findings, by which two runs are compared without keeping what they found.

use super::finding::Finding;
use super::stored::json;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// The sum over findings; their order makes no difference. It wraps around.
#[derive(Debug, Default)]
pub struct FindingsChecksum(AtomicU64);

impl FindingsChecksum {
    /// Adds a finding.
    pub fn add(&self, finding: &Finding) {
        self.0.fetch_add(xxh3_64(json(finding).as_bytes()), Ordering::Relaxed);
    }

    /// The sum of those that were added.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
