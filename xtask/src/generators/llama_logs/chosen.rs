//! The hand-written log records, which come first in the fixture: values that almost match a prefix of the rule, and
//! values that need escaping.

/// A record without references. `sources` is an array literal of PostgreSQL.
pub(super) struct Chosen {
    pub(super) operation: &'static str,
    pub(super) status: &'static str,
    pub(super) sources: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) error_message: Option<&'static str>,
    pub(super) metadata: Metadata,
}

/// The metadata of a record.
pub(super) enum Metadata {
    /// JSON as a literal.
    Json(&'static str),
    /// An image, as a string that repeats 16 characters this often.
    Image(u32),
}

/// A record with operation and status only.
const fn plain(operation: &'static str, status: &'static str) -> Chosen {
    Chosen { operation, status, sources: "{}", reason: None, error_message: None, metadata: Metadata::Json("{}") }
}

const fn from(operation: &'static str, status: &'static str, sources: &'static str) -> Chosen {
    Chosen { sources, ..plain(operation, status) }
}

const fn because(operation: &'static str, reason: &'static str) -> Chosen {
    Chosen { reason: Some(reason), ..plain(operation, "SUCCESS") }
}

const fn failed(operation: &'static str, sources: &'static str, message: &'static str) -> Chosen {
    Chosen { error_message: Some(message), ..from(operation, "FAILED", sources) }
}

const fn json(metadata: &'static str) -> Chosen {
    Chosen { metadata: Metadata::Json(metadata), ..plain("enrichment:track", "SUCCESS") }
}

pub(super) const CHOSEN: &[Chosen] = &[
    // FAILED takes precedence over every operation.
    failed("cache:album", "{redis}", "connection refused"),
    failed("admin_correction", "{}", "no such field: \"tilte\""),
    Chosen {
        metadata: Metadata::Json(r#"{"retries": 3}"#),
        ..failed("enrichment:album", "{musicbrainz,discogs}", "timeout after 30 s")
    },
    plain("PREVIEW_ENRICHMENT", "FAILED"),
    Chosen { reason: Some("duplicate"), ..plain("album_created", "FAILED") },
    failed("", "{}", ""),
    // A prefix without a suffix, and operations that only resemble a prefix.
    plain("cache:", "SUCCESS"),
    plain("cache", "SUCCESS"),
    plain("cached:album", "SUCCESS"),
    plain("Cache:album", "SUCCESS"),
    plain(" cache:album", "SUCCESS"),
    plain("cache :album", "SUCCESS"),
    plain("recache:album", "SUCCESS"),
    plain("cache:enrichment:album", "SUCCESS"),
    plain("enrichment:cache:album", "SUCCESS"),
    plain("admin_correction:title", "SUCCESS"),
    plain("admin_corrections", "SUCCESS"),
    plain("adminXcorrection", "SUCCESS"),
    plain("PREVIEW_ENRICHMENT:album", "SUCCESS"),
    plain("preview_enrichment", "SUCCESS"),
    plain("PREVIEWXENRICHMENT", "SUCCESS"),
    plain("enrichment", "NO_DATA_AVAILABLE"),
    plain("enrichment_", "SKIPPED"),
    plain("enrichment_x", "SUCCESS"),
    from("spotify:", "PARTIAL_SUCCESS", "{spotify}"),
    from("spotify", "SUCCESS", "{spotify}"),
    // Wildcards of LIKE.
    plain("cache%:x", "SUCCESS"),
    plain("%", "SUCCESS"),
    plain("_", "SUCCESS"),
    plain("cach_:x", "SUCCESS"),
    plain("cache:100%_done", "SUCCESS"),
    from("discogs:%", "SUCCESS", "{discogs}"),
    plain("check:\\_", "SUCCESS"),
    // Empty texts, quotes, line breaks, other scripts.
    Chosen { error_message: Some(""), ..because("", "") },
    Chosen {
        sources: r#"{"a,b","c\"d",NULLS," "}"#,
        metadata: Metadata::Json(r#"{"it's": "\"so\" \\ "}"#),
        ..because("it's \"quoted\"; DROP TABLE users; --", "it's \\ \"so\"")
    },
    Chosen {
        metadata: Metadata::Json(r#"{"text": "two\nlines\tand a tab"}"#),
        ..because("first line\ncache:second line", "two\nlines")
    },
    Chosen {
        sources: "{musicbrainz}",
        metadata: Metadata::Json(r#"{"κλειδί": "значение", "🦙": ["لاما", "למה"]}"#),
        ..because("musicbrainz:björk", "Ágætis byrjun, 久石 譲, 🦙")
    },
    because("ｃａｃｈｅ:x", "full width"),
    because("cachе:x", "the last letter is Cyrillic"),
    // Metadata of every JSON type.
    json("null"),
    json("[]"),
    json("\"a string\""),
    json(r#"{"big": 12345678901234567890, "exact": 0.10, "deep": [[[[{"a": [true, null]}]]]]}"#),
    Chosen { metadata: Metadata::Image(65_536), ..from("cache:artwork", "SUCCESS", "{s3}") },
];
