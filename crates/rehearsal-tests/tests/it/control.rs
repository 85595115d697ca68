//! Control of a running backfill from another terminal: pause, resume, stop and status.

use crate::suite::with_pets;
use duct::Handle;
use pretty_assertions::assert_eq;
use rehearsal_tests::database::query;
use rehearsal_tests::processes::wait_until;
use rehearsal_tests::workspace::{PETS, TRAITS, Workspace};
use serde_json::Value;
use std::path::Path;

const PETS_TO_FILL: u64 = 92;

fn state(file: &Path) -> String {
    if query(file, "SELECT 1 FROM sqlite_schema WHERE name = '_rehearsal_log'").is_empty() {
        return String::new();
    }
    query(file, "SELECT state FROM _rehearsal_runs ORDER BY run DESC").first().cloned().unwrap_or_default()
}

fn filled(file: &Path) -> u64 {
    query(file, r#"SELECT count("traits") FROM "Pet""#)[0].parse().unwrap()
}

/// Starts a slow backfill: two pets per batch, and a rest after each batch.
fn start(workspace: &Workspace) -> Handle {
    let arguments = ["backfill", "pet_traits", "--execute", "--batch", "2", "--rest", "100", "--record", "report.json"];
    workspace.command(arguments).stdout_capture().stderr_capture().unchecked().start().unwrap()
}

#[test]
fn pause_resume_and_stop() {
    let workspace = with_pets(TRAITS);
    let file = workspace.path(PETS);
    let check = |name: &str, arguments: &str, exit: i32| {
        let ran = workspace.run(arguments);
        // The number of units done by then varies from run to run.
        let counted = |text: &str| {
            let words = text.split_inclusive([' ', '\n']).map(|word| match word.trim_end().parse::<u64>() {
                Ok(_) => word.replace(word.trim_end(), "<n>"),
                Err(_) => word.to_owned(),
            });
            words.collect::<String>()
        };
        let (stdout, stderr) = (counted(&ran.stdout), counted(&ran.stderr));
        rehearsal_tests::workspace::Ran { stdout, stderr, ..ran }.check(exit, "control", name);
    };
    check("nothing_to_pause", "backfill pet_traits --pause", 1);
    let running = start(&workspace);
    wait_until(|| state(&file) == "running" && filled(&file) > 4);
    check("pause", "backfill pet_traits --pause", 0);
    wait_until(|| state(&file) == "paused");
    let before = filled(&file);
    check("paused_already", "backfill pet_traits --pause", 1);
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!(filled(&file), before, "a paused run writes nothing");
    assert!(running.try_wait().unwrap().is_none(), "the process waits");
    let status: Value = serde_json::from_str(&workspace.succeed("backfill pet_traits --status --json").stdout).unwrap();
    let run = &status[0]["runs"][0];
    assert_eq!((run["state"].as_str(), run["counts"]["units"].as_u64()), (Some("paused"), Some(before)));
    assert_eq!(status[0]["pending"].as_u64(), Some(PETS_TO_FILL - before));
    let timeline = workspace.succeed("migrate pets --status").stdout;
    assert!(timeline.contains(&format!("{before} done; paused")), "{timeline}");

    check("resume", "backfill pet_traits --resume", 0);
    wait_until(|| filled(&file) > before);
    check("stop", "backfill pet_traits --stop", 0);
    let ran = workspace.ran("backfill pet_traits --execute   (paused, resumed, stopped)", running.wait().unwrap());
    assert_eq!(ran.exit, Some(3), "{}", ran.text());
    for expected in ["paused; resume with `cargo xtask backfill pet_traits --resume`", "resumed"] {
        assert!(ran.stderr.contains(expected), "{expected} in {}", ran.text());
    }
    assert!(ran.stdout.contains("interrupted; run it again to resume"), "{}", ran.text());
    assert_eq!(state(&file), "stopped");
    let before = filled(&file);
    assert!(before < PETS_TO_FILL);

    workspace.succeed("backfill pet_traits --execute --record report.json");
    let report: Value = serde_json::from_slice(&std::fs::read(workspace.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["resumed"]["units"].as_u64(), Some(before));
    assert_eq!(report["counts"]["units"].as_u64(), Some(PETS_TO_FILL));
    assert_eq!(state(&file), "finished");
    let log = workspace.query("SELECT did FROM _rehearsal_log ORDER BY number");
    let expected = ["began", "asked to pause", "paused", "resumed", "asked to stop", "stopped", "took up", "finished"];
    assert_eq!(log, expected, "the log lists every step");
}

/// A killed run has no process that could see the request.
#[test]
fn a_killed_run_stops_immediately() {
    let workspace = with_pets(TRAITS);
    let file = workspace.path(PETS);
    let running = start(&workspace);
    wait_until(|| filled(&file) > 4);
    rehearsal_tests::processes::kill(&running);
    assert_eq!(state(&file), "running");
    let ran = workspace.run("backfill pet_traits --pause");
    assert!(
        ran.stdout.contains("no process is working on it; resume it with `cargo xtask backfill pet_traits --execute`"),
        "{}",
        ran.text()
    );
    workspace.succeed("backfill pet_traits --stop");
    assert_eq!(state(&file), "stopped");
    workspace.succeed("backfill pet_traits --execute");
    assert_eq!((state(&file).as_str(), filled(&file)), ("finished", PETS_TO_FILL));
}

/// The status of finished runs shows who did what, when, with which version of the code, and the counts.
#[test]
fn status() {
    let workspace = with_pets(TRAITS);
    let tidy = |text: &str| {
        if state(&workspace.path(PETS)).is_empty() {
            return text.to_owned();
        }
        let by = query(&workspace.path(PETS), "SELECT who || ', ' || version FROM _rehearsal_log").first().cloned();
        by.map_or_else(|| text.to_owned(), |by| text.replace(&by, "<who>, <version>"))
    };
    let check = |name: &str| {
        let ran = workspace.run("backfill --status pet_traits");
        let stdout = tidy(&ran.stdout);
        rehearsal_tests::workspace::Ran { stdout, ..ran }.check(0, "control", name);
    };
    check("status_of_nothing");
    workspace.succeed("backfill pet_traits --execute --scope id=ed125604-1f0e-598f-b539-70314c4864a3");
    workspace.succeed("backfill pet_traits --execute");
    workspace.succeed("backfill pet_traits --undo --execute");
    check("status_of_three_runs");
    let status: Value = serde_json::from_str(&workspace.succeed("backfill pet_traits --status --json").stdout).unwrap();
    let runs = status[0]["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    assert_eq!(runs[0]["scope"]["id"], "ed125604-1f0e-598f-b539-70314c4864a3");
    assert_eq!((&runs[1]["counts"]["units"], &runs[2]["work"]), (&(PETS_TO_FILL - 1).into(), &"undo".into()));
    for entry in runs.iter().flat_map(|run| run["log"].as_array().unwrap()) {
        for key in ["at", "who", "version", "did"] {
            assert!(entry[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {entry}");
        }
    }
}
