//! The rule that derives the category of a log record: as a table, and as properties of arbitrary operations.

use app::llama_logs::{Category, NewLog, Status, classify};
use pretty_assertions::assert_eq;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::select;

/// Operations that start with one of these prefixes have its category, unless they failed.
const PREFIXES: &[(&str, Category)] = &[
    ("cache:", Category::Cached),
    ("enrichment:", Category::Enriched),
    ("check:", Category::Enriched),
    ("musicbrainz:", Category::Enriched),
    ("spotify:", Category::Enriched),
    ("discogs:", Category::Enriched),
];

/// Operations that equal one of these words have its category, unless they failed.
const WORDS: &[(&str, Category)] =
    &[("admin_correction", Category::Corrected), ("PREVIEW_ENRICHMENT", Category::Enriched)];

/// Asserts the category for every status but `FAILED`, and that `FAILED` overrides it.
fn check(operation: &str, expected: Category) {
    for status in Status::ALL.iter().filter(|status| **status != Status::Failed) {
        assert_eq!(classify(operation, status.as_str()), expected, "{operation:?} {status}");
    }
    assert_eq!(classify(operation, "FAILED"), Category::Failed, "{operation:?}");
}

#[test]
fn every_row_of_the_table_holds() {
    for (prefix, category) in PREFIXES {
        check(prefix, *category);
        check(&format!("{prefix}album"), *category);
        check(&format!("{prefix}100%_done"), *category);
        check(&format!("{prefix}\n"), *category);
    }
    for (word, category) in WORDS {
        check(word, *category);
    }

    check("", Category::Created);
    check("album_created", Category::Created);
    check("cache:enrichment:album", Category::Cached);
    check("enrichment:cache:album", Category::Enriched);
    check("enrichment:admin_correction", Category::Enriched);
}

#[test]
fn near_matches_are_created() {
    for operation in [
        "cache",
        "Cache:x",
        "CACHE:x",
        " cache:x",
        "cache :x",
        "cached:x",
        "recache:x",
        "cache;x",
        "cаche:x",
        "first\ncache:x",
        // Patterns for LIKE, and texts that such a pattern would match.
        "%",
        "_",
        "cache%",
        "cache%:x",
        "cach_:x",
        "cache_x",
        "enrichment_",
        "enrichment_x",
        "enrichment%:x",
        "check_x",
        "musicbrainz",
        "Spotify:x",
        "discogs.x",
        "adminXcorrection",
        "admin%correction",
        "admin_correction ",
        "admin_correction:x",
        "ADMIN_CORRECTION",
        "preview_enrichment",
        "PREVIEWXENRICHMENT",
        "PREVIEW_ENRICHMENT:x",
    ] {
        check(operation, Category::Created);
    }
}

#[test]
fn only_the_exact_status_is_a_failure() {
    for status in ["", "failed", "Failed", " FAILED", "FAILED ", "FAILED_PARTLY", "%", "F_ILED"] {
        assert_eq!(classify("cache:x", status), Category::Cached, "{status:?}");
    }
}

#[test]
fn labels_round_trip() {
    let labels: Vec<&str> = Category::ALL.iter().map(|category| category.as_str()).collect();
    assert_eq!(labels, ["CREATED", "ENRICHED", "CORRECTED", "CACHED", "FAILED"]);
    for category in Category::ALL {
        assert_eq!(Category::from_label(category.as_str()), Some(*category));
        assert_eq!(category.to_string(), category.as_str());
    }
    for status in Status::ALL {
        assert_eq!(Status::from_label(status.as_str()), Some(*status));
        assert_eq!(status.to_string(), status.as_str());
    }
    assert_eq!(Category::from_label("created"), None);
    assert_eq!(Status::from_label(""), None);
}

#[test]
fn the_optional_fields_of_a_new_record_are_empty() {
    let new = NewLog::new("album_created", Status::Success);
    assert_eq!((new.operation.as_str(), new.status), ("album_created", Status::Success));
    assert_eq!(new.metadata, serde_json::json!({}));
    assert_eq!((new.sources, new.reason, new.error_message), (vec![], None, None));
    assert_eq!([new.user_id, new.album_id, new.artist_id, new.track_id], [None; 4]);
}

/// Arbitrary texts, and texts that nearly match the rule.
fn operation() -> impl Strategy<Value = String> {
    let stems =
        &["", "cache", "enrichment", "check", "musicbrainz", "spotify", "discogs", "admin_correction", "PREVIEW"];
    let near = (select(stems.as_slice()).prop_map(str::to_owned), "[%_:\\\\ a]{0,3}", any::<String>())
        .prop_map(|(stem, mark, rest)| format!("{stem}{mark}{rest}"));
    prop_oneof![any::<String>(), near]
}

proptest! {
    #[test]
    fn failed_overrides_every_operation(operation in operation()) {
        assert_eq!(classify(&operation, "FAILED"), Category::Failed);
    }

    #[test]
    fn any_text_may_follow_a_prefix(rest in any::<String>(), prefix in select(PREFIXES)) {
        check(&format!("{}{rest}", prefix.0), prefix.1);
    }

    #[test]
    fn no_text_may_follow_or_precede_a_word(rest in ".{1,5}", word in select(WORDS)) {
        check(&format!("{}{rest}", word.0), Category::Created);
        assert_ne!(classify(&format!("{rest}{}", word.0), "SUCCESS"), Category::Corrected);
    }

    /// The rule in reverse: a record has a category only if its operation matches that category.
    #[test]
    fn every_category_has_a_matching_operation(operation in operation(), status in select(Status::ALL)) {
        let begins = |category| PREFIXES.iter().any(|(prefix, of)| *of == category && operation.starts_with(prefix));
        let is = |category| WORDS.iter().any(|(word, of)| *of == category && operation == *word);
        let reasons: Vec<Category> = Category::ALL.iter().copied().filter(|c| begins(*c) || is(*c)).collect();
        let expected = match reasons.as_slice() {
            _ if status == Status::Failed => Category::Failed,
            [] => Category::Created,
            [one] => *one,
            several => panic!("{operation:?} fits {several:?}"),
        };
        assert_eq!(classify(&operation, status.as_str()), expected);
    }
}
