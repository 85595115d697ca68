//! Reports in files: which are written where, what they contain, and the errors for wrong flags.

use crate::suite::{new_workspace, with_pets};
use pretty_assertions::assert_eq;
use rehearsal_tests::workspace::{CREATED, PETS, Ran, TRAITS, Workspace};
use serde_json::Value;
use std::fs;

/// Reads a report in JSON.
fn json(workspace: &Workspace, file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(workspace.path(file)).unwrap()).unwrap()
}

/// Runs a command and expects this exit code.
fn run(workspace: &Workspace, arguments: &str, exit: i32) -> Ran {
    let ran = workspace.run(arguments);
    assert_eq!(ran.exit, Some(exit), "{}", ran.text());
    ran
}

/// Runs a command as GitHub Actions does.
fn on_github(workspace: &Workspace, arguments: &[&str], exit: i32) -> Ran {
    let summary = workspace.path("summary.md");
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())];
    let command = workspace.command_in("", &variables, arguments.iter().copied());
    let ran = workspace.finish(&arguments.join(" "), command);
    assert_eq!(ran.exit, Some(exit), "{}", ran.text());
    ran
}

/// A workspace whose rehearsal fails quickly, and whose finding has a place.
fn failing() -> Workspace {
    new_workspace().tap(|workspace| {
        workspace.migration("20250920120000_x", "SELECT 1;\nALTER TABLE \"Toys\" ADD \"a\" TEXT;\n", "")
    })
}

#[test]
fn several_at_once() {
    let workspace = failing();
    let formats = ["html", "json", "junit", "sarif", "markdown", "github", "gitlab", "lines"];
    let flags: String = formats.iter().map(|format| format!(" --report {format}=out/reports/{format}")).collect();
    let ran = run(&workspace, &format!("ci pets --only populated{flags}"), 1);
    assert!(ran.stdout.contains("populated/migration-failed"), "the terminal shows the result, too: {}", ran.text());
    for format in formats {
        let text = fs::read_to_string(workspace.path(&format!("out/reports/{format}"))).unwrap();
        let expect = if format == "lines" { "findings\nwith steps" } else { "populated/migration-failed" };
        assert!(text.contains(expect), "{format}: {text}");
    }
    let left = fs::read_dir(workspace.path("out/reports")).unwrap().count();
    assert_eq!(left, formats.len(), "no temporary file is left");
}

#[test]
fn standard_output_has_nothing_else() {
    let workspace = failing();
    for format in ["json", "sarif", "gitlab"] {
        let ran = run(&workspace, &format!("ci pets --only fresh --report {format}=-"), 1);
        assert!(serde_json::from_str::<Value>(&ran.stdout).is_ok(), "{}", ran.text());
    }
    let same = |arguments: &str| {
        let ran = run(&workspace, arguments, 1);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        report["databases"][0]["findings"][0]["message"].clone()
    };
    assert_eq!(same("ci pets --only fresh --report json=-"), same("ci pets --only fresh --json"));
    let ran = run(&workspace, "ci pets --only fresh --report lines=-", 1);
    assert_eq!(ran.stdout, "pets: 1 proofs, 1 findings\nwith steps\n", "{}", ran.text());
}

/// A path starts in the folder in which the user typed the command.
#[test]
fn paths_start_where_the_user_is() {
    let workspace = new_workspace();
    let arguments = ["ci", "pets", "--only", "fresh", "--report", "json=here.json"];
    let ran = workspace.finish("ci", workspace.command_in("migrations", &[], arguments));
    assert_eq!(ran.exit, Some(0), "{}", ran.text());
    assert_eq!(json(&workspace, "migrations/here.json")["command"], "rehearsal");
}

#[test]
fn wrong_flags() {
    let workspace = new_workspace();
    workspace.write("a.txt", "");
    let files = workspace.files();
    let check = |arguments: &str, snapshot: &str| {
        workspace.run(arguments).check(2, "reports", snapshot);
        assert_eq!(workspace.files(), files, "{arguments} does nothing");
    };
    check("ci pets --report report.html", "no_format");
    check("ci pets --report html=", "no_file");
    check("ci pets --report htm=a.html", "unknown_format");
    check("ci pets --report html=a.html --report json=a.html", "same_file");
    check("ci pets --report json=- --json", "same_output");
    check("ci pets --report html=migrations", "folder");
    check("ci pets --report html=a.txt/b.html", "below_a_file");
    check("ci pets --rows perhaps", "rows");
    check("verify pets --report xml=a.xml", "verify");
    check("backfill pet_traits --execute --report report.json", "backfill");
    check("backfill pet_traits --status --report html=a.html", "status");
    check("verify pets --json --report json=-", "verify_json");
}

