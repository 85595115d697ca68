//! Each crate under `crates/` can be published on its own: its manifest and its package contain what a registry
//! requires.

use crate::suite::repository;
use pretty_assertions::assert_eq;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 4] = ["rehearsal", "rehearsal-cli", "rehearsal-db", "rehearsal-postgres"];

fn cargo(arguments: &[&str]) -> String {
    duct::cmd("cargo", arguments).dir(repository()).stderr_null().read().unwrap()
}

#[test]
fn packages_are_complete() {
    for name in CRATES {
        let listed = cargo(&["package", "--list", "--allow-dirty", "--offline", "--package", name]);
        let files: Vec<&str> = listed.lines().collect();
        for file in ["Cargo.toml", "LICENSE", "README.md", "src/lib.rs"] {
            assert!(files.contains(&file), "{name} has no {file} in its package:\n{listed}");
        }
        let outside = files.iter().filter(|file| file.starts_with("..") || file.starts_with('/'));
        assert_eq!(outside.count(), 0, "{name}:\n{listed}");
    }
}

#[test]
fn manifests_have_the_required_fields() {
    let told: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"])).unwrap();
    let packages = told["packages"].as_array().unwrap();
    for name in CRATES {
        let package = packages.iter().find(|package| package["name"] == name).unwrap();
        for field in ["description", "license", "readme"] {
            assert!(package[field].as_str().is_some_and(|text| !text.is_empty()), "{name} has no {field}");
        }
        let keywords: Vec<&str> = package["keywords"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!((1..=5).contains(&keywords.len()), "{name}: {keywords:?}");
        assert!(keywords.iter().all(|keyword| keyword.len() <= 20), "{name}: {keywords:?}");
        assert_eq!(package["publish"], Value::Null, "{name} is publishable");
        for dependency in package["dependencies"].as_array().unwrap() {
            let is_versioned = dependency["path"].is_null() || dependency["req"] != "*";
            assert!(is_versioned, "{name}: {} has no version", dependency["name"]);
        }
    }
}

/// The README of a crate is read outside the repository, too.
#[test]
fn readmes_do_not_refer_to_the_repository() {
    for name in CRATES {
        let text = fs::read_to_string(repository().join("crates").join(name).join("README.md")).unwrap();
        assert!(text.starts_with(&format!("# {name}\n")) && text.len() > 500, "{name}");
        for word in ["](.", "](/", "cargo x", "app::", "ARCHITECTURE"] {
            assert!(!text.contains(word), "the README of {name} contains `{word}`");
        }
    }
}

/// Builds `cargo-rehearse` next to the binary of this workspace and returns its path.
pub(crate) fn cargo_rehearse() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_xtask")).ancestors().nth(2).unwrap();
    let folder = target.to_str().unwrap();
    cargo(&["build", "--offline", "--quiet", "--package", "rehearsal-cli", "--target-dir", folder]);
    target.join("debug").join("cargo-rehearse")
}

/// `cargo rehearse`, started through cargo, is the same command line under another name.
#[test]
#[ignore = "slow"]
fn cargo_rehearse_is_the_command_line() {
    let binary = cargo_rehearse();
    let help = duct::cmd!(&binary, "rehearse", "--help").read().unwrap();
    assert!(help.contains("Usage: cargo rehearse [COMMAND]"), "{help}");
    let project = tempfile::tempdir().unwrap();
    let migrations = project.path().join("migrations");
    fs::create_dir(&migrations).unwrap();
    fs::write(project.path().join("Cargo.lock"), "").unwrap();
    fs::write(migrations.join("1_people.sql"), "CREATE TABLE people (id INTEGER PRIMARY KEY);\n").unwrap();
    fs::write(migrations.join("rehearsal.toml"), "engine = \"sqlite\"\n").unwrap();
    let run = |arguments: &[&str]| {
        let words = std::iter::once("rehearse").chain(arguments.iter().copied());
        duct::cmd(&binary, words).dir(project.path()).stderr_capture().stdout_capture().unchecked().run().unwrap()
    };
    let ran = run(&["ci", "--migrations", "migrations"]);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    // Neither of these needs a workspace.
    assert_eq!(run(&["explain", "populated/data-lost"]).status.code(), Some(0));
    let ran = run(&["postgres", "install", "--major", "9"]);
    let reported = String::from_utf8_lossy(&ran.stderr);
    assert!(reported.contains("no private copy of PostgreSQL 9 is available"), "{reported}");
}
