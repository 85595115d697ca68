//! The result of a proof, [`Outcome`]: its findings, notes, figures and how the rehearsal continues.

use crate::report::Finding;

/// How the rehearsal continues after a proof.
#[derive(Debug, Default)]
pub enum Next {
    /// With the next proof.
    #[default]
    Continue,
    /// With the next fixture: every other proof with this data would fail in the same way.
    SkipData,
    /// Not at all: this finding is the reason for which the database cannot be rehearsed.
    Refuse(Box<Finding>),
}

/// The result of a proof.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, in the order in which they were found.
    pub findings: Vec<Finding>,
    /// Facts that a person may want to know.
    pub notes: Vec<String>,
    /// Facts that a person should look at, although they are no findings.
    pub warnings: Vec<String>,
    /// The cases that were not covered, with the reason.
    pub not_covered: Vec<String>,
    /// Figures of this proof, by name.
    pub figures: serde_json::Map<String, serde_json::Value>,
    /// True if the proof has no result because something that it needs is missing.
    pub is_incomplete: bool,
    /// How the rehearsal continues.
    pub next: Next,
}

impl Outcome {
    /// Merges two outcomes. `next` is taken from the second one.
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

    /// Adds a figure, which is any value that can be serialised.
    pub fn figure(&mut self, name: &str, value: impl serde::Serialize) {
        // Figures are numbers and texts, which always serialise.
        self.figures.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
    }
}
