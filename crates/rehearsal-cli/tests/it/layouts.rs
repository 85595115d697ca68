//! Projects that migrate with another tool: each layout is recognised and rehearsed, a fault is found at its place in the
//! file, and no command works on a real database.

use crate::project::{Files, Project};
use pretty_assertions::assert_eq;

const ENV: (&str, &str) = (".env", "DATABASE_URL=sqlite://shop.db\n");
const ONLY: &str = "--only generated-rows,reversible";
/// Fails on any table with rows.
const FAULT: &str = "ALTER TABLE people ADD COLUMN age INTEGER NOT NULL;";

/// Rehearses a history, and again with a faulty migration.
fn check(name: &str, sound: Files<'_>, (path, faulty): (&str, &str), flags: &str) {
    let project = Project::new(sound);
    project.write(ENV.0, ENV.1);
    project.run(&format!("{ONLY} {flags}")).check(0, "layouts", name);
    project.write(path, &faulty.replace("FAULT", FAULT));
    project.run(&format!("{ONLY} {flags}")).check(1, "layouts", &format!("{name}_faulty"));
    if flags.is_empty() {
        for command in ["migrate", "migrate --status", "verify", "backfill", "fixture load x y", "db list", "new x y"] {
            let ran = project.run(command);
            assert_eq!(ran.exit, Some(2), "{command}: {}", ran.text());
            assert!(ran.stderr.contains("which rehearsal never runs on a real database"), "{}", ran.text());
        }
        assert!(!project.path("shop.db").exists());
    }
}

const CREATE: &str = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n";
const DROP: &str = "DROP TABLE people;\n";

#[test]
fn tools() {
    let diesel = [
        ("migrations/2024-01-01-120000_people/up.sql", CREATE),
        ("migrations/2024-01-01-120000_people/down.sql", DROP),
    ];
    check("diesel", &diesel, ("migrations/2024-01-02-120000_age/up.sql", "-- Age.\nFAULT\n"), "");
    check("refinery", &[("migrations/V1__people.sql", CREATE)], ("migrations/V2__age.sql", "FAULT\n"), "");
    let golang = [("migrations/1_people.up.sql", CREATE), ("migrations/1_people.down.sql", DROP)];
    let toml = ("migrations/rehearsal.toml", "layout = \"golang-migrate\"\n");
    check("golang_migrate_by_toml", &[golang[0], golang[1], toml], ("migrations/2_age.up.sql", "FAULT\n"), "");
    let golang = [("db/migrations/1_people.up.sql", CREATE), ("db/migrations/1_people.down.sql", DROP)];
    let flags = "--migrations db/migrations --layout golang-migrate";
    check("golang_migrate", &golang, ("db/migrations/2_age.up.sql", "FAULT\n"), flags);
    let sections = |up: &str, down: &str| format!("{up}\n{CREATE}\n{down}\n{DROP}");
    let dbmate = sections("-- migrate:up", "-- migrate:down");
    check(
        "dbmate",
        &[("db/migrations/1_people.sql", &dbmate)],
        ("db/migrations/2_age.sql", "-- migrate:up\nFAULT\n\n-- migrate:down\nSELECT 1;\n"),
        "",
    );
    let goose = sections("-- +goose Up", "-- +goose Down");
    check(
        "goose",
        &[("migrations/00001_people.sql", &goose), ("migrations/00003_names.go", "package migrations\n")],
        ("migrations/00002_age.sql", "-- +goose Up\nFAULT\n-- +goose Down\nSELECT 1;\n"),
        "",
    );
    let prisma = [
        ("prisma/migrations/20240101000000_init/migration.sql", CREATE),
        ("prisma/migrations/migration_lock.toml", "provider = \"sqlite\"\n"),
    ];
    check("prisma", &prisma, ("prisma/migrations/20240102000000_age/migration.sql", "FAULT\n"), "");
}

#[test]
fn mistakes() {
    let check = |snapshot: &str, exit: i32, files: Files<'_>, arguments: &str| {
        let project = Project::new(files);
        project.write(ENV.0, ENV.1);
        project.run(arguments).check(exit, "layouts", snapshot);
    };
    let refinery = ("migrations/V1__people.sql", CREATE);
    check("unknown_layout", 2, &[refinery], "--layout flyway");
    check("layout_without_its_files", 2, &[refinery], "--layout goose --migrations migrations");
    check("two_of_one_version", 1, &[refinery, ("migrations/V1__x.sql", CREATE)], "");
    check(
        "without_a_section",
        1,
        &[("migrations/1_a.sql", "-- +goose Up\nSELECT 1;"), ("migrations/2_b.sql", "SELECT 1;")],
        "",
    );
    let project = Project::new(&[refinery, ENV]);
    std::fs::write(project.path("migrations/V2__x.sql"), b"SELECT '\xff';").unwrap();
    project.run("").check(1, "layouts", "not_utf_8");
    check("unknown_layout_in_toml", 2, &[refinery, ("migrations/rehearsal.toml", "layout = \"flyway\"\n")], "");
}
