//! Findings: what a backfill reports to a person about single units. [`Finding`] is one of them, also in JSON.

use super::json::Json;
use super::reconciliation::{OutcomeCounts, Reconciliation};
use crate::quoted::reason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The kind of a finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// Several values for one field; one was chosen.
    #[default]
    Conflict,
    /// A value that the new schema cannot store.
    Unmapped,
    /// A value or row that was not migrated, on purpose.
    Skipped,
    /// Equal values or rows; one of them was migrated.
    Duplicate,
    /// A row that was present before and stays unchanged.
    Present,
    /// A unit that cannot be transformed. It stops an execution.
    Rejected,
    /// The reconciliation of a unit. Only informative, and not counted as a finding.
    Reconciled,
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conflict => "conflict",
            Self::Unmapped => "unmapped",
            Self::Skipped => "skipped",
            Self::Duplicate => "duplicate",
            Self::Present => "present",
            Self::Rejected => "rejected",
            Self::Reconciled => "reconciled",
        })
    }
}

/// A value and its location in the unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The part of the unit, if units have parts (the context of a user).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The value.
    pub value: Json,
}

/// A report about one unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The kind.
    pub kind: FindingKind,
    /// The id of the unit; empty for an old row that belongs to no unit.
    pub unit: String,
    /// The field, as a path (`beliefs.religion`); empty if the finding is about the whole unit.
    pub field: String,
    /// The values found, in order of precedence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Sighting>,
    /// The value that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Json>,
    /// Further explanation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The outcomes of the unit's values, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reconciliation: BTreeMap<String, OutcomeCounts>,
}

impl Finding {
    /// Reports a unit that cannot be transformed.
    #[must_use]
    pub fn rejected(unit: String, field: String, detail: String) -> Self {
        Self { kind: FindingKind::Rejected, unit, field, detail, ..Self::default() }
    }

    /// Removes the values, and what a detail quotes. The id of the unit stays.
    #[must_use]
    pub fn without_values(self) -> Self {
        let detail = reason(&self.detail);
        Self { values: Vec::new(), chosen: None, detail, ..self }
    }

    /// Reports the reconciliation of a unit.
    #[must_use]
    pub fn reconciled(unit: String, reconciliation: &Reconciliation) -> Self {
        let reconciliation =
            reconciliation.fields.iter().chain(&reconciliation.others).map(|(key, counts)| (key.clone(), *counts));
        Self { kind: FindingKind::Reconciled, unit, reconciliation: reconciliation.collect(), ..Self::default() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.unit.is_empty() { "no unit" } else { &self.unit })?;
        if !self.field.is_empty() {
            write!(f, ", field `{}`", self.field)?;
        }
        f.write_str(": ")?;
        let reconciliation: Vec<String> =
            self.reconciliation.iter().map(|(key, counts)| format!("{key} {counts}")).collect();
        f.write_str(&reconciliation.join("; "))?;
        let shown = |sighting: &Sighting| match &sighting.context {
            Some(context) => format!("{} ({context})", sighting.value),
            None => sighting.value.to_string(),
        };
        let others = self.values.iter().filter(|sighting| Some(&sighting.value) != self.chosen.as_ref());
        let others: Vec<String> = others.map(shown).collect();
        let others = others.join(", ");
        let sentence = match (&self.chosen, others.is_empty()) {
            (Some(chosen), false) => format!("{chosen} was chosen over {others}"),
            (Some(chosen), true) => chosen.to_string(),
            (None, _) => others,
        };
        let parts: Vec<&str> = [sentence.as_str(), &self.detail].into_iter().filter(|part| !part.is_empty()).collect();
        f.write_str(&parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::reconciliation::ValueOutcome;
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn has_a_readable_form_and_survives_json() {
        let check = |finding: Finding, text: &str, json: &str| {
            assert_eq!(finding.to_string(), text);
            assert_eq!(serde_json::to_string(&finding).unwrap(), json);
            assert_eq!(serde_json::from_str::<Finding>(json).unwrap(), finding);
        };
        let sighting = |context: &str, value: Json| Sighting { context: Some(context.to_owned()), value };
        let finding = Finding {
            kind: FindingKind::Conflict,
            unit: "u1".to_owned(),
            field: "location".to_owned(),
            values: vec![sighting("romantic", "Berlin".into()), sighting("service", "Paris".into())],
            chosen: Some("Berlin".into()),
            ..Finding::default()
        };
        check(
            finding.clone(),
            r#"u1, field `location`: "Berlin" was chosen over "Paris" (service)"#,
            r#"{"kind":"conflict","unit":"u1","field":"location","values":[{"context":"romantic","value":"Berlin"},{"context":"service","value":"Paris"}],"chosen":"Berlin"}"#,
        );
        // Valid JSON is preserved digit by digit.
        let number = Json::from(serde_json::from_str::<&serde_json::value::RawValue>("1.10e400").unwrap());
        check(
            Finding { values: vec![Sighting { context: None, value: number }], chosen: None, ..finding.clone() },
            "u1, field `location`: 1.10e400",
            r#"{"kind":"conflict","unit":"u1","field":"location","values":[{"value":1.10e400}]}"#,
        );
        check(
            Finding {
                kind: FindingKind::Skipped,
                values: Vec::new(),
                chosen: None,
                detail: "no name".to_owned(),
                ..finding
            },
            "u1, field `location`: no name",
            r#"{"kind":"skipped","unit":"u1","field":"location","detail":"no name"}"#,
        );
        let mut reconciliation = Reconciliation::default();
        for (outcome, n) in [(ValueOutcome::Migrated, 12), (ValueOutcome::Overridden, 3), (ValueOutcome::Skipped, 2)] {
            reconciliation.field("parts", outcome, n);
        }
        reconciliation.field("sessions", ValueOutcome::Present, 1);
        check(
            Finding::reconciled("u1".to_owned(), &reconciliation),
            "u1: parts 17 = 12 migrated + 3 overridden + 2 skipped; sessions 1 = 1 present",
            r#"{"kind":"reconciled","unit":"u1","field":"","reconciliation":{"parts":{"total":17,"migrated":12,"overridden":3,"duplicate":0,"preserved":0,"skipped":2,"present":0},"sessions":{"total":1,"migrated":0,"overridden":0,"duplicate":0,"preserved":0,"skipped":0,"present":1}}}"#,
        );
        check(
            Finding {
                kind: FindingKind::Skipped,
                field: "parts".to_owned(),
                detail: "no user".to_owned(),
                ..Finding::default()
            },
            "no unit, field `parts`: no user",
            r#"{"kind":"skipped","unit":"","field":"parts","detail":"no user"}"#,
        );
    }
}
