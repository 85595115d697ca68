//! `init`: what it writes, that it overwrites nothing, and that the crate of `--xtask` compiles, passes its test and works.

use crate::project::{HATS, PEOPLE, Project, SQLITE, STRICT};
use pretty_assertions::assert_eq;
use std::fs;
use std::path::Path;

const PACKAGE: (&str, &str) =
    ("Cargo.toml", "[package]\nname = \"bookshop\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");

/// Every file of a project except those of git and cargo, with its text.
fn files(project: &Project) -> String {
    fn list(root: &Path, folder: &Path, text: &mut String) {
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                if ![".git", "target"].contains(&name.as_str()) {
                    list(root, &path, text);
                }
            } else if !["Cargo.lock", "Cargo.toml"].contains(&name.as_str()) || path.parent() != Some(root) {
                let below = path.strip_prefix(root).unwrap().display().to_string();
                text.push_str(&format!("=== {below}\n{}", fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut text = String::new();
    list(&project.root, &project.root, &mut text);
    text
}

#[test]
fn files_of_a_project() {
    let check = |snapshot: &str, project: &Project, arguments: &str| {
        let ran = project.run(arguments);
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        project.hold("init", snapshot, &format!("{}{}", ran.text(), files(project)));
    };
    let project = Project::new(&[PEOPLE, STRICT, PACKAGE]);
    check("plain", &project, "init");
    let first = files(&project);
    check("again", &project, "init");
    assert_eq!(files(&project), first);
    // In a repository with several projects, the workflow is at its root.
    let project = Project::new(&[(PEOPLE.0, PEOPLE.1), STRICT]);
    project.write("services/shop/Cargo.toml", PACKAGE.1).write("services/shop/migrations/1_a.sql", STRICT.1);
    project.git("init --quiet");
    let ran = project.run_in("services/shop", "init");
    assert_eq!(ran.exit, Some(0), "{}", ran.text());
    let workflow = fs::read_to_string(project.path(".github/workflows/rehearse.yml")).unwrap();
    assert!(workflow.contains("        working-directory: services/shop\n"), "{workflow}");
    // Without xtask, there are no backfills.
    project.run_in("services/shop", "new bookshop add_title --backfill").check(2, "init", "new_backfill_without_xtask");
}

#[test]
fn files_of_xtask() {
    let check = |snapshot: &str, env: &str| {
        let project = Project::new(&[PEOPLE, HATS, PACKAGE, (".env", env), (".cargo/config.toml", "# mine\n")]);
        let ran = project.run("init --xtask");
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        project.hold("init", snapshot, &format!("{}{}", ran.text(), files(&project)));
    };
    check("xtask_sqlite", "DATABASE_URL=sqlite:shop.db\n");
    check("xtask_postgres", "DATABASE_URL=postgres://localhost/shop\n");
}

/// A migration and a check that were created and not filled in are one finding.
#[test]
fn scaffolds() {
    let project = Project::new(&[PEOPLE, SQLITE]);
    assert_eq!(project.run("new bookshop add_hats").exit, Some(0));
    // The history has no down files, so the new migration has none.
    project.run("ci").check(1, "init", "unfilled");
    project.run("migrate").check(2, "init", "unfilled_migrate");
    let reversible =
        Project::new(&[("migrations/1_a.up.sql", PEOPLE.1), ("migrations/1_a.down.sql", "DROP TABLE people;"), SQLITE]);
    assert_eq!(reversible.run("new bookshop add_hats").exit, Some(0));
    reversible.run("ci").check(1, "init", "unfilled_reversible");
}

/// The crate compiles against the crates of this repository, its test passes, and a backfill that `new` adds is one finding
/// until it is filled in.
#[test]
#[ignore = "slow"]
fn xtask_works() {
    for (engine, url) in [("sqlite", "sqlite:shop.db"), ("postgres", "postgres://localhost/shop")] {
        let project =
            Project::new(&[PEOPLE, HATS, PACKAGE, ("src/lib.rs", ""), (".env", &format!("DATABASE_URL={url}\n"))]);
        assert_eq!(project.run("init --xtask").exit, Some(0));
        let cargo = |arguments: &str| project.cargo(arguments);
        let ran = cargo("test");
        assert!(ran.stdout.contains("backfills::example::tests::transforms ... ok"), "{engine}\n{}", ran.text());
        let ran = cargo("run -- new bookshop add_title --backfill");
        assert_eq!(ran.exit, Some(0), "{engine}\n{}", ran.text());
        let ran = cargo("run -- ci --no-install");
        assert_eq!(ran.exit, Some(1), "{engine}\n{}", ran.text());
        assert!(ran.stdout.contains("history/unfilled-scaffold"), "{engine}\n{}", ran.text());
        assert!(ran.stdout.contains("xtask/src/backfills/add_title.rs"), "{engine}\n{}", ran.text());
        assert_eq!(ran.stdout.matches("FAILED").count(), 1, "{engine}\n{}", ran.text());
    }
}
