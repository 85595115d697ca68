//! The output of a rehearsal: many findings, one cause found by several proofs, a stop at the first failure, and an
//! interruption.

use crate::project::{PEOPLE, Project, SQLITE};
use duct::unix::HandleExt;
use pretty_assertions::assert_eq;
use std::fs;
use std::io::{BufRead, BufReader};

/// Migrations that fail on any table with rows, from version 2 on.
fn faulty(number: usize) -> Project {
    let project = Project::new(&[PEOPLE, SQLITE]);
    for n in 2..number + 2 {
        let sql = format!("-- Column {n}.\nALTER TABLE people ADD COLUMN c{n} INTEGER NOT NULL;\n");
        project.write(&format!("migrations/{n}_c{n}.sql"), &sql);
    }
    project
}

#[test]
fn many_findings() {
    faulty(5).run("--only generated-rows").check(1, "output", "five_findings");
    faulty(6).run("--only generated-rows").check(1, "output", "six_findings");
    faulty(6).run("--only generated-rows -v").check(1, "output", "six_findings_verbose");
    faulty(6).run("--only generated-rows -v --json").check(2, "output", "verbose_json");
    // Two screens.
    let ran = faulty(72).run("");
    let lines = ran.stdout.lines().count() + ran.stderr.lines().count();
    assert!(lines < 110 && ran.stdout.contains("72 findings in 72 files"), "{lines} lines\n{}", ran.text());
}

#[test]
fn one_cause_is_told_once() {
    let project = Project::new(&[PEOPLE, SQLITE]);
    project.write("migrations/2_x.sql", "CREATE UNIQUE INDEX one ON people (name);\n");
    let rows = "-- at: 1\nINSERT INTO people VALUES (1, 'Ada'), (2, 'Ada');\n";
    project.write("fixtures/few.sql", rows).write("fixtures/more.sql", rows);
    project.run("--skip crash,generated-rows").check(1, "output", "one_cause");
}

#[test]
fn fail_fast() {
    faulty(2).run("--fail-fast --jobs 1").check(1, "output", "fail_fast");
    let sound = Project::new(&[PEOPLE, SQLITE]);
    sound.run("--fail-fast --skip crash").check(0, "output", "fail_fast_without_a_failure");
}

/// Ctrl-C and SIGTERM print what was found until then.
#[test]
#[ignore = "slow"]
fn interruptions() {
    const ENDLESS: &str = "UPDATE people SET name = (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                           WHERE i < 100000000000) SELECT max(i) FROM n);\n";
    let check = |signal: i32, arguments: &str| {
        let project = Project::new(&[PEOPLE, SQLITE, ("migrations/2_endless.sql", ENDLESS)]);
        // Files, because a pipe that is read only at the end could fill up.
        let (out, err) = (project.path("out"), project.path("err"));
        let command = project.command("", arguments).stdout_path(&out).stderr_path(&err).unchecked();
        let running = command.start().unwrap();
        // The first line of the log follows after ten seconds, when *fresh* is over.
        let end = std::time::Instant::now() + std::time::Duration::from_secs(120);
        while !fs::read_to_string(&err).unwrap_or_default().contains(" of 9 proofs") {
            let is_over = running.try_wait().unwrap().is_some() || std::time::Instant::now() > end;
            assert!(!is_over, "{}", fs::read_to_string(&err).unwrap());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        running.send_signal(signal).unwrap();
        assert_eq!(running.wait().unwrap().status.code(), Some(3), "{signal}");
        let lines = BufReader::new(fs::File::open(&out).unwrap()).lines().map(Result::unwrap);
        (lines.collect::<Vec<String>>().join("\n"), fs::read_to_string(&err).unwrap())
    };
    for (signal, name) in [(2, "SIGINT"), (15, "SIGTERM")] {
        let (out, err) = check(signal, "");
        let is_told = out.contains("passed      fresh") && out.contains("incomplete: it was interrupted");
        assert!(is_told, "{name}\n{out}\n{err}");
        assert!(err.contains("running for 10.0") && err.contains(" / (empty), "), "{err}");
    }
    let (out, _) = check(15, "--json");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["exit"], 3);
    assert_eq!(report["databases"][0]["proofs"][0]["name"], "fresh");
    assert!(report["databases"][0]["incomplete"].as_str().unwrap().starts_with("it was interrupted"));
}
