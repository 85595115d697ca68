//! Looks at HTML reports in a real browser (Chromium, headless): no message on the console, no horizontal scrolling at 390 and
//! 1280 pixels, every finding reachable from the summary, and enough contrast, in light and in dark.

use crate::suite::{new_workspace, repository};
use pretty_assertions::assert_eq;
use rehearsal::Began;
use rehearsal::db::Engine;
use rehearsal::report::{DatabaseReport, Finding, RehearsalReport, Reporter, history};
use rehearsal_cli::reporters::Html;
use serde::Deserialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The names of the browser's program.
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The script that looks at a page, in frames of both widths.
const LOOK: &str = include_str!("browser.js");

/// What the browser saw of a page in one frame.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Seen {
    /// The width of the frame in pixels.
    width: u32,
    /// Whether the page was shown dark.
    dark: bool,
    /// How many findings the page has.
    findings: usize,
    /// How many texts were compared with their background.
    texts: usize,
    /// What is wrong.
    faults: Vec<String>,
}

/// Returns the browser. Without one, says so.
fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = PROGRAMS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = found.into_iter().find(|program| program.is_file());
    if found.is_none() {
        let notice = "NOT TESTED: HTML reports in a browser; Chromium is not installed\n";
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
    }
    found
}

/// Looks at a page in a browser with this colour scheme.
fn look(browser: &Path, page: &str, is_dark: bool) -> Vec<Seen> {
    let folder = tempfile::tempdir().unwrap();
    let quoted = page.replace('&', "&amp;").replace('"', "&quot;");
    let frame = |width: u32| {
        format!("<iframe width=\"{width}\" height=\"900\" style=\"border:0\" srcdoc=\"{quoted}\"></iframe>")
    };
    let both = format!("<!doctype html><body>{}{}<script>{LOOK}</script></body>", frame(390), frame(1280));
    let file = folder.path().join("page.html");
    fs::write(&file, both).unwrap();
    let arguments = [
        "--headless".to_owned(),
        // The sandbox needs a user who is not root; the page is our own.
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--enable-logging=stderr".to_owned(),
        format!("--user-data-dir={}", folder.path().join("profile").display()),
        format!("--blink-settings=preferredColorScheme={}", if is_dark { 0 } else { 1 }),
        "--virtual-time-budget=10000".to_owned(),
        "--dump-dom".to_owned(),
        format!("file://{}", file.display()),
    ];
    let ran = duct::cmd(browser, arguments).stdout_capture().stderr_capture().unchecked().run().unwrap();
    let (dom, log) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let json =
        dom.split_once("<pre id=\"seen\">").and_then(|(_, rest)| rest.split_once("</pre>")).map(|(json, _)| json);
    let json = json.unwrap_or_else(|| panic!("the browser looked at nothing:\n{log}\n{dom}"));
    let json = json.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let mut seen: Vec<Seen> = serde_json::from_str(&json).unwrap();
    // Messages of the page, not of the browser.
    let console = log.lines().filter(|line| line.contains(":CONSOLE")).map(ToOwned::to_owned);
    seen[0].faults.extend(console);
    seen
}

/// Looks at a page in both colour schemes and both widths. Returns the faults.
fn faults(browser: &Path, page: &str, findings: usize) -> Vec<String> {
    let mut faults = Vec::new();
    for is_dark in [false, true] {
        let seen = look(browser, page, is_dark);
        assert_eq!(seen.iter().map(|one| (one.width, one.dark)).collect::<Vec<_>>(), [(390, is_dark), (1280, is_dark)]);
        for one in seen {
            assert_eq!(one.findings, findings);
            assert!(one.texts > 5, "{one:?}");
            faults.extend(one.faults);
        }
    }
    faults
}

