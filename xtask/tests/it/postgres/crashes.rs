//! Processes that are killed at their commits, on PostgreSQL: a backfill of a few profiles on its own server.

use crate::suite::new_workspace;
use serde_json::Value;

#[test]
#[ignore = "slow"]
fn kills_at_every_commit() {
    let check = |snapshot: &str, exit: i32, flags: &str| {
        let workspace = new_workspace();
        workspace.succeed("fixture generate profiles --units 60 --out fixtures/profiles/populated.sql");
        workspace.run(&format!("ci profiles{flags}")).check(exit, "postgres", snapshot);
    };
    check("crash_sound", 0, "");
    check("crash_cursor_apart", 1, " --fault cursor-apart");
}

/// A run with many commits is interrupted again and again, and a fault is found nevertheless.
#[test]
#[ignore = "slow"]
fn many_interruptions_of_one_run() {
    let check = |flags: &str, code: Option<&str>| {
        let workspace = new_workspace();
        workspace.succeed("fixture generate profiles --units 500 --out fixtures/profiles/populated.sql");
        let ran = workspace.run(&format!("ci profiles --json{flags}"));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.text()));
        let database = &report["databases"][0];
        let found = database["findings"].as_array().unwrap().iter().find(|found| found["proof"] == "crash");
        assert_eq!(found.map(|found| found["code"].as_str().unwrap()), code, "{}", ran.text());
        let mut proofs = database["proofs"].as_array().unwrap().iter();
        let crash = proofs.find(|proof| proof["name"] == "crash" && proof["fixture"] == "populated").unwrap();
        let figure = |name: &str| crash["figures"][name].as_u64().unwrap();
        assert!(
            figure("servers_stopped") >= 2 && figure("sessions_ended") >= 2 && figure("killed_beside") >= 1,
            "{crash}"
        );
        // Each commit that is tried alone has two kills, one before it and one after it.
        assert!(figure("kills") < 2 * figure("commits_tried"), "{crash}");
    };
    check("", None);
    check(" --fault cursor-apart", Some("crash/repeated"));
}
