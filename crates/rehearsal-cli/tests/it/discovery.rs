//! `cargo rehearse` without flags: which migrations, which engine and which fixtures it finds, and what it says if it
//! finds none or several.

use crate::project::{Files, HATS, PEOPLE, Project, STRICT};
use pretty_assertions::assert_eq;

/// Runs a command in a folder of a project with these files, and compares all output with the snapshot with this name.
fn check(snapshot: &str, exit: i32, files: Files<'_>, (folder, arguments): (&str, &str)) {
    let project = Project::new(files);
    std::fs::create_dir_all(project.path(folder)).unwrap();
    project.run_in(folder, arguments).check(exit, "discovery", snapshot);
}

const SKIP: &str = "--skip crash,idempotent,generated-rows";

#[test]
fn migrations() {
    check("bare", 0, &[PEOPLE, HATS, STRICT], ("", SKIP));
    check("from_a_folder_below", 0, &[PEOPLE, STRICT], ("src/bin", SKIP));
    let member = [("crates/server/migrations/1_a.sql", STRICT.1), ("crates/server/src/main.rs", "")];
    check("from_a_folder_above", 0, &member, ("", SKIP));
    let other = ("crates/other/migrations/1_a.sql", STRICT.1);
    check("several_below", 2, &[member[0], other, ("crates/target/migrations/1_a.sql", "")], ("", ""));
    check("none", 2, &[("src/main.rs", "")], ("", ""));
    check("none_and_empty", 2, &[("migrations/README.md", "")], ("", ""));
    let toml = ("sqlx.toml", "[migrate]\nmigrations-dir = \"db/changes\"\n");
    check("sqlx_toml", 0, &[toml, ("db/changes/1_a.sql", STRICT.1), PEOPLE], ("src", SKIP));
    check("sqlx_toml_without_its_folder", 2, &[toml, PEOPLE], ("", ""));
    check("named_by_the_package", 0, &[PEOPLE, STRICT, ("Cargo.toml", "[package]\nname = \"shop\"\n")], ("", SKIP));
    let named = ("migrations/rehearsal.toml", "name = \"books\"\nengine = \"sqlite\"\n");
    check("named_by_rehearsal_toml", 0, &[PEOPLE, named], ("", SKIP));
    let databases = [("migrations/a/rehearsal.toml", "engine = \"sqlite\"\n"), ("migrations/a/1_a.sql", STRICT.1)];
    check("a_folder_for_each_database", 0, &databases, ("", SKIP));
    check("flags_for_one_of_several_databases", 2, &databases, ("", "--engine sqlite"));
    let named = ("migrations/a/rehearsal.toml", "name = \"b\"\nengine = \"sqlite\"\n");
    check("a_name_for_a_folder", 2, &[named, databases[1]], ("", ""));
}

#[test]
fn engines() {
    let env = |text: &'static str| (".env", text);
    check("engine_from_dot_env", 0, &[PEOPLE, HATS, env("DATABASE_URL=sqlite://shop.db\n")], ("", SKIP));
    check("engine_from_a_flag", 0, &[PEOPLE, HATS], ("", &format!("--engine sqlite {SKIP}")));
    check("engines_both_possible", 2, &[PEOPLE, HATS], ("", ""));
    let toml = ("sqlx.toml", "[common]\ndatabase-url-var = \"SHOP_URL\"\n");
    check("engine_from_another_variable", 0, &[PEOPLE, toml, env("SHOP_URL=sqlite://shop.db\n")], ("", SKIP));
    let mysql = ("migrations/2_x.sql", "CREATE TABLE x (id INT AUTO_INCREMENT);\n");
    check("engine_of_none", 2, &[PEOPLE, mysql], ("", ""));
}

#[test]
fn fixtures() {
    let one = ("fixtures/few.sql", "-- at: 1\nINSERT INTO people VALUES (1, 'Ada');\n");
    let other = ("tests/fixtures/other.sql", "-- at: 2\nINSERT INTO people VALUES (2, 'Grace');\n");
    check("fixtures", 0, &[PEOPLE, HATS, STRICT, one, other], ("", SKIP));
    let without = |path: &'static str| (path, "INSERT INTO people VALUES (1, 'Ada');\n");
    check("fixture_without_version", 0, &[PEOPLE, STRICT, without("tests/fixtures/users.sql")], ("", SKIP));
    let two = [PEOPLE, STRICT, without("tests/fixtures/users.sql"), without("fixtures/users.sql")];
    check("fixtures_without_version", 0, &two, ("", SKIP));
    let wrong = ("fixtures/few.sql", "-- at: first\nINSERT INTO people VALUES (1, 'Ada');\n");
    check("fixture_with_a_wrong_version", 2, &[PEOPLE, STRICT, wrong], ("", ""));
}

/// A rehearsal writes nothing into the project but what cargo ignores.
#[test]
fn leaves_no_file() {
    let project = Project::new(&[PEOPLE, STRICT]);
    assert_eq!(project.run("").exit, Some(0));
    let mut names: Vec<String> = std::fs::read_dir(&project.root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["Cargo.lock", "migrations", "target"]);
}

/// Flags replace only what they name: the name, the fixtures and the checks of the project remain.
#[test]
fn flags_keep_the_rest() {
    let project = Project::new(&[
        PEOPLE,
        ("migrations/checks/names.sql", "-- A person has a name.\nSELECT id FROM people WHERE name = '';\n"),
        ("fixtures/two.sql", "-- at: 1\nINSERT INTO people (name) VALUES ('Ada'), ('Bo');\n"),
        ("data.sql", "INSERT INTO people (name) VALUES ('');\n"),
    ]);
    let check = |flags: &str, exit: i32, fixture: &str| {
        let ran = project.run(flags);
        assert_eq!(ran.exit, Some(exit), "{}", ran.text());
        for part in ["bookshop (SQLite): ", "1 check", fixture] {
            assert!(ran.stdout.contains(part), "{flags}: no `{part}` in {}", ran.text());
        }
    };
    check("--engine sqlite", 0, "two");
    check("--layout sqlx --engine sqlite", 0, "two");
    check("--engine sqlite --fixture data.sql@1", 1, "FAILED bookshop / populated / data: populated/check-failed");
}

/// `rehearsal.toml` names another folder of fixtures, which must exist.
#[test]
fn configured_folder_of_fixtures() {
    let toml = ("migrations/rehearsal.toml", "engine = \"sqlite\"\nfixtures = \"db/rows\"\n");
    let rows = "-- at: 1\nINSERT INTO people (name) VALUES ('Ada');\n";
    let project = Project::new(&[PEOPLE, toml, ("fixtures/usual.sql", rows)]);
    project.run(SKIP).check(2, "discovery", "missing_folder_of_fixtures");
    project.write("db/rows/ada.sql", rows);
    let ran = project.run(SKIP);
    assert_eq!(ran.exit, Some(0), "{}", ran.text());
    assert!(ran.stdout.contains("ada\n") && !ran.text().contains("usual"), "{}", ran.text());
}