/// A report with many kinds of findings and values, written as HTML.
fn page(findings: Vec<Finding>) -> String {
    let database = DatabaseReport {
        exit: DatabaseReport::exit_of(&findings, None),
        findings,
        incomplete: Some("one proof did not run\nrun it again".to_owned()),
        ..DatabaseReport::new("a_database_with_a_long_name_that_cannot_be_broken_anywhere_at_all", Engine::ALL[0])
    };
    let report: RehearsalReport = Began::now().report(vec![database]);
    let mut page = Vec::new();
    Html.write(&report, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn finding(n: usize) -> Finding {
    let long = "an_unbroken_name_".repeat(20);
    let code = if n.is_multiple_of(2) { &history::EDITED } else { &history::UNUSED_ALLOW };
    let mut finding = Finding::new(code, format!("finding {n}: <script>alert(1)</script> {long}"))
        .in_file(format!("migrations/{long}.sql").as_ref())
        .with_details(vec![format!("{long}\n  {long}")])
        .with_help(format!("help: {long}"));
    finding.reproduce = Some(format!("cargo xtask ci {long}").into());
    finding.rows = [rehearsal::report::FindingRow(
        (0..30).map(|column| (format!("column_{column}"), serde_json::json!(long))).collect(),
    )]
    .into();
    finding
}

#[test]
fn faults_are_seen() {
    let Some(browser) = browser() else { return };
    let check = |body: &str, expect: &[&str]| {
        let filler = "<p>text</p>".repeat(10);
        let page = format!(
            "<!doctype html><html lang=en><style>body {{ color: #000; background: #fff }}</style><body><main>{body}{filler}</main></body>"
        );
        let faults = faults(&browser, &page, body.matches("<article").count());
        let missing: Vec<&&str> =
            expect.iter().filter(|part| !faults.iter().any(|fault| fault.contains(**part))).collect();
        assert_eq!(missing, [&""; 0], "{faults:?}");
        assert!(!expect.is_empty() || faults.is_empty(), "{faults:?}");
    };
    check("<a href='#f1'>one</a><h2>x</h2><article id=f1>one</article>", &[]);
    // One page with all faults, because a start of the browser takes longer than a look.
    check(
        "<article id=f1>one</article><h2>late</h2><a href='#f2'>two</a><article id=f2>two</article><a href='#f3'>three</a>\
         <div style='width:1400px'>wide</div><p style='color:#777'>pale</p><img src='nowhere.png' alt=''>\
         <script>console.error('wrong'); missing()</script>",
        &[
            "no link to f1",
            "no link to f2",
            "#f3 is nowhere",
            "scrolls at 390",
            "scrolls at 1280",
            "contrast 4.48",
            "nowhere.png",
            "wrong",
            "missing is not defined",
        ],
    );
}

#[test]
fn pages_with_findings() {
    let Some(browser) = browser() else { return };
    for n in [0, 1, 40] {
        let faults = faults(&browser, &page((0..n).map(finding).collect()), n);
        assert_eq!(faults, [""; 0], "{n} findings");
    }
}

/// The page of one database, with every proof.
#[test]
fn page_of_pets() {
    let Some(browser) = browser() else { return };
    let workspace = new_workspace();
    workspace.succeed("ci pets --report html=out/pets.html");
    let page = fs::read_to_string(workspace.root.join("out/pets.html")).unwrap();
    for part in
        ["History", "Backfill pet_traits", "Waits of the app", "Interrupted commits", "Mutants", "Before and after"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("data:image/svg+xml,"), "the gallery has pictures");
    assert_eq!(faults(&browser, &page, 0), [""; 0]);
}

/// The pages of a backfill and of the checks on a real database.
#[test]
fn pages_of_a_real_database() {
    let Some(browser) = browser() else { return };
    let workspace = new_workspace();
    let url = "--url sqlite:pets.db?mode=rwc";
    workspace.succeed(&format!("fixture load pets populated {url}"));
    workspace.succeed(&format!("migrate pets {url}"));
    let look = |arguments: &str, part: &str, findings: usize| {
        workspace.run(&format!("{arguments} {url} --report html=out/page.html"));
        let page = fs::read_to_string(workspace.root.join("out/page.html")).unwrap();
        assert!(page.contains(part), "{part}");
        assert_eq!(faults(&browser, &page, findings), [""; 0]);
    };
    look("verify pets", "check/failed", 1);
    look("backfill pet_traits --execute --batch 7", "Audit trail", 0);
}

/// The page of all databases of this workspace.
#[test]
#[ignore = "slow"]
fn page_of_all_databases() {
    let Some(browser) = browser() else { return };
    let workspace = new_workspace();
    workspace.succeed("ci --report html=out/all.html");
    let page = fs::read_to_string(workspace.root.join("out/all.html")).unwrap();
    for database in fs::read_dir(repository().join("migrations")).unwrap() {
        let name = database.unwrap().file_name().into_string().unwrap();
        assert!(page.contains(&name), "{name}");
    }
    assert_eq!(faults(&browser, &page, 0), [""; 0]);
}
