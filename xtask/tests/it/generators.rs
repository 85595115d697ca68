//! Generated fixtures: the committed ones equal the output of their commands, and a fixture of any size and seed
//! loads and passes all proofs.

use crate::suite::{new_workspace, repository};
use duct::unix::HandleExt;
use pretty_assertions::assert_eq;
use rehearsal_tests::processes::wait_until;
use rehearsal_tests::workspace::{Ran, Workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn generated(workspace: &Workspace, database: &str, units: u64, seed: u64) -> String {
    workspace.succeed(&format!("fixture generate {database} --units {units} --seed {seed}")).stdout
}

/// The databases that have a generator.
fn databases() -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(repository().join("xtask/src/generators")).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        if name != "mod" {
            names.push(name);
        }
    }
    assert!(names.len() >= 2, "{names:?}");
    names
}

#[test]
fn committed_fixtures_match_their_commands() {
    let workspace = new_workspace();
    for database in databases() {
        let file = format!("fixtures/{database}/populated.sql");
        let committed = fs::read_to_string(workspace.path(&file)).unwrap();
        let command = committed.lines().nth(1).and_then(|line| line.strip_prefix("-- made by: cargo xtask ")).unwrap();
        let made = workspace.succeed(command).stdout;
        let differs = made.lines().zip(committed.lines()).find(|(made, committed)| made != committed);
        assert_eq!(differs, None, "regenerate {file}: cargo xtask {command} --out {file}");
        assert_eq!(made.len(), committed.len(), "regenerate {file}: cargo xtask {command} --out {file}");
    }
}

/// Returns the rows of a script, without separators.
fn rows(script: &str) -> BTreeSet<&str> {
    script.lines().filter(|line| line.starts_with("    (")).map(|line| line.trim_end_matches([',', ';'])).collect()
}

#[test]
fn rows_do_not_depend_on_the_size_of_the_fixture() {
    let workspace = new_workspace();
    for database in databases() {
        let sizes = [1, 7, 100, 450].map(|units| generated(&workspace, &database, units, 3));
        for pair in sizes.windows(2) {
            let (small, large) = (rows(&pair[0]), rows(&pair[1]));
            assert!(small.len() < large.len(), "{database}");
            assert_eq!(small.difference(&large).collect::<Vec<_>>(), [&""; 0], "{database}");
        }
        assert_eq!(generated(&workspace, &database, 450, 3), sizes[3], "{database}: generation is repeatable");
        let other = generated(&workspace, &database, 450, 4);
        let (many, others) = (rows(&sizes[3]).len(), rows(&other).len());
        assert!(many.abs_diff(others) < many / 10, "{database}: another seed gives about as many rows");
        assert!(rows(&other).is_disjoint(&rows(&sizes[3])), "{database}: another seed gives other rows");
    }
}

/// All proofs pass for every seed and size.
#[test]
#[ignore = "slow"]
fn fixtures_of_any_size_and_seed_pass_all_proofs() {
    let workspace = new_workspace();
    for database in databases() {
        for (units, seed) in [(1, 5), (7, 6), (250, 7), (133, u64::MAX)] {
            let file = format!("fixtures/{database}/of_{units}.sql");
            workspace.succeed(&format!("fixture generate {database} --units {units} --seed {seed} --out {file}"));
        }
        workspace.remove(&format!("fixtures/{database}/populated.sql"));
        workspace.succeed(&format!("ci {database}"));
    }
}

#[test]
fn output_files() {
    let workspace = new_workspace();
    let check = |arguments: &str, snapshot: &str| workspace.run(arguments).check(0, "generators", snapshot);
    check("fixture generate pets --units 12 --out fixtures/pets/small.sql", "fixture_generate");
    let small = generated(&workspace, "pets", 12, 1);
    let read = |file: &str| fs::read_to_string(workspace.path(file)).unwrap();
    assert_eq!(read("fixtures/pets/small.sql"), small);
    // A generated file is replaced, also through a symbolic link. Its path is relative to the current folder.
    std::os::unix::fs::symlink("small.sql", workspace.path("fixtures/pets/linked.sql")).unwrap();
    let again = ["fixture", "generate", "pets", "--units", "13", "--out", "linked.sql"];
    let ran = workspace.finish("", workspace.command_in("fixtures/pets", &[], again));
    assert_eq!(ran.exit, Some(0), "{}", ran.text());
    assert!(workspace.path("fixtures/pets/linked.sql").is_symlink());
    assert_eq!(read("fixtures/pets/small.sql"), generated(&workspace, "pets", 13, 1));
    let names = fs::read_dir(workspace.path("fixtures/pets")).unwrap().count();
    assert_eq!(names, 3, "no temporary file remains");
}

/// An interrupted command leaves no file.
#[test]
fn an_interrupted_command_leaves_no_file() {
    let workspace = new_workspace();
    let before = workspace.files();
    let arguments = ["fixture", "generate", "pets", "--units", "1000000000", "--out", "fixtures/pets/huge.sql"];
    let running = workspace.command(arguments).stdout_capture().stderr_capture().unchecked().start().unwrap();
    wait_until(|| workspace.files().len() > before.len());
    running.send_signal(2).unwrap();
    let ran = workspace.ran("fixture generate   (and Ctrl-C)", running.wait().unwrap());
    assert_eq!((ran.exit, &*ran.stderr), (Some(3), "stopped; nothing was written\n"));
    assert_eq!(workspace.files(), before);
}

fn shell(workspace: &Workspace, script: &str) -> Ran {
    let command = duct::cmd!("sh", "-c", script, env!("CARGO_BIN_EXE_xtask")).dir(&workspace.root);
    workspace.finish(script, command)
}

#[test]
fn pipes() {
    let workspace = new_workspace();
    let ran = shell(&workspace, r#"{ "$0" fixture generate pets --units 100000; echo "exit $?" >&2; } | head -n 1"#);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("-- at: 20250901090000\n", "exit 0\n"));
    if Path::new("/dev/full").exists() {
        let ran = shell(&workspace, r#""$0" fixture generate pets --units 1 > /dev/full"#);
        assert_eq!(ran.exit, Some(1));
        assert!(ran.stderr.contains("cannot write standard output: No space left on device"), "{}", ran.text());
    }
}
