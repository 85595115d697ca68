//! What a proof returns: findings, notes and its own figures.

use crate::report::Finding;

/// What comes after a proof.
#[derive(Debug, Default)]
pub enum Next {
    /// The next proof.
    #[default]
    Continue,
    /// The next fixture: every other proof with this data would fail in the same way.
    SkipData,
    /// Nothing: the database can't be rehearsed at all, and this finding says why.
    Refuse(Box<Finding>),
}

/// What a proof found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What a person may want to know.
    pub notes: Vec<String>,
    /// What a person should look at, though it is not wrong.
    pub warnings: Vec<String>,
    /// What was not covered, and why.
    pub not_covered: Vec<String>,
    /// Figures of this proof, by name.
    pub figures: serde_json::Map<String, serde_json::Value>,
    /// Whether something that the proof needs is missing, so that it proved nothing.
    pub is_incomplete: bool,
    /// What comes after it.
    pub next: Next,
}

impl Outcome {
    /// Both together; what comes next is what the second one says.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.findings.extend(other.findings);
        self.notes.extend(other.notes);
        self.warnings.extend(other.warnings);
        self.not_covered.extend(other.not_covered);
        self.figures.extend(other.figures);
        self.is_incomplete |= other.is_incomplete;
        self.next = other.next;
        self
    }

    /// With a figure, which is any value that can be serialised.
    pub fn figure(&mut self, name: &str, value: impl serde::Serialize) {
        // Numbers and texts: there is nothing in figures that could fail to serialise.
        self.figures.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
    }
}
