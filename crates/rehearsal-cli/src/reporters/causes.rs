//! Orders findings so that the first is the one to fix first, and joins those with the same cause. [`causes`] is the entry
//! point.

use super::matrix::EMPTY;
use rehearsal::Exit;
use rehearsal::report::{Finding, Severity};

/// A finding, and where else its cause was found.
pub(super) struct Cause<'f> {
    pub(super) finding: &'f Finding,
    /// Proofs and fixtures that found the same, such as `reversible with populated`.
    pub(super) also: Vec<String>,
}

/// What makes two findings the same: the location and the message, or the message and its details if there is no location.
type Same<'f> = (Option<&'f str>, Option<usize>, Option<usize>, &'f str, &'f [String]);

fn identity(finding: &Finding) -> Same<'_> {
    let details = if finding.file.is_some() { &[] } else { finding.details.as_slice() };
    (finding.file.as_deref(), finding.line, finding.column, &finding.message, details)
}

/// What decides which of two findings to fix first: errors before warnings, the configuration before everything else, then
/// the order in which migrations run. A finding without a migration can follow from one with a migration; those are grouped
/// by file.
fn rank(finding: &Finding) -> (bool, bool, i64, Option<&str>) {
    let is_warning = finding.severity == Severity::Warning;
    let is_late = finding.code.exit != Exit::Usage;
    let file = finding.file.as_deref().filter(|_| finding.migration.is_none());
    (is_warning, is_late, finding.migration.unwrap_or(i64::MAX), file)
}

/// Joins the findings with the same cause and orders the causes.
pub(super) fn causes<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Cause<'f>> {
    let mut causes: Vec<Cause<'f>> = Vec::new();
    for finding in ordered(findings) {
        match causes.iter_mut().find(|cause| identity(cause.finding) == identity(finding)) {
            Some(cause) => cause.also.extend(finder(finding)),
            None => causes.push(Cause { finding, also: Vec::new() }),
        }
    }
    causes
}

/// Orders findings without joining them.
pub(super) fn ordered<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<&'f Finding> {
    let mut findings: Vec<&Finding> = findings.collect();
    // Findings of equal rank stay in the order in which they were found.
    findings.sort_by(|one, other| rank(one).cmp(&rank(other)));
    findings
}

/// Returns the proof and the data that show a finding.
fn finder(finding: &Finding) -> Option<String> {
    let proof = finding.proof?;
    Some(format!("{proof} / {}", finding.fixture.as_deref().unwrap_or(EMPTY)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal::report::{Code, history};

    #[test]
    fn joins_and_orders() {
        let found = |code: &'static Code, migration: Option<i64>, message: &str, proof: &'static str| {
            let mut finding = Finding::new(code, message);
            finding.proof = Some(proof);
            match migration {
                Some(version) => finding.of_migration(version).in_file(format!("{version}.sql").as_ref()),
                None => finding,
            }
        };
        let check = |findings: &[Finding], expect: &[(&str, &[&str])]| {
            let causes = causes(findings.iter());
            let got: Vec<(&str, Vec<&str>)> = causes
                .iter()
                .map(|cause| (cause.finding.message.as_str(), cause.also.iter().map(String::as_str).collect()))
                .collect();
            let expect: Vec<(&str, Vec<&str>)> = expect.iter().map(|(text, also)| (*text, also.to_vec())).collect();
            assert_eq!(got, expect);
        };
        let (error, warning, usage) = (&history::EDITED, &history::UNUSED_ALLOW, &history::BAD_CONFIGURATION);
        check(&[], &[]);
        check(
            &[
                found(warning, None, "warning", "fresh"),
                found(error, None, "check", "populated"),
                found(error, Some(2), "two", "fresh"),
                found(error, Some(1), "one", "populated"),
                found(error, Some(2), "two", "reversible"),
                found(error, Some(3), "two", "fresh"),
                found(usage, None, "usage", "fresh"),
                found(error, None, "check", "idempotent"),
            ],
            &[
                ("usage", &[]),
                ("one", &[]),
                ("two", &["reversible / (empty)"]),
                ("two", &[]),
                ("check", &["idempotent / (empty)"]),
                ("warning", &[]),
            ],
        );
    }
}
