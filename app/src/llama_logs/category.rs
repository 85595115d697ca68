//! [`Category`]: the categories of log records and their labels. [`classify`](super::classify()) decides which
//! record has which category.

use std::fmt;

/// The kind of work that a record is about: the enum `"LlamaLogCategory"` of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// A row was created.
    Created,
    /// Data was enriched from an external source, or checked against one.
    Enriched,
    /// A person corrected data.
    Corrected,
    /// The cache was filled, read or emptied.
    Cached,
    /// The work failed, whatever its kind.
    Failed,
}

impl Category {
    /// Every category, in the order of the database's enum.
    pub const ALL: &'static [Category] =
        &[Category::Created, Category::Enriched, Category::Corrected, Category::Cached, Category::Failed];

    /// The label stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Category::Created => "CREATED",
            Category::Enriched => "ENRICHED",
            Category::Corrected => "CORRECTED",
            Category::Cached => "CACHED",
            Category::Failed => "FAILED",
        }
    }

    /// The category with this label, if there is one.
    pub fn from_label(label: &str) -> Option<Category> {
        Category::ALL.iter().copied().find(|category| category.as_str() == label)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
