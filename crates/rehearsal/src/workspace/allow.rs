//! [`Allow`]: an entry `[[allow]]` of `rehearsal.toml`, which accepts findings of one code, with a reason.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Findings that a user accepts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// The version of the migration at fault. `None`: findings for which no single migration is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<i64>,
    /// The code of the findings, such as `populated/data-lost`.
    pub code: String,
    /// A word that the finding contains, such as the name of an index. `None` accepts every finding of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Why the findings are acceptable.
    pub reason: String,
    /// The migration file that contains the entry as a directive; `None` for an entry of `rehearsal.toml`.
    #[serde(skip)]
    pub declared_in: Option<PathBuf>,
}

impl Allow {
    /// Returns entries as text for `rehearsal.toml`.
    #[must_use]
    pub fn to_toml(entries: &[Self]) -> String {
        // Numbers and texts always serialise.
        let entry = |allow: &Self| format!("\n[[allow]]\n{}", toml::to_string(allow).unwrap_or_default());
        entries.iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn writes_what_it_reads() {
        #[derive(Deserialize)]
        struct Toml {
            allow: Vec<Allow>,
        }
        let entry = |migration, object: Option<&str>| Allow {
            migration,
            code: "populated/data-lost".to_owned(),
            object: object.map(ToOwned::to_owned),
            reason: "it says \"so\"\non two lines".to_owned(),
            declared_in: None,
        };
        let entries = vec![entry(Some(7), Some("a\"b")), entry(None, None)];
        assert_eq!(toml::from_str::<Toml>(&Allow::to_toml(&entries)).unwrap().allow, entries);
    }
}
