//! Every format with values that mean something in one of them: none may end a text, start a command or become an element.

use super::{FORMATS, Style};
use crate::args::Detail;
use crate::terminal::{Paint, one_line, visible};
use pretty_assertions::assert_eq;
use rehearsal::backfill::{About, Effect, Undo};
use rehearsal::gallery::Pair;
use rehearsal::ledger::{self, FindingKind, Logged, ValueOutcome};
use rehearsal::proofs::Outcome;
use rehearsal::report::{
    DatabaseReport, Finding, FindingRow, MigrationRun, Observer, Place, ProofReport, ProofStatus, RehearsalReport,
    Status, history,
};
use rehearsal::{Began, Exit};
use rehearsal_db::{Blocks, Engine, TableLock};
use std::time::Duration;

/// Values that are no plain text somewhere.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\u{1b}[31mred\u{1b}[0m",
    "\n::error::x",
    "a | b",
    "two\nlines",
    "nul \0 byte",
    "left \u{202e}right\u{2066}",
    "]]> & \"quoted\" 'too'",
    "``` fence",
    "100 %0A",
];

/// A report with a finding, in which each text that a value can get into has this value.
fn report(value: &str) -> RehearsalReport {
    let mut run = Observer::default().run(&ABOUT, Effect::Execute, Err(value));
    let found = |kind: FindingKind| ledger::Finding {
        kind,
        unit: value.to_owned(),
        field: value.to_owned(),
        detail: value.to_owned(),
        chosen: Some(value.into()),
        ..ledger::Finding::default()
    };
    run.sample = vec![found(FindingKind::Conflict), found(FindingKind::Skipped)];
    run.fields = [
        (FindingKind::Conflict, [(value.to_owned(), 2)].into()),
        (FindingKind::Skipped, [(value.to_owned(), 1)].into()),
    ]
    .into();
    run.skipped = [(value.to_owned(), 1)].into();
    run.counts.tallies = [(value.to_owned(), [(value.to_owned(), 1)].into())].into();
    run.counts.reconciliation.other(value, ValueOutcome::Skipped, 1);
    run.log =
        vec![Logged { at: String::new(), who: value.to_owned(), version: value.to_owned(), did: value.to_owned() }];
    (run.undo, run.record) = (Some(value.to_owned()), Some(value.to_owned()));
    let picture = Pair { caption: value.to_owned(), before: None, after: Some(format!("<svg>{value}</svg>")) };
    let lock = TableLock { table: Some(value.to_owned()), mode: "Share".to_owned(), blocks: Blocks::Writes };
    let migration =
        MigrationRun { version: 1, name: value.to_owned(), duration_ms: 1.0, rows: 2, locks: Some(vec![lock]) };
    let mut outcome = Outcome::default();
    outcome.figure("migrations", [migration]);
    outcome.figure("backfills", [&run]);
    outcome.figure("gallery", [picture]);
    let texts = vec![value.to_owned()];
    let proof = ProofReport {
        name: "populated",
        fixture: Some(value.to_owned()),
        status: ProofStatus::Failed,
        made_at: None,
        duration: Duration::from_millis(12),
        findings: 1,
        notes: texts.clone(),
        warnings: texts.clone(),
        not_covered: texts.clone(),
        figures: outcome.figures,
    };
    let database = DatabaseReport {
        engine_version: Some("3.51.0".to_owned()),
        exit: Exit::Failed,
        duration: Duration::from_millis(34),
        migrations: 2,
        checks: 1,
        proofs: vec![proof],
        findings: vec![finding(value)],
        target: Some(value.to_owned()),
        runs: vec![run],
        notes: texts,
        incomplete: Some(value.to_owned()),
        ..DatabaseReport::new("pets", Engine::ALL[0])
    };
    RehearsalReport { duration: Duration::from_millis(56), ..Began::now().report(vec![database]) }
}

const ABOUT: About =
    About { name: "fill", database: "pets", unit: "pet", from: 1, until: None, scopes: &[], undo: Undo::Absent };

fn finding(value: &str) -> Finding {
    let place = Place {
        file: format!("migrations/{}.sql", one_line(value)),
        line: 1,
        column: 1,
        text: value.lines().next().unwrap_or_default().to_owned(),
        mark: 0,
        width: 3,
    };
    let mut finding = Finding::new(&history::EDITED, format!("message {value}"))
        .at(place)
        .with_details(vec![format!("detail {value}\n  {value}")])
        .with_help(format!("help {value}"));
    finding.rows = [FindingRow(vec![(value.to_owned(), value.into())])].into();
    finding.proof = Some("populated");
    finding.fixture = Some(value.into());
    finding.step = Some(value.into());
    finding.reproduce = Some(format!("rehearse {value}").into());
    finding
}

