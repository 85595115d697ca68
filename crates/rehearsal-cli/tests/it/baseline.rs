//! The baseline: findings of migrations that are unchanged since the base revision do not count, faults of the change do,
//! and `rehearsal.toml` accepts findings. On real repositories: clones, worktrees, shallow clones and detached heads.

use crate::project::{Files, PEOPLE, Project, SQLITE};
use pretty_assertions::assert_eq;
use serde_json::Value;
use std::fs;

/// Fails on any table with rows.
const AGE: (&str, &str) = ("migrations/2_age.sql", "ALTER TABLE people ADD COLUMN age INTEGER NOT NULL;\n");
const SIZE: (&str, &str) = ("migrations/3_size.sql", "ALTER TABLE people ADD COLUMN size INTEGER NOT NULL;\n");
const HATS: (&str, &str) = ("migrations/3_hats.sql", "CREATE TABLE hats (id INTEGER PRIMARY KEY);\n");
/// Only the proof that finds the faults of these migrations, and *fresh*.
const ONLY: &str = "--only generated-rows --fresh";

/// A project with a commit of these files, cloned from a repository.
fn merged(files: Files<'_>) -> Project {
    let project = Project::new(files);
    project.write(SQLITE.0, SQLITE.1);
    project.git("init --quiet --initial-branch main");
    project.commit();
    project.git("clone --quiet --bare . ../upstream.git");
    project.git("remote add origin ../upstream.git");
    project.git("fetch --quiet");
    project.git("remote set-head origin main");
    project.git("checkout --quiet -b change");
    project
}

/// Codes and states of the findings, and the status of the base.
fn found(project: &Project, arguments: &str) -> (Option<i32>, Vec<String>, String) {
    let ran = project.run(&format!("{ONLY} --json {arguments}"));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.text()));
    let findings = report["databases"][0]["findings"].as_array().unwrap();
    let text = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{} {} {}", text("status"), text("code"), finding["migration"])
    };
    let base = report["base"]["status"].as_str().unwrap_or("none").to_owned();
    (ran.exit, findings.iter().map(text).collect(), base)
}

#[track_caller]
fn check(project: &Project, arguments: &str, exit: i32, findings: &[&str], base: &str) {
    assert_eq!(
        found(project, arguments),
        (Some(exit), findings.iter().map(|text| (*text).to_owned()).collect(), base.to_owned()),
        "{arguments}"
    );
}

const EXISTING: &str = "existing generated-rows/migration-failed 2";
const COUNTS: &str = "new generated-rows/migration-failed 2";

#[test]
fn findings_of_merged_migrations_do_not_count() {
    let project = merged(&[PEOPLE, AGE]);
    check(&project, "", 0, &[EXISTING], "found");
    check(&project, "--base none", 1, &[COUNTS], "none");
    project.write(HATS.0, HATS.1);
    check(&project, "", 0, &[EXISTING], "found");
    fs::remove_file(project.path(HATS.0)).unwrap();
    project.write(SIZE.0, SIZE.1);
    let both = [EXISTING, "new generated-rows/migration-failed 3"];
    // Uncommitted and committed changes are equal.
    check(&project, "", 1, &both, "found");
    project.commit();
    check(&project, "", 1, &both, "found");
    check(&project, "--base HEAD", 0, &[EXISTING, "existing generated-rows/migration-failed 3"], "found");
    check(&project, "--base main", 1, &both, "found");
    project.run(ONLY).check(1, "baseline", "one_existing_and_one_new");
    project.run(&format!("{ONLY} --base HEAD")).check(0, "baseline", "all_existing");
    project.run("--base nothing").check(2, "baseline", "unknown_base");
    project.run("--base --nothing").check(2, "baseline", "base_that_is_a_flag");
}

#[test]
fn faults_of_the_change() {
    let check = |change: &dyn Fn(&Project), snapshot: &str| {
        let project = merged(&[PEOPLE, HATS]);
        change(&project);
        project.run(ONLY).check(1, "baseline", snapshot);
    };
    let move_to = |from: (&str, &str), to: &'static str| {
        let from = from.0.to_owned();
        move |project: &Project| fs::rename(project.path(&from), project.path(to)).unwrap()
    };
    check(
        &|project| {
            project.write(PEOPLE.0, "CREATE TABLE people (id INTEGER PRIMARY KEY);\n");
        },
        "edited",
    );
    check(&move_to(PEOPLE, "migrations/1_persons.sql"), "renamed");
    check(&move_to(HATS, "migrations/4_hats.sql"), "renumbered");
    check(&|project| fs::remove_file(project.path(HATS.0)).unwrap(), "deleted");
    check(
        &|project| {
            project.write("migrations/2_x.sql", "CREATE TABLE x (id INTEGER);\n");
        },
        "out_of_order",
    );
}