#[test]
fn github_actions() {
    let workspace = failing();
    workspace.write("summary.md", "of an earlier step\n");
    let ran = on_github(&workspace, &["ci", "pets", "--only", "fresh"], 1);
    // The text, which can contain values of rows, stands between two lines that no value can be.
    let (begin, text) = ran.stdout.split_once('\n').unwrap();
    let token = begin.strip_prefix("::stop-commands::").unwrap_or_else(|| panic!("{}", ran.text()));
    let (text, annotations) = text.split_once(&format!("::{token}::\n")).unwrap_or_else(|| panic!("{}", ran.text()));
    assert!(text.contains("FAILED pets / fresh"), "{}", ran.text());
    let annotations: Vec<&str> = annotations.lines().filter(|line| line.starts_with("::")).collect();
    let expect =
        "::error file=migrations/pets/20250920120000_x.up.sql,line=2,col=13,title=pets%3A fresh/migration-failed::";
    assert!(annotations.len() == 1 && annotations[0].starts_with(expect), "{}", ran.text());
    let summary = fs::read_to_string(workspace.path("summary.md")).unwrap();
    assert!(summary.starts_with("of an earlier step\n### ❌ Rehearsal of 1 database: 1 finding"), "{summary}");
    let ran = on_github(&workspace, &["verify", "pets", "--json"], 2);
    assert!(!ran.stdout.contains("::"), "{}", ran.text());
    // A report on standard output stays alone, and one that a flag asks for is not written twice.
    let ran = on_github(&workspace, &["ci", "pets", "--only", "fresh", "--json", "--report", "markdown=own.md"], 1);
    assert!(serde_json::from_str::<Value>(&ran.stdout).is_ok(), "{}", ran.text());
    assert_eq!(fs::read_to_string(workspace.path("summary.md")).unwrap(), summary);
}

