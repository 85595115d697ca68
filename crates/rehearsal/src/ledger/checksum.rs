//! [`FindingsChecksum`] compares the findings of two runs without storing them.

use super::finding::Finding;
use super::stored::json;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// The wrapping sum of the hashes of findings, independent of their order.
#[derive(Debug, Default)]
pub struct FindingsChecksum(AtomicU64);

impl FindingsChecksum {
    /// Adds a finding.
    pub fn add(&self, finding: &Finding) {
        self.0.fetch_add(xxh3_64(json(finding).as_bytes()), Ordering::Relaxed);
    }

    /// The sum of the added findings.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