#[test]
fn repositories() {
    // Outside git, every finding counts.
    let outside = Project::new(&[PEOPLE, AGE, SQLITE]);
    check(&outside, "", 1, &[COUNTS], "unknown");
    outside.run(ONLY).check(1, "baseline", "outside_git");
    outside.run("--base main").check(2, "baseline", "outside_git_with_a_base");
    outside.git("init --quiet --initial-branch main");
    check(&outside, "", 1, &[COUNTS], "unknown");
    outside.commit();
    outside.run(ONLY).check(1, "baseline", "without_a_remote");
    check(&outside, "--base main", 0, &[EXISTING], "found");

    let project = merged(&[PEOPLE, AGE]);
    project.git("checkout --quiet --detach");
    check(&project, "", 0, &[EXISTING], "found");
    // Without `origin/HEAD`, as after a checkout in CI.
    project.git("remote set-head origin --delete");
    check(&project, "", 0, &[EXISTING], "found");
    project.git("worktree add --quiet ../tree");
    let tree = project.beside("tree");
    check(&tree, "", 0, &[EXISTING], "found");
    tree.write(SIZE.0, SIZE.1);
    check(&tree, "", 1, &[EXISTING, "new generated-rows/migration-failed 3"], "found");

    // The base is the commit from which the branch started, whatever was merged since.
    project.git("checkout --quiet main");
    project.write(SIZE.0, SIZE.1);
    project.commit();
    project.git("push --quiet origin main");
    project.git("checkout --quiet change");
    check(&project, "", 0, &[EXISTING], "found");
    check(&project, "--base origin/main", 0, &[EXISTING], "found");
    check(&project, &format!("--base {}", "0".repeat(40)), 1, &[COUNTS], "unknown");

    // A shallow clone of a branch knows no merge base, and a message says what to fetch.
    project.write(HATS.0, HATS.1);
    project.commit();
    project.git("push --quiet origin change");
    project.git("clone --quiet --depth 1 --branch change --no-single-branch file://upstream ../shallow");
    let shallow = project.beside("shallow");
    check(&shallow, "", 1, &[COUNTS], "unknown");
    shallow.run(ONLY).check(1, "baseline", "shallow");
    shallow.run("--base origin/main").check(2, "baseline", "shallow_with_a_base");
    shallow.git("fetch --quiet --unshallow origin");
    check(&shallow, "", 0, &[EXISTING], "found");
}

#[test]
fn accepted_findings() {
    let with = |toml: &str| {
        let project = Project::new(&[PEOPLE, AGE]);
        project.write(SQLITE.0, &format!("engine = \"sqlite\"\n{toml}"));
        project
    };
    let entry = |rest: &str| format!("[[allow]]\nmigration = 2\ncode = \"generated-rows/migration-failed\"\n{rest}");
    let accepted = with(&entry("reason = \"people is empty\"\n"));
    accepted.run("--fresh").check(0, "baseline", "accepted");
    let by_object = with(&entry("object = \"people\"\nreason = \"people is empty\"\n"));
    by_object.run(ONLY).check(0, "baseline", "accepted_by_object");
    with(&entry("object = \"hats\"\nreason = \"x\"\n")).run(ONLY).check(1, "baseline", "another_object");
    with(&entry("")).run(ONLY).check(2, "baseline", "without_a_reason");
    with(&entry("reason = \" \"\n")).run(ONLY).check(2, "baseline", "with_an_empty_reason");
    with(&entry("resaon = \"x\"\n")).run(ONLY).check(2, "baseline", "unknown_key_of_an_entry");
    with("[[alow]]\n").run(ONLY).check(2, "baseline", "unknown_key");
    let misspelt = with("[[allow]]\ncode = \"generated-rows/migration-faild\"\nreason = \"x\"\n");
    misspelt.run(ONLY).check(2, "baseline", "unknown_code");
    // Only a complete rehearsal shows that an entry is out of date.
    let other = "[[allow]]\nmigration = 1\ncode = \"populated/data-lost\"\nreason = \"x\"\n";
    let unused = with(&format!("{}{other}", entry("reason = \"people is empty\"\n")));
    unused.run("--fresh").check(0, "baseline", "unused_entry");
    unused.run(ONLY).check(0, "baseline", "entry_of_a_proof_that_was_left_out");
}