/// A report of a real database contains values of rows only if a flag says so; one of the development database does.
#[test]
fn rows_of_real_databases() {
    let workspace = with_pets(TRAITS);
    workspace.write(
        "migrations/pets/checks/red.sql",
        "-- Red.\n-- from: 20250915090000\nSELECT \"name\" FROM \"Pet\" WHERE \"name\" = 'Momo';\n",
    );
    workspace.execute(r#"UPDATE "Pet" SET "name" = 'Momo' WHERE rowid = 1"#);
    let formats = ["html", "json", "junit", "sarif", "markdown", "github", "gitlab"];
    let check = |arguments: &str, has_rows: bool| {
        let flags: String = formats.iter().map(|format| format!(" --report {format}=out/{format}")).collect();
        run(&workspace, &format!("verify pets {arguments}{flags}"), 1);
        for format in formats {
            let text = fs::read_to_string(workspace.path(&format!("out/{format}"))).unwrap();
            assert!(text.contains("check/failed"), "{format}: {text}");
            let shows_rows = ["html", "json", "junit"].contains(&format) && has_rows;
            assert_eq!(text.contains("Momo"), shows_rows, "{format} {arguments}: {text}");
        }
    };
    let elsewhere = format!("--url sqlite:{PETS}");
    check("", true);
    check("--rows hide", false);
    check(&elsewhere, false);
    check(&format!("{elsewhere} --rows show"), true);
}

/// A rehearsal shows rows of fixtures, unless a flag forbids it.
#[test]
fn rows_of_fixtures() {
    let workspace = new_workspace();
    workspace.write(
        "migrations/pets/checks/red.sql",
        "-- Red.\n-- from: 20250915090000\nSELECT \"id\", \"name\" FROM \"Pet\" ORDER BY \"name\" DESC LIMIT 2;\n",
    );
    let rows = |arguments: &str| {
        let ran = run(&workspace, &format!("ci pets --only populated --report json=out.json {arguments}"), 1);
        let finding = json(&workspace, "out.json")["databases"][0]["findings"][0].clone();
        (finding["rows"].as_array().unwrap().len(), ran.stdout.contains("  rows  "))
    };
    assert_eq!(rows(""), (2, true));
    assert_eq!(rows("--rows hide"), (0, false));
}

#[test]
fn signed_off() {
    let workspace = with_pets(TRAITS);
    let report = |arguments: &str, exit: i32| {
        run(
            &workspace,
            &format!("backfill pet_traits {arguments} --report json=out/a.json --report html=out/a.html"),
            exit,
        );
        let report = json(&workspace, "out/a.json");
        assert_eq!((&report["command"], &report["exit"]), (&"backfill".into(), &exit.into()), "{report:#}");
        (report["databases"][0].clone(), fs::read_to_string(workspace.path("out/a.html")).unwrap())
    };
    let (predicted, _) = report("", 0);
    let run = &predicted["runs"][0];
    assert_eq!((&run["mode"], &run["state"], &run["undo"]), (&"dry-run".into(), &"finished".into(), &Value::Null));

    workspace.execute(
        r#"CREATE TRIGGER "frozen" BEFORE UPDATE ON "Pet" WHEN old.rowid > 60 BEGIN SELECT RAISE(ABORT, 'no'); END"#,
    );
    let (failed, page) = report("--execute --batch 10", 1);
    let run = &failed["runs"][0];
    assert_eq!((&run["state"], &run["counts"]["units"]), (&"failed".into(), &60.into()), "{run:#}");
    assert!(run["error"].as_str().unwrap().contains("no"), "{run:#}");
    assert_eq!(failed["findings"].as_array().unwrap().len(), 1, "{failed:#}");
    assert_eq!((&run["left"], &run["undo"]), (&32.into(), &"cargo xtask backfill pet_traits --undo --execute".into()));
    assert!(page.contains("Committed batches stay"), "{page}");

    workspace.execute(r#"DROP TRIGGER "frozen""#);
    let (done, page) = report("--execute --batch 10", 0);
    let run = &done["runs"][0];
    assert_eq!(
        (&run["state"], &run["counts"]["units"], &run["resumed_units"]),
        (&"finished".into(), &92.into(), &60.into())
    );
    assert_eq!(run["undo"], "cargo xtask backfill pet_traits --undo --execute");
    assert_eq!(run["batches"].as_array().unwrap().len(), 4, "{run:#}");
    assert!(run["log"].as_array().unwrap().len() >= 3, "{run:#}");
    assert!(!run["ranges"].as_array().unwrap().is_empty(), "{run:#}");
    let record = run["record"].as_str().unwrap();
    assert!(fs::exists(workspace.path(record)).unwrap(), "{record}");
    for part in ["60 pets of them by earlier processes", "--undo --execute", "Audit trail", "1 range"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (undone, _) = report("--undo --execute", 0);
    assert_eq!(undone["runs"][0]["mode"], "undo");
}

/// A backfill that did not run is in the report, and the report has the exit code of the command.
#[test]
fn what_was_not_done() {
    let workspace = with_pets(CREATED);
    let check = |arguments: &str, exit: i32, code: &Value| {
        run(
            &workspace,
            &format!("backfill pet_traits {arguments} --report json=out/a.json --report junit=out/a.xml"),
            exit,
        );
        let report = json(&workspace, "out/a.json");
        let database = &report["databases"][0];
        assert_eq!((&report["exit"], &database["runs"]), (&exit.into(), &Value::Array(Vec::new())), "{report:#}");
        assert_eq!(&database["findings"][0]["code"], code, "{report:#}");
        let junit = fs::read_to_string(workspace.path("out/a.xml")).unwrap();
        assert!(junit.contains("<failure "), "{junit}");
    };
    // The first migration of its window is not applied.
    check("--execute", 1, &"rehearsal/failed".into());
    check("", 1, &"rehearsal/failed".into());
}

/// Without values, a report of a run keeps counts, and reasons without what they quote.
#[test]
fn runs_without_values() {
    let workspace = with_pets(TRAITS);
    workspace.execute(
        r#"CREATE TRIGGER "frozen" BEFORE UPDATE ON "Pet" WHEN old.rowid > 60 BEGIN SELECT RAISE(ABORT, 'no ''Momo'' here'); END"#,
    );
    let elsewhere = format!("--url sqlite:{PETS}");
    let ran =
        run(&workspace, &format!("backfill pet_traits --execute --batch 10 --report json=out/a.json {elsewhere}"), 1);
    assert!(ran.stderr.contains("Momo"), "{}", ran.text());
    let report = fs::read_to_string(workspace.path("out/a.json")).unwrap();
    assert!(!report.contains("Momo") && report.contains("no '…' here"), "{report}");
    let undo = json(&workspace, "out/a.json")["databases"][0]["runs"][0]["undo"].as_str().unwrap().to_owned();
    assert!(undo.contains("--url "), "{undo}");
}

#[test]
fn verifications_of_backfills() {
    let workspace = new_workspace();
    let ran = run(&workspace, "backfill pet_traits --verify --report junit=out/a.xml --report json=-", 0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.text()));
    let proof = &report["databases"][0]["proofs"][0];
    assert_eq!((&proof["name"], &proof["status"]), (&"pet_traits".into(), &"passed".into()), "{report:#}");
    assert!(ran.stderr.contains("pet_traits on fixture"), "{}", ran.text());
    let junit = fs::read_to_string(workspace.path("out/a.xml")).unwrap();
    assert!(junit.contains(r#"<testcase name="pet_traits / "#), "{junit}");
}
