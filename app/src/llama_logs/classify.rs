//! The rule by which a record gets its category.
//!
//! Pure: no database and no clock. The migration that gave old records theirs states the same rule in SQL, and a check
//! compares the two row by row.

use super::{Category, Status};

/// Operations that begin so are outside sources at work.
const ENRICHING: [&str; 5] = ["enrichment:", "check:", "musicbrainz:", "spotify:", "discogs:"];

/// The category of a record; the first of these that fits:
///
/// | operation | status | category |
/// |---|---|---|
/// | any | `FAILED` | [`Category::Failed`] |
/// | begins with `cache:` | any other | [`Category::Cached`] |
/// | `admin_correction` | any other | [`Category::Corrected`] |
/// | begins with `enrichment:`, `check:`, `musicbrainz:`, `spotify:` or `discogs:` | any other | [`Category::Enriched`] |
/// | `PREVIEW_ENRICHMENT` | any other | [`Category::Enriched`] |
/// | any other | any other | [`Category::Created`] |
///
/// Case counts, and so does white space; `%` and `_` are characters as any other. The status is text, so that the rule
/// can be asked of whatever a database holds: one that is no [`Status`] is merely not `FAILED`.
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