/// Fails if a text has a character that a terminal or a browser obeys.
fn is_tame(text: &str) {
    let obeyed = |char: &char| {
        *char != '\n' && (char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    let found: Vec<char> = text.chars().filter(obeyed).collect();
    assert_eq!(found, [' '; 0], "{text}");
}

fn written(name: &str, report: &RehearsalReport) -> String {
    let format = FORMATS.iter().find(|format| format.name() == name).unwrap();
    let mut text = Vec::new();
    format.write(report, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn hostile_values() {
    for value in HOSTILE {
        let report = report(value);
        let style = Style { detail: Detail::Full, paint: Paint::Plain, width: 80 };
        is_tame(&super::finding("pets", &report.databases[0].findings[0], &[], style));

        let html = written("html", &report);
        is_tame(&html);
        assert!(!html.contains("<script>"), "{html}");
        assert_eq!(html.matches("<svg>").count(), 0, "a picture is no part of the document");

        let github = written("github", &report);
        is_tame(&github);
        assert_eq!(github.lines().count(), 1, "{github}");

        let junit = written("junit", &report);
        is_tame(&junit);
        let read = quick_junit::Report::deserialize_from_str(&junit).unwrap();
        assert_eq!(read.test_suites[0].test_cases.len(), 3, "{junit}");

        let expect = |json: &str, whole: String| {
            let text = written(json, &report);
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(strings(&read).iter().any(|text| text.contains(&whole)), "{json}: {text}");
        };
        // A program gets the value itself; a server shows what it gets.
        expect("json", format!("message {value}"));
        expect("sarif", format!("message {}", visible(value)));
        expect("gitlab", format!("message {}", visible(value)));

        let markdown = written("markdown", &report);
        is_tame(&markdown);
        let outside = outside_fences(&markdown);
        assert!(!outside.contains("<script>"), "{markdown}");
        let mut cells = None;
        for line in outside.lines() {
            let n = line.matches('|').count();
            match cells.filter(|_| line.starts_with('|')) {
                Some(cells) => assert_eq!(n, cells, "{line}"),
                None => cells = line.starts_with('|').then_some(n),
            }
        }
    }
}

/// Markdown without its blocks of code, in which nothing has a meaning.
fn outside_fences(markdown: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut outside = Vec::new();
    for line in markdown.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            // With further backticks in the line, it is a span.
            None if ticks.len() >= 3 && !line[ticks.len()..].contains('`') => fence = Some(ticks),
            None => outside.push(line),
            Some(open) if line == open => fence = None,
            Some(_) => {}
        }
    }
    assert!(fence.is_none(), "a block of code does not end: {markdown}");
    outside.into_iter().map(outside_spans).collect::<Vec<_>>().join("\n")
}

/// A line without its code spans: a span ends at as many backticks as begin it.
fn outside_spans(line: &str) -> String {
    let Some(start) = line.find('`') else { return line.to_owned() };
    let (before, rest) = line.split_at(start);
    let ticks = rest.len() - rest.trim_start_matches('`').len();
    let mut at = ticks;
    while let Some(next) = rest[at..].find('`') {
        let from = at + next;
        let run = rest[from..].len() - rest[from..].trim_start_matches('`').len();
        if run == ticks {
            return before.to_owned() + &outside_spans(&rest[from + run..]);
        }
        at = from + run;
    }
    panic!("a code span does not end: {line}")
}

/// All strings of a JSON value.
fn strings(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(all) => all.iter().flat_map(strings).collect(),
        serde_json::Value::Object(all) => all.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// A report with many findings of one code, of which the first is accepted.
fn many(findings: usize) -> RehearsalReport {
    let finding = |n: usize| Finding::new(&history::EDITED, format!("message {n} {}", "long ".repeat(40)));
    let mut findings: Vec<Finding> = (0..findings).map(finding).collect();
    if let Some(first) = findings.first_mut() {
        first.status = Status::Allowed;
    }
    let database =
        |name: &str| DatabaseReport { findings: findings.clone(), ..DatabaseReport::new(name, Engine::ALL[0]) };
    Began::now().report(vec![database("pets"), database("logs")])
}

#[test]
fn long_reports_say_what_they_leave_out() {
    let report = many(1_002);
    let html = written("html", &report);
    assert_eq!(html.matches("<article ").count(), 2_000);
    assert!(html.contains("1 more finding of <code>history/edited</code>, not shown"), "{}", &html[..900]);
    let markdown = written("markdown", &report);
    assert!((40_000..60_000).contains(&markdown.chars().count()), "{}", markdown.chars().count());
    let shown = markdown.matches("#### ").count();
    assert!(
        markdown.contains(&format!("{} more; the log", crate::terminal::count(2_002 - shown as u64, "finding"))),
        "{shown}"
    );
    let junit = written("junit", &report);
    assert!(junit.contains("901 findings more"), "{}", &junit[junit.len() - 900..]);
    // The others contain all of them.
    for (format, part, times) in [("sarif", "\"ruleId\"", 2_004), ("gitlab", "\"check_name\"", 2_002)] {
        assert_eq!(written(format, &report).matches(part).count(), times, "{format}");
    }
}

#[test]
fn accepted_findings_are_suppressed() {
    let sarif: serde_json::Value = serde_json::from_str(&written("sarif", &many(2))).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let kinds: Vec<_> =
        results.iter().map(|one| (one["suppressions"][0]["kind"].as_str(), one["baselineState"].as_str())).collect();
    let (allowed, new) = ((Some("external"), Some("unchanged")), (None, Some("new")));
    assert_eq!(kinds, [allowed, new, allowed, new]);
    assert_eq!(written("github", &many(2)).lines().count(), 2);
}

/// A proof that did not run is no success.
#[test]
fn cases_of_junit() {
    let check = |status: ProofStatus, expect: &str| {
        let mut report = report("value");
        report.databases[0].proofs[0].status = status;
        let junit = written("junit", &report);
        let case = junit.split("<testcase ").nth(1).unwrap();
        assert!(case.contains(expect), "{status:?}: {case}");
    };
    check(ProofStatus::Passed, "<system-out>");
    check(ProofStatus::Failed, "<failure message=\"message value\"");
    check(ProofStatus::Incomplete, "<error message=\"message value\"");
    let mut report = report("value");
    report.databases[0].findings.clear();
    report.databases[0].proofs[0].status = ProofStatus::Incomplete;
    let junit = written("junit", &report);
    assert!(junit.contains("<skipped message=\"value\""), "{junit}");
}
