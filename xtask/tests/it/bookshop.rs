//! The example `examples/bookshop`, a project of its own on the crates of this repository: its tests pass, its rehearsal
//! has no findings, and every command of its README works.

use crate::suite::repository;
use pretty_assertions::assert_eq;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// Where the example is built, and where its databases are. Dependencies that this repository has compiled are used again.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
        fs::write(folder.path().join("profiles.toml"), &manifest[manifest.find("\n[profile").unwrap()..]).unwrap();
        Self { folder }
    }

    /// Runs cargo on the example.
    fn cargo(&self, arguments: &str) -> Output {
        let compiled = Path::new(env!("CARGO_BIN_EXE_xtask")).ancestors().nth(2).unwrap();
        let profiles = self.folder.path().join("profiles.toml").display().to_string();
        let build = format!("build.build-dir='{}'", compiled.display());
        let words = ["--config", &profiles, "--config", &build].into_iter().chain(arguments.split_whitespace());
        let command = duct::cmd("cargo", words).dir(repository().join("examples/bookshop")).stdin_null();
        let command = command.env("CARGO_TARGET_DIR", self.folder.path().join("target")).env_remove("DATABASE_URL");
        command.stdout_capture().stderr_capture().unchecked().run().unwrap()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The files of the example are those of a person who starts: few and short.
#[test]
fn is_small() {
    let path = |file: &str| repository().join("examples/bookshop").join(file);
    let lines = |file: &str| fs::read_to_string(path(file)).unwrap().lines().count();
    assert!(lines("xtask/src/backfills/isbn13.rs") <= 60);
    assert!(lines("README.md") <= 60);
    let migrations = ["catalog", "orders"].map(|name| {
        let entries = fs::read_dir(path("migrations").join(name)).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".up.sql")).count()
    });
    assert_eq!(migrations.iter().sum::<usize>(), 5);
}

#[test]
#[ignore = "slow"]
fn works() {
    let place = Place::new();
    let tested = place.cargo("test --offline --locked");
    assert!(tested.status.success() && text(&tested).contains("isbn::tests::converts ... ok"), "{}", text(&tested));
    let rehearsed = place.cargo("run --offline --locked --quiet --package xtask -- ci --fresh");
    assert_eq!(rehearsed.status.code(), Some(0), "{}", text(&rehearsed));
    for result in ["catalog (SQLite): 2 migrations, 1 backfill, 1 check", "orders (PostgreSQL): 3 migrations"] {
        assert!(text(&rehearsed).contains(result), "{}", text(&rehearsed));
    }
    assert!(!text(&rehearsed).contains("uncovered"), "{}", text(&rehearsed));
    // The commands of the README, on a SQLite database of this test.
    let url = format!("sqlite:{}/catalog.sqlite?mode=rwc", place.folder.path().display());
    let readme = fs::read_to_string(repository().join("examples/bookshop/README.md")).unwrap();
    let commands = readme.lines().filter_map(|line| line.strip_prefix("$ cargo xtask "));
    let commands: Vec<&str> = commands.filter(|command| *command != "ci").collect();
    assert_eq!(commands.len(), 5);
    for command in commands {
        // The commands without a name work on all databases.
        let named = match command {
            "migrate" | "verify" => format!("{command} catalog"),
            command => command.to_owned(),
        };
        let ran = place.cargo(&format!("run --offline --locked --quiet --package xtask -- {named} --url {url}"));
        assert_eq!(ran.status.code(), Some(0), "{command}\n{}", text(&ran));
    }
}
