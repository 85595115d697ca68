//! Orders findings so that the first is the one to fix first, and joins those with the same cause. [`causes`] is the entry
//! point.

use super::matrix::EMPTY;
use rehearsal::Exit;
use rehearsal::report::{Finding, Severity};
use std::collections::{BTreeMap, HashMap};

/// A finding, and where else its cause was found.
pub(super) struct Cause<'f> {
    pub(super) finding: &'f Finding,
    /// Proofs and fixtures that found the same, such as `reversible with populated`.
    pub(super) also: Vec<String>,
}

impl<'f> Cause<'f> {
    /// Adds a finding with the same cause. Of a loss on generated rows and on those of a fixture, the latter is shown.
    fn join(&mut self, finding: &'f Finding) {
        let has_rows = |finding: &Finding| finding.fixture.is_some() && !finding.details.is_empty();
        let shown = if has_rows(finding) && !has_rows(self.finding) && finding.proof != self.finding.proof {
            std::mem::replace(&mut self.finding, finding)
        } else {
            finding
        };
        self.add(shown);
    }

    /// Adds where else the cause was found, once.
    fn add(&mut self, finding: &Finding) {
        let place = finder(finding).filter(|place| finder(self.finding).as_ref() != Some(place));
        self.also.extend(place.filter(|place| !self.also.contains(place)));
    }
}

/// What makes two findings the same: the location and the message, or the message and its details if there is no location.
type Same<'f> = (Option<&'f str>, Option<u32>, Option<u32>, &'f str, &'f [String]);

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

/// Joins the findings with the same cause and orders the causes. Takes time proportional to the number of findings.
pub(super) fn causes<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Cause<'f>> {
    let mut causes: Vec<Cause<'f>> = Vec::new();
    let (mut known, mut explained) = (HashMap::new(), Explained::default());
    for finding in ordered(findings) {
        match (known.get(&identity(finding)).copied(), explained.by(finding)) {
            (Some(at), _) => {
                let cause: &mut Cause<'f> = &mut causes[at];
                cause.join(finding);
            }
            (None, Some(at)) => causes[at].add(finding),
            (None, None) => {
                known.insert(identity(finding), causes.len());
                causes.push(Cause { finding, also: Vec::new() });
            }
        }
        if finding.migration.is_some() {
            explained.add(finding, known.get(&identity(finding)).copied());
        }
    }
    causes
}

/// The differences that findings of migrations explain, by proof, each with the first cause that has it.
#[derive(Default)]
struct Explained<'f>(HashMap<(Option<&'static str>, &'f str), usize>);

impl<'f> Explained<'f> {
    fn add(&mut self, finding: &'f Finding, cause: Option<usize>) {
        let Some(cause) = cause else { return };
        for line in &finding.details {
            self.0.entry((finding.proof, line)).or_insert(cause);
        }
    }

    /// Returns the first cause of a finding that has no migration of its own: each of its differences is also one of a
    /// migration, as of objects that remain after all reverts because a down file leaves them. `None` if it has another cause.
    fn by(&self, finding: &Finding) -> Option<usize> {
        if finding.migration.is_some() || finding.details.is_empty() {
            return None;
        }
        let causes: Option<Vec<usize>> =
            finding.details.iter().map(|line| self.0.get(&(finding.proof, line.as_str())).copied()).collect();
        causes?.first().copied()
    }
}

/// Returns the first findings of each code in the order of [`ordered`], at most `limit` of a code, and how many more there are of
/// each. Further memory is only needed for findings that are returned.
pub(super) fn first_of_each<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    limit: usize,
) -> (Vec<&'f Finding>, Vec<(&'static str, usize)>) {
    let mut of_code: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut first = ordered(findings);
    first.retain(|finding| {
        let n = of_code.entry(finding.code.name).or_default();
        *n += 1;
        *n <= limit
    });
    let more = of_code.into_iter().filter(|(_, n)| *n > limit).map(|(code, n)| (code, n - limit)).collect();
    (first, more)
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
        let with = |finding: Finding, details: &[&str]| {
            finding.with_details(details.iter().map(ToString::to_string).collect())
        };
        let with_rows = |mut finding: Finding| {
            finding.fixture = Some("rows".into());
            finding
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
                with(found(error, Some(4), "reverting", "reversible"), &["a", "b"]),
                with(found(error, None, "remains", "reversible"), &["a"]),
                with(found(error, None, "remains", "reversible"), &["a", "c"]),
                with(found(error, Some(5), "lost", "generated"), &["x"]),
                with_rows(with(found(error, Some(5), "lost", "populated"), &["y"])),
            ],
            &[
                ("usage", &[]),
                ("one", &[]),
                ("two", &["reversible / (empty)"]),
                ("two", &[]),
                ("reverting", &[]),
                ("lost", &["generated / (empty)"]),
                ("check", &["idempotent / (empty)"]),
                ("remains", &[]),
                ("warning", &[]),
            ],
        );
    }
}
