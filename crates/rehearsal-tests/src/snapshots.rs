//! Snapshots of output ([`hold`]). Placeholders replace values that differ from run to run, such as times, paths and
//! process ids.

use std::path::Path;

/// Compares a text with the snapshot with this name in a folder.
pub fn hold(folder: &Path, snapshot: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, placeholder) in PLACEHOLDERS {
        settings.add_filter(pattern, *placeholder);
    }
    settings.bind(|| insta::assert_snapshot!(snapshot, text));
}

/// Patterns of text that differs from run to run, and their placeholders.
const PLACEHOLDERS: &[(&str, &str)] = &[
    (r"running for [^\n]*\n", ""),
    (r" *\b(\d+ (µs|ms)|\d+\.\d\d s|\d+ min \d\d s)", " <time>"),
    (r#"(applied |"applied_at":"|"started_at": ?")20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?"#, "$1<when>"),
    (r"since 20\d\d-\d\d-\d\d \d\d:\d\d UTC", "since <when>"),
    (r"( rows? +)20\d\d-\d\d-\d\d \d\d:\d\d:\d\d( to \d\d:\d\d:\d\d)? *", "$1<when>  "),
    (r#""seconds":( ?)[\d.e-]+"#, r#""seconds":$1<time>"#),
    (r"three concurrent runs \([^)\n]*\)", "three concurrent runs (<some>)"),
    // The number of kills within a time limit depends on the machine.
    (
        r"\d+ kills? at \d+ of \d+ commit points?(: every restart resumed correctly)? \(budget 2 s[^)\n]*\)",
        "<n> kills$1 (budget 2 s)",
    ),
    (
        r"\d+ killed process(es)? left a (hot journal|write-ahead log)(, \d+ left a write-ahead log)?",
        "<n> killed processes left a hot journal, <n> left a write-ahead log",
    ),
    (
        r"sessions were terminated [\w ]*?times?( and the server crashed [^:\n]*)?: [^\n]*",
        "sessions were terminated <n> times$1",
    ),
    (r#""figures":\{"budget_ms".*?"write_ahead_logs":\d+\}"#, r#""figures":<figures>"#),
    (r#"\{"during":.*?"writes":\{[^}]*\}\}"#, "<figures>"),
    (r#""(duration_ms|at_ms|longest_ms)":[\d.e-]+"#, r#""$1":<time>"#),
    (r#""engine_version":"[\d.]+"#, r#""engine_version":"<version>"#),
    (r"\b20(2[6-9]|[3-9]\d)\d{10}", "<version>"),
    (r"\b20(2[6-9]|[3-9]\d)(_\d{3}){3}_\d\b", "<version>"),
    (r"\.dev/reports/(\w+)-\d{8}T\d{6}Z(-\d+)?", ".dev/reports/$1-<when>"),
    (r"\.backfill-report-\w{6}", ".backfill-report-<random>"),
    (r"\bprocess-\w{6}\b", "process-<random>"),
    (r"kept/\w{6}-(\w+)-\d+\.db", "kept/<random>-$1-<n>.db"),
    (r"(process-<random>/\w+)-\d+\.db", "$1-<n>.db"),
    (r"/rehearsal-scratch-\w{6}-([\w-]+)-\d+\?host=", "/rehearsal-<random>-$1-<n>?host="),
    (r"host=\S*/servers/[0-9a-f]{12}", "host=<server>"),
    (r"(, [\w-]+ \(process \d+\))+", ""),
    (r"\bit-[0-9a-f]+ \(process \d+\)", "<this test> (process <pid>)"),
    (r"\(process \d+\)", "(process <pid>)"),
    (r"\(session \d+\)", "(session <pid>)"),
    (r"\b[0-9a-f]{32}\b", "<hash>"),
    (r"wrote \d+ times \([^)]*\)", "wrote <n> times (<kinds>)"),
    (r#"was lost \(\d+ values? compared\)(; the next run processed [^\n"]*)?"#, "was lost (<n> values compared)"),
];
