//! Which findings an [`Allow`] accepts, and the entries that accept all findings of a report ([`entries`]).

use crate::report::{DatabaseReport, Finding, Status, history};
use crate::workspace::Allow;

/// True if an entry accepts a finding.
pub(super) fn accepts(allow: &Allow, finding: &Finding) -> bool {
    allow.code == finding.code.name
        && allow.migration == finding.migration
        && allow.object.as_ref().is_none_or(|object| names(finding, object))
}

/// Returns the warning that an entry accepts nothing.
pub(super) fn unused(allow: &Allow) -> Finding {
    let of = allow.migration.map(|version| format!(" of migration {version}")).unwrap_or_default();
    let object = allow.object.as_ref().map(|object| format!(" about {object}")).unwrap_or_default();
    let message = format!("[[allow]] accepts {}{of}{object}, which was not found", allow.code);
    let finding = Finding::new(&history::UNUSED_ALLOW, message);
    finding.with_help("remove the entry, or correct its `migration`, `code` and `object`")
}

/// True if a finding contains a name as a whole word.
fn names(finding: &Finding, name: &str) -> bool {
    let is_in = |text: &String| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        text.match_indices(name)
            .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word))
    };
    is_in(&finding.message) || finding.details.iter().any(is_in)
}

/// Returns an entry for each code and migration of a report's findings that no entry accepts and that can be accepted.
#[must_use]
pub fn entries(report: &DatabaseReport, reason: &str) -> Vec<Allow> {
    let findings = report.findings.iter();
    let acceptable = findings.filter(|finding| finding.status != Status::Allowed && finding.is_acceptable());
    let mut entries: Vec<Allow> = acceptable
        .filter(|finding| *finding.code != history::UNUSED_ALLOW)
        .map(|finding| Allow {
            migration: finding.migration,
            code: finding.code.name.to_owned(),
            object: None,
            reason: reason.to_owned(),
        })
        .collect();
    entries.sort();
    entries.dedup();
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn accepts_findings() {
        let check = |toml: &str, expect: bool| {
            let allow: Allow = toml::from_str(toml).unwrap();
            let finding = Finding::new(&history::EDITED, "index \"name_idx\" differs").of_migration(7);
            let finding = finding.with_details(vec!["before: ON name (a)".to_owned()]);
            assert_eq!(accepts(&allow, &finding), expect, "{toml}");
        };
        check("migration = 7\ncode = 'history/edited'\nreason = ''", true);
        check("migration = 8\ncode = 'history/edited'\nreason = ''", false);
        check("code = 'history/edited'\nreason = ''", false);
        check("migration = 7\ncode = 'history/other'\nreason = ''", false);
        check("migration = 7\ncode = 'history/edited'\nobject = 'name_idx'\nreason = ''", true);
        check("migration = 7\ncode = 'history/edited'\nobject = 'name'\nreason = ''", true);
        check("migration = 7\ncode = 'history/edited'\nobject = 'idx'\nreason = ''", false);
        check("migration = 7\ncode = 'history/edited'\nobject = 'other'\nreason = ''", false);
    }
}
