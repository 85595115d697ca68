//! A name for a finding that stays the same from run to run ([`fingerprint`]), so that a CI server knows which are new.

use rehearsal::report::Finding;
use sha2::{Digest, Sha256};

/// Returns a hash of the database, the code, the place and the message; not of the line, which moves, and not of rows.
pub(super) fn fingerprint(database: &str, finding: &Finding) -> String {
    let mut hash = Sha256::new();
    let file = finding.file.as_deref().unwrap_or_default();
    for part in [database, finding.code.name, finding.fixture.as_deref().unwrap_or_default(), file, &finding.message] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