#[test]
fn write_baseline() {
    let project = Project::new(&[PEOPLE, AGE, SIZE]);
    project.run("--engine sqlite --write-baseline").check(0, "baseline", "write");
    let toml = || fs::read_to_string(project.path("migrations/rehearsal.toml")).unwrap();
    let first = toml();
    assert_eq!(
        first,
        "[[allow]]\nmigration = 2\ncode = \"generated-rows/migration-failed\"\nreason = \"baseline\"\n\n\
         [[allow]]\nmigration = 3\ncode = \"generated-rows/migration-failed\"\nreason = \"baseline\"\n"
    );
    assert_eq!(project.run("--engine sqlite").exit, Some(0));
    project.run("--engine sqlite --write-baseline").check(0, "baseline", "write_again");
    assert_eq!(toml(), first);
    // What makes a rehearsal incomplete cannot be accepted.
    project.write("migrations/4_x.sql", "CREATE TABLE x AS SELECT unknown_function();\n");
    let ran = project.run("--engine sqlite --write-baseline");
    assert_eq!((ran.exit, toml()), (Some(3), first), "{}", ran.text());
    project.run("--write-baseline --only fresh").check(2, "baseline", "write_with_some_proofs");
}

/// An accepted finding that ends a proof leaves the later migrations uncovered, so the rehearsal is incomplete.
#[test]
fn findings_that_end_a_proof() {
    let rows = ("fixtures/rows.sql", "-- at: 1\nINSERT INTO people (name) VALUES ('Ada');\n");
    let project = merged(&[PEOPLE, AGE, rows]);
    let check = |flags: &str, exit: i32| {
        let ran = project.run(&format!("--only fresh,populated {flags}"));
        assert_eq!(ran.exit, Some(exit), "{}", ran.text());
        ran
    };
    check("--base none", 1);
    let ran = check("", 3);
    assert!(ran.text().contains("nothing after it was tried"), "{}", ran.text());
}

/// A history that was not rehearsed has no findings to accept.
#[test]
fn write_baseline_of_a_refused_history() {
    let project = Project::new(&[PEOPLE, SQLITE, ("migrations/1_again.sql", "SELECT 1;\n")]);
    let ran = project.run("--write-baseline");
    assert_eq!(ran.exit, Some(1), "{}", ran.text());
    assert_eq!(fs::read_to_string(project.path(SQLITE.0)).unwrap(), SQLITE.1);
}

/// CI servers want paths that begin at the root of the repository; reports show which migrations are new.
#[test]
fn places_in_the_repository() {
    let project = merged(&[("shop/migrations/1_people.sql", PEOPLE.1), ("shop/migrations/rehearsal.toml", SQLITE.1)]);
    project.write("shop/migrations/2_age.sql", AGE.1);
    let reports = "--report json=all.json --report gitlab=gitlab.json --report sarif=all.sarif --report markdown=all.md --report html=all.html";
    let ran = project.run_in("shop", &format!("--only fresh,generated-rows {reports}"));
    assert_eq!(ran.exit, Some(1), "{}", ran.text());
    let read = |file: &str| fs::read_to_string(project.path("shop").join(file)).unwrap();
    let json = |file: &str| serde_json::from_str::<Value>(&read(file)).unwrap();
    let report = json("all.json");
    assert_eq!((&report["folder"], &report["databases"][0]["unchanged"]), (&"shop/".into(), &serde_json::json!([1])));
    let file = "shop/migrations/2_age.sql";
    assert_eq!(json("gitlab.json")[0]["location"]["path"], file);
    let location = &json("all.sarif")["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!((&location["artifactLocation"]["uri"], &location["region"]["startLine"]), (&file.into(), &1.into()));
    // Only the second migration is new.
    let lines = |text: &str| text.lines().filter(|line| line.contains("people") && line.starts_with('|')).count();
    assert_eq!((read("all.md").contains("| new migration |"), lines(&read("all.md"))), (true, 0));
    assert_eq!(read("all.html").matches("<span class=\"care\">new</span>").count(), 1);
}
