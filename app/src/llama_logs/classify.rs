//! [`classify`]: the rule that derives the category of a log record.
//!
//! Pure: no database and no clock. The migration that categorised older records states this rule in SQL, and a
//! check compares the two row by row.

use super::{Category, Status};

/// Prefixes of operations that use an external source.
const ENRICHING: [&str; 5] = ["enrichment:", "check:", "musicbrainz:", "spotify:", "discogs:"];

/// Returns the category of a record: the first row of this table that matches.
///
/// | operation | status | category |
/// |---|---|---|
/// | any | `FAILED` | [`Category::Failed`] |
/// | starts with `cache:` | any other | [`Category::Cached`] |
/// | `admin_correction` | any other | [`Category::Corrected`] |
/// | starts with `enrichment:`, `check:`, `musicbrainz:`, `spotify:` or `discogs:` | any other | [`Category::Enriched`] |
/// | `PREVIEW_ENRICHMENT` | any other | [`Category::Enriched`] |
/// | any other | any other | [`Category::Created`] |
///
/// Case and white space are significant; `%` and `_` are ordinary characters. The status is text, so that the rule
/// applies to any stored row: a text that is not a [`Status`] counts as a status other than `FAILED`.
///
/// ```
/// use app::llama_logs::{Category, classify};
///
/// assert_eq!(classify("cache:album", "SUCCESS"), Category::Cached);
/// assert_eq!(classify("cache:album", "FAILED"), Category::Failed);
/// assert_eq!(classify("cache%", "SUCCESS"), Category::Created);
/// ```
pub fn classify(operation: &str, status: &str) -> Category {
    if status == Status::Failed.as_str() {
        Category::Failed
    } else if operation.starts_with("cache:") {
        Category::Cached
    } else if operation == "admin_correction" {
        Category::Corrected
    } else if operation == "PREVIEW_ENRICHMENT" || ENRICHING.iter().any(|prefix| operation.starts_with(prefix)) {
        Category::Enriched
    } else {
        Category::Created
    }
}
