//! The rule by which a log record gets its category: as a table, and as properties of any operation at all.

use app::llama_logs::{Category, NewLog, Status, classify};
use pretty_assertions::assert_eq;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::select;

/// Operations that begin so have these categories, unless they failed.
const PREFIXES: &[(&str, Category)] = &[
    ("cache:", Category::Cached),
    ("enrichment:", Category::Enriched),
    ("check:", Category::Enriched),
    ("musicbrainz:", Category::Enriched),
    ("spotify:", Category::Enriched),
    ("discogs:", Category::Enriched),
];

/// Operations that have these categories only when they are exactly so, unless they failed.
const WORDS: &[(&str, Category)] =
    &[("admin_correction", Category::Corrected), ("PREVIEW_ENRICHMENT", Category::Enriched)];

/// Whatever the status, unless it is `FAILED`.
fn check(operation: &str, expected: Category) {
    for status in Status::ALL.iter().filter(|status| **status != Status::Failed) {
        assert_eq!(classify(operation, status.as_str()), expected, "{operation:?} {status}");
    }
    assert_eq!(classify(operation, "FAILED"), Category::Failed, "{operation:?}");
}

#[test]
fn the_rule_as_a_table() {
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
fn what_only_looks_like_the_rule_is_created() {
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
        // What LIKE would take for a pattern, or what a pattern would match.
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
fn only_the_very_status_is_a_failure() {
    for status in ["", "failed", "Failed", " FAILED", "FAILED ", "FAILED_PARTLY", "%", "F_ILED"] {
        assert_eq!(classify("cache:x", status), Category::Cached, "{status:?}");
    }
}

#[test]
fn labels_lead_back() {
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
fn a_new_record_says_nothing_that_was_not_said() {
    let new = NewLog::new("album_created", Status::Success);
    assert_eq!((new.operation.as_str(), new.status), ("album_created", Status::Success));
    assert_eq!(new.metadata, serde_json::json!({}));
    assert_eq!((new.sources, new.reason, new.error_message), (vec![], None, None));
    assert_eq!([new.user_id, new.album_id, new.artist_id, new.track_id], [None; 4]);
}

/// Any text, also one of the kind that comes close to the rule.
fn operation() -> impl Strategy<Value = String> {
    let stems =
        &["", "cache", "enrichment", "check", "musicbrainz", "spotify", "discogs", "admin_correction", "PREVIEW"];
    let near = (select(stems.as_slice()).prop_map(str::to_owned), "[%_:\\\\ a]{0,3}", any::<String>())
        .prop_map(|(stem, mark, rest)| format!("{stem}{mark}{rest}"));
    prop_oneof![any::<String>(), near]
}

proptest! {
    #[test]
    fn a_failure_is_a_failure(operation in operation()) {
        assert_eq!(classify(&operation, "FAILED"), Category::Failed);
    }

    #[test]
    fn anything_may_follow_a_prefix(rest in any::<String>(), prefix in select(PREFIXES)) {
        check(&format!("{}{rest}", prefix.0), prefix.1);
    }

    #[test]
    fn nothing_may_follow_or_precede_a_word(rest in ".{1,5}", word in select(WORDS)) {
        check(&format!("{}{rest}", word.0), Category::Created);
        assert_ne!(classify(&format!("{rest}{}", word.0), "SUCCESS"), Category::Corrected);
    }

    /// Told from the category: which operations can have it.
    #[test]
    fn no_category_without_its_reason(operation in operation(), status in select(Status::ALL)) {
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
