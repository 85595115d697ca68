//! Which findings an [`Allow`] accepts, and the entries that accept all findings of a report ([`entries`]).

use crate::report::{DatabaseReport, Finding, Status, history};
use crate::workspace::Allow;

/// True if an entry accepts a finding.
#[must_use]
pub fn accepts(allow: &Allow, finding: &Finding) -> bool {
    allow.code == finding.code.name
        && allow.migration == finding.migration
        && allow.object.as_ref().is_none_or(|object| names(finding, object))
}

/// Returns the warning that an entry accepts nothing.
pub(super) fn unused(allow: &Allow) -> Finding {
    let of = allow.migration.map(|version| format!(" of migration {version}")).unwrap_or_default();
    let object = allow.object.as_ref().map(|object| format!(" about {object}")).unwrap_or_default();
    let Some(file) = &allow.declared_in else {
        let message = format!("[[allow]] accepts {}{of}{object}, which was not found", allow.code);
        let finding = Finding::new(&history::UNUSED_ALLOW, message);
        return finding.with_help("remove the entry, or correct its `migration`, `code` and `object`");
    };
    let message = format!("`-- allow:` accepts {}{object}, which was not found", allow.code);
    let finding = Finding::new(&history::UNUSED_ALLOW, message).in_file(file);
    finding.with_help("remove the line, or correct the code and the name")
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

/// Returns what a finding without a migration is about: its check or backfill, or else a line of the finding that is equal
/// the next time. `None` if there is none.
fn object_of(finding: &Finding) -> Option<String> {
    let words: Vec<&str> = finding.message.split_whitespace().collect();
    // The last one: "no check noticed 2 mutants of backfill pet_traits" is about the backfill.
    let named = words.windows(2).rfind(|pair| matches!(pair[0], "check" | "backfill"));
    if let Some([_, name]) = named {
        return Some(name.trim_matches([':', ',', '.', '"', '`']).to_owned());
    }
    let has_number = |line: &&String| line.contains(|c: char| c.is_ascii_digit());
    std::iter::once(&finding.message).chain(&finding.details).find(|line| !has_number(line)).cloned()
}

/// Returns an entry for each code and migration of a report's findings that no entry accepts and that can be accepted.
/// A finding without a migration is accepted by the name of its check or backfill.
#[must_use]
pub fn entries(report: &DatabaseReport, reason: &str) -> Vec<Allow> {
    let findings = report.findings.iter();
    let acceptable = findings.filter(|finding| finding.status != Status::Allowed && finding.is_acceptable());
    let mut entries: Vec<Allow> = acceptable
        .filter(|finding| *finding.code != history::UNUSED_ALLOW)
        .filter_map(|finding| {
            // Without a migration and an object, the entry would accept every later finding of its code.
            let object = if finding.migration.is_none() { Some(object_of(finding)?) } else { None };
            let (migration, code) = (finding.migration, finding.code.name.to_owned());
            Some(Allow { migration, code, object, reason: reason.to_owned(), declared_in: None })
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
    fn objects_of_findings() {
        let check = |message: &str, details: &[&str], expect: Option<&str>| {
            let details = details.iter().map(ToString::to_string).collect();
            let finding = Finding::new(&history::EDITED, message).with_details(details);
            assert_eq!(object_of(&finding).as_deref(), expect, "{message}");
            let accepted = |object| Allow {
                migration: None,
                code: history::EDITED.name.to_owned(),
                object: Some(object),
                reason: "baseline".to_owned(),
                declared_in: None,
            };
            assert!(object_of(&finding).is_none_or(|object| accepts(&accepted(object), &finding)), "{message}");
        };
        check("check pets: found 3 offending rows", &[], Some("pets"));
        check("undoing backfill pet_traits changes other data", &["3 rows"], Some("pet_traits"));
        check("no check noticed 2 of 9 mutants of backfill pet_traits", &[], Some("pet_traits"));
        check("migrating again changes the database", &[], Some("migrating again changes the database"));
        check("reverting all 3 migrations leaves objects", &["2 rows", "table \"x\""], Some("table \"x\""));
        check("4 rows differ", &["1 of 2"], None);
    }

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
