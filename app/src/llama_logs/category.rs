//! The categories of log records.
//!
//! Only their labels. Which record has which is told by [`classify`](super::classify()).

use std::fmt;

/// What kind of work a record tells of: the enum `"LlamaLogCategory"` of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Something new was made.
    Created,
    /// Something was enriched from an outside source, or checked against one.
    Enriched,
    /// A person corrected something.
    Corrected,
    /// The cache was filled, used or emptied.
    Cached,
    /// It failed, whatever it was.
    Failed,
}

impl Category {
    /// Every category, in the order of the database's enum.
    pub const ALL: &'static [Category] =
        &[Category::Created, Category::Enriched, Category::Corrected, Category::Cached, Category::Failed];

    /// The label, as it stands in the database.
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
