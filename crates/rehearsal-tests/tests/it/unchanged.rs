//! Answers of earlier rehearsals: a proof is made again if anything that it depends on has changed, and only then. The
//! same table drives the changes and the list of files that a rehearsal may read.

use crate::suite::{another_project, new_workspace};
use pretty_assertions::assert_eq;
use rehearsal_tests::workspace::Workspace;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The kinds of files that a rehearsal reads, each with an edit of one of them.
const READ: &[(&str, &str, Edit)] = &[
    (".up.sql", "migrations/2_price.up.sql", Edit::Append("-- A comment.\n")),
    (".down.sql", "migrations/2_price.down.sql", Edit::Append("-- A comment.\n")),
    ("rehearsal.toml", "migrations/rehearsal.toml", Edit::Append("max_wait_ms = 2001\n")),
    ("few.sql", "few.sql", Edit::Append("INSERT INTO toy VALUES (3, 'ball');\n")),
    ("setup.sql", "setup.sql", Edit::Append("-- A comment.\n")),
];

const ARGUMENTS: &str = "--migrations migrations --fixture few.sql --setup setup.sql";

/// A change of one file.
#[derive(Clone, Copy)]
enum Edit {
    Append(&'static str),
    Write(&'static str),
}

/// A project with one small database.
fn toys() -> Workspace {
    another_project(&[
        ("migrations/rehearsal.toml", "engine = \"sqlite\"\n"),
        ("migrations/1_toy.up.sql", "CREATE TABLE toy (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"),
        ("migrations/1_toy.down.sql", "DROP TABLE toy;\n"),
        ("migrations/2_price.up.sql", "ALTER TABLE toy ADD COLUMN price INTEGER;\n"),
        ("migrations/2_price.down.sql", "ALTER TABLE toy DROP COLUMN price;\n"),
        ("few.sql", "-- at: 1\nINSERT INTO toy VALUES (1, 'car'), (2, 'kite');\n"),
        ("setup.sql", "CREATE TABLE shelf (id INTEGER PRIMARY KEY);\n"),
    ])
}

/// Rehearses and returns the status of each proof, as `proof / fixture`.
fn statuses(workspace: &Workspace, arguments: &str) -> BTreeMap<String, String> {
    let ran = workspace.run(&format!("ci {arguments} --json"));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.text()));
    let proofs =
        report["databases"].as_array().unwrap().iter().flat_map(|database| database["proofs"].as_array().unwrap());
    let name =
        |proof: &Value| format!("{} / {}", proof["name"].as_str().unwrap(), proof["fixture"].as_str().unwrap_or("-"));
    proofs.map(|proof| (name(proof), proof["status"].as_str().unwrap().to_owned())).collect()
}

/// Rehearses and compares the set of all statuses.
fn check(workspace: &Workspace, arguments: &str, expect: &[&str]) {
    let statuses = statuses(workspace, arguments);
    let found: BTreeSet<&str> = statuses.values().map(String::as_str).collect();
    assert_eq!(found, expect.iter().copied().collect(), "{arguments}: {statuses:#?}");
}

#[test]
fn each_changed_input_makes_the_proofs_again() {
    let project = toys();
    check(&project, ARGUMENTS, &["passed"]);
    check(&project, ARGUMENTS, &["unchanged"]);
    let added = ("", "migrations/3_colour.up.sql", Edit::Write("ALTER TABLE toy ADD COLUMN colour TEXT;\n"));
    for (_, path, edit) in READ.iter().chain([&added]) {
        let before = fs::read_to_string(project.path(path)).ok();
        match edit {
            Edit::Append(text) => project.write(path, before.clone().unwrap() + text),
            Edit::Write(text) => project.write(path, text),
        };
        check(&project, ARGUMENTS, &["passed"]);
        match before {
            Some(before) => project.write(path, before),
            None => project.remove(path),
        };
        // The answers for the earlier files are still there.
        check(&project, ARGUMENTS, &["unchanged"]);
    }
    let without_setup = ARGUMENTS.split(" --setup").next().unwrap();
    for arguments in [format!("{ARGUMENTS} --exhaustive"), without_setup.to_owned(), format!("{ARGUMENTS} --fresh")] {
        check(&project, &arguments, &["passed"]);
    }
    check(&project, ARGUMENTS, &["unchanged"]);
}

#[test]
fn checks_are_part_of_the_key() {
    let workspace = new_workspace();
    check(&workspace, "pets", &["passed"]);
    workspace.run("ci pets").check(0, "unchanged", "pets");
    workspace.write(
        "migrations/pets/checks/more.sql",
        "-- Every pet has a name.\nSELECT \"id\" FROM \"Pet\" WHERE \"name\" IS NULL;\n",
    );
    check(&workspace, "pets", &["passed"]);
}

#[test]
fn failures_are_never_kept() {
    let project = toys();
    project.write("migrations/2_price.down.sql", "SELECT 1;\n");
    let checked = || {
        let statuses = statuses(&project, ARGUMENTS);
        for (proof, status) in
            [("reversible / few", "failed"), ("reversible / -", "failed"), ("populated / few", "passed")]
        {
            assert_eq!(statuses[proof], status, "{statuses:#?}");
        }
        statuses["fresh / -"].clone()
    };
    assert_eq!([checked(), checked()], ["passed", "unchanged"]);
    // An answer that cannot be read counts as none.
    for file in fs::read_dir(project.path("target/rehearsal/proofs")).unwrap() {
        fs::write(file.unwrap().path(), "{\"proofs\": ").unwrap();
    }
    assert_eq!([checked(), checked()], ["passed", "unchanged"]);
}

/// If a rehearsal reads another kind of file, add it to the key and to [`READ`].
#[cfg(target_os = "linux")]
#[test]
fn a_rehearsal_reads_only_what_the_key_contains() {
    use inotify::{Inotify, WatchMask};
    let project = toys();
    let mut watcher = Inotify::init().unwrap();
    let mut folders = BTreeMap::new();
    for folder in ["migrations", "."] {
        let watch = watcher.watches().add(project.path(folder), WatchMask::OPEN).unwrap();
        folders.insert(watch, PathBuf::from(folder));
    }
    project.succeed(&format!("ci {ARGUMENTS}"));
    let (mut buffer, mut opened) = (vec![0; 1 << 16], BTreeSet::new());
    while let Ok(events) = watcher.read_events(&mut buffer) {
        for event in events {
            let Some(name) = event.name else { continue };
            opened.insert(folders[&event.wd].join(name));
        }
    }
    let is_file = |path: &&PathBuf| project.path(&path.display().to_string()).is_file();
    let kinds: BTreeSet<String> = opened.iter().filter(is_file).map(|path| kind(path)).collect();
    assert_eq!(kinds, READ.iter().map(|(kind, ..)| (*kind).to_owned()).collect(), "{opened:#?}");
}

/// The kind of a file: its ending, or its whole name if that is the rule.
fn kind(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    [".up.sql", ".down.sql"].into_iter().find(|ending| name.ends_with(ending)).unwrap_or(name).to_owned()
}
