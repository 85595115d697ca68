//! The JSON report: it matches its schema for every kind of finding, its exit code is that of the process, and
//! every code has an explanation.

use crate::suite::{another_project, new_workspace, repository};
use jsonschema::Validator;
use pretty_assertions::assert_eq;
use rehearsal::proofs;
use rehearsal_tests::workspace::{Ran, Workspace};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn schema() -> Validator {
    let text = fs::read_to_string(repository().join("docs/report.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

/// Returns the report that a run printed. It must match the schema and contain the exit code of the process.
fn valid(ran: &Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.text()));
    let errors: Vec<String> = schema().iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0], "{}", ran.text());
    assert_eq!(report["exit"].as_i64(), ran.exit.map(i64::from));
    report
}

/// Rehearses one database and checks the exit code, the codes of the findings, and whether proofs ran.
fn check(workspace: &Workspace, arguments: &str, exit: i64, codes: &[&str], has_proofs: bool) -> Value {
    let report = valid(&workspace.run(&format!("ci {arguments} --json")));
    assert_eq!(report["exit"], exit, "{report:#}");
    let [database] = report["databases"].as_array().unwrap().as_slice() else { panic!("{report:#}") };
    let found: BTreeSet<&str> =
        database["findings"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert_eq!(found, codes.iter().copied().collect::<BTreeSet<_>>(), "{report:#}");
    assert_eq!(!database["proofs"].as_array().unwrap().is_empty(), has_proofs);
    report
}

#[test]
fn reports_match_their_schema() {
    let pets = || new_workspace();
    let with = |path: &str, text: &str| pets().tap(|workspace| workspace.write(path, text));
    check(&pets(), "pets", 0, &[], true);
    let red = "SELECT \"id\", \"name\", 1.5 AS \"x\", NULL AS \"nothing\", x'00ff' AS \"bytes\" FROM \"Pet\" LIMIT 2;";
    let red = with("migrations/pets/checks/red.sql", &format!("-- Red.\n-- from: 20250915090000\n{red}"));
    let report = check(&red, "pets", 1, &["populated/check-failed"], true);
    let finding = &report["databases"][0]["findings"][0];
    assert_eq!(finding["file"], "migrations/pets/checks/red.sql");
    assert_eq!(finding["rows"].as_array().unwrap().len(), 2);
    assert_eq!((&finding["rows"][0]["x"], &finding["rows"][0]["nothing"]), (&1.5.into(), &Value::Null));

    let broken = with("migrations/pets/20250920120000_x.up.sql", "ALTER TABLE \"Toys\" ADD \"a\" TEXT;\n");
    let report = check(
        &broken,
        "pets",
        1,
        &[
            "fresh/migration-failed",
            "populated/migration-failed",
            "idempotent/migration-failed",
            "reversible/migration-failed",
        ],
        true,
    );
    let finding = &report["databases"][0]["findings"][0];
    assert_eq!((finding["line"].as_i64(), finding["column"].as_i64()), (Some(1), Some(13)), "{finding:#}");
    assert_eq!((&finding["migration"], &finding["source"]["width"]), (&20_250_920_120_000_i64.into(), &6.into()));
}

/// Paths are relative to the root of the project, in whichever folder the command runs.
#[test]
fn paths_are_relative_to_the_project() {
    let workspace = new_workspace();
    workspace.write("migrations/pets/20250915090000_again.up.sql", "SELECT 1;");
    let ran = workspace.finish("ci pets --json", workspace.command_in("migrations", &[], ["ci", "pets", "--json"]));
    assert_eq!(
        valid(&ran)["databases"][0]["findings"][0]["file"],
        "migrations/pets/20250915090000_again.up.sql",
        "{}",
        ran.text()
    );
}

/// An unusable server is a finding of the database that needs it; the other database is rehearsed.
#[test]
fn an_unusable_server_is_a_finding() {
    let check = |url: &str, exit: i32, code: &str| {
        let workspace = new_workspace();
        let arguments = ["ci", "llama_logs", "pets", "--json"];
        let command = workspace.command_in("", &[("REHEARSAL_POSTGRES_URL", url)], arguments);
        let ran = workspace.finish("ci llama_logs pets --json", command);
        let report = valid(&ran);
        let [needs, pets] = report["databases"].as_array().unwrap().as_slice() else { panic!("{report:#}") };
        assert_eq!((&needs["proofs"], &needs["findings"][0]["code"]), (&json!([]), &json!(code)), "{}", ran.text());
        assert_eq!((&pets["name"], &pets["exit"]), (&json!("pets"), &json!(0)));
        assert_eq!(ran.exit, Some(exit));
    };
    check("postgres://rehearsal@127.0.0.1:1/postgres", 3, "history/no-server");
    check("pets.sqlite", 2, "history/bad-configuration");
}

/// A rehearsal that cannot start is reported, too.
#[test]
fn refusals_are_findings() {
    let with = |path: &str, text: &str| new_workspace().tap(|workspace| workspace.write(path, text));
    let twice = with("migrations/pets/20250915090000_again.up.sql", "SELECT 1;");
    check(&twice, "pets", 1, &["history/duplicate-version"], false);
    let directive = with("migrations/pets/20250920120000_x.up.sql", "-- lose: a\nSELECT 1;");
    let report = check(&directive, "pets", 1, &["history/bad-directive"], false);
    assert_eq!(report["databases"][0]["findings"][0]["line"], 1);
    let backfill = with("migrations/pets/20250920120000_x.up.sql", "-- requires-backfill: pet_trait\nSELECT 1;");
    check(&backfill, "pets", 2, &["history/unknown-backfill"], false);
    // A backfill of another database would never run here, so the migration would be applied without it.
    let other = with("migrations/pets/20250920120000_x.up.sql", "-- requires-backfill: unified_profiles\nSELECT 1;");
    check(&other, "pets", 2, &["history/unknown-backfill"], false);
    let window = with("migrations/pets/checks/a.sql", "-- from: 7\nSELECT 1;");
    check(&window, "pets", 2, &["history/bad-configuration"], false);

    let given = another_project(&[("migrations/1_a.sql", "SELECT spellfix1_editdist('a', 'b');\n")]);
    check(&given, "--migrations migrations --engine sqlite", 3, &["history/needs-missing"], false);
    // A database that cannot be rehearsed does not stop the rehearsal of another one.
    let other = with("migrations/toys/rehearsal.toml", "engine = \"sqlite\"\n");
    other.write("migrations/toys/1_a.up.sql", "SELECT 1;").write("migrations/toys/1_b.up.sql", "SELECT 1;");
    let report = valid(&other.run("ci pets toys --json"));
    let proofs = |at: usize| report["databases"][at]["proofs"].as_array().unwrap().len();
    assert_eq!((proofs(0), proofs(1), report["exit"].as_i64()), (12, 0, Some(1)));
}

#[test]
fn every_code_is_explained() {
    let codes = proofs::codes();
    let mut names = BTreeSet::new();
    for code in &codes {
        assert!(names.insert(code.name), "{code} is defined twice");
        let texts = [code.explanation.meaning, code.explanation.example, code.explanation.fix, code.explanation.allow];
        assert!(texts.iter().all(|text| text.len() > 10), "{code}");
    }
    for new in proofs::ALL {
        let proof = new();
        let own = proofs::codes_of(proof.as_ref());
        assert!(own.iter().all(|code| code.name.starts_with(&format!("{}/", proof.name()))), "{}", proof.name());
        assert!(proof.question().ends_with('?'), "{}", proof.name());
    }
    assert!(names.len() > 60, "{names:?}");
}

#[test]
fn explanations() {
    let workspace = another_project(&[]);
    let check = |snapshot: &str, arguments: &str, exit: i32| workspace.run(arguments).check(exit, "report", snapshot);
    check("explain_data_lost", "explain populated/data-lost", 0);
    check("explain_all", "explain", 0);
    check("explain_near", "explain populated/data-lots", 2);
    check("explain_far", "explain nothing", 2);
}

/// The published schema of SARIF 2.1.0, which is part of a package that this workspace uses.
fn sarif_schema() -> Validator {
    let metadata =
        duct::cmd!("cargo", "metadata", "--format-version", "1").dir(repository()).stderr_null().read().unwrap();
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let text = fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    // The published pattern of a language has an unpaired bracket, which only JavaScript accepts.
    let schema: Value = serde_json::from_str(&text.replace("{2}]?$", "{2}\\\\]?$")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn sarif_matches_the_published_schema() {
    let schema = sarif_schema();
    let errors = |report: &Value| schema.iter_errors(report).map(|error| error.to_string()).collect::<Vec<_>>();
    let with = |path: &str, text: &str| new_workspace().tap(|workspace| workspace.write(path, text));
    let check = |workspace: &Workspace, exit: i32, results: usize| {
        let ran = workspace.run("ci pets --only populated --report sarif=-");
        assert_eq!(ran.exit, Some(exit), "{}", ran.text());
        let mut report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(errors(&report), [""; 0], "{report:#}");
        let found = report["runs"][0]["results"].as_array().unwrap();
        assert_eq!(found.len(), results, "{report:#}");
        for result in found {
            assert!(result["partialFingerprints"]["rehearsal/v1"].as_str().unwrap().len() == 32, "{result:#}");
        }
        report["runs"][0]["results"] = json!([{ "messages": "wrong" }]);
        assert!(!errors(&report).is_empty(), "the schema refuses something");
    };
    check(&new_workspace(), 0, 0);
    check(&with("migrations/pets/20250920120000_x.up.sql", "ALTER TABLE \"Toys\" ADD \"a\" TEXT;\n"), 1, 1);
    check(&with("migrations/pets/checks/ä red.sql", "-- Red.\n-- from: 20250915090000\nSELECT 1 AS \"x\";\n"), 1, 1);
}
