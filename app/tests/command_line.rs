//! The command line: arguments, exit codes, and the output on stdout and stderr.

#![expect(clippy::unwrap_used, reason = "clippy allows unwrap in test functions, but not in their helpers")]

use std::path::Path;
use std::process::{Command, Output};

use pretty_assertions::assert_eq;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

const USER: &str = "aa64f168-db05-504e-80d2-288335a21cf1";
const PET: &str = "a18937dc-c010-5887-b0f6-1f072db36de2";

/// A directory with a database and a `.env` file that names it. The database contains the fixture, without
/// backfilled traits.
async fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let options = SqliteConnectOptions::new().filename(directory.path().join("pets.sqlite")).create_if_missing(true);
    let mut conn = options.connect().await.unwrap();
    let migrator = Migrator::new(repository.join("migrations/pets").as_path()).await.unwrap();
    migrator.run_to(20250901090000, &mut conn).await.unwrap();
    let fixture = std::fs::read_to_string(repository.join("fixtures/pets/populated.sql")).unwrap();
    sqlx::raw_sql(AssertSqlSafe(fixture)).execute(&mut conn).await.unwrap();
    migrator.run(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    std::fs::write(directory.path().join(".env"), "PETS_DATABASE_URL=sqlite://pets.sqlite\n").unwrap();
    directory
}

fn app(directory: &TempDir, url: Option<&str>, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_app"));
    command.args(args).current_dir(directory).env_remove("CARGO_MANIFEST_DIR").env_remove("PETS_DATABASE_URL");
    if let Some(url) = url {
        command.env("PETS_DATABASE_URL", url);
    }
    command.output().unwrap()
}

/// Asserts the exit code, and the first line on stdout if the code is 0, otherwise on stderr. The other stream
/// must be empty.
fn check(directory: &TempDir, url: Option<&str>, args: &[&str], code: i32, first_line: &str) {
    let output = app(directory, url, args);
    let (written, empty) = if code == 0 { (output.stdout, output.stderr) } else { (output.stderr, output.stdout) };
    let written = String::from_utf8(written).unwrap();
    assert_eq!(written.lines().next().unwrap_or_default(), first_line, "{args:?}");
    assert_eq!(output.status.code(), Some(code), "{args:?}");
    assert_eq!(String::from_utf8(empty).unwrap(), "", "{args:?}");
}

#[tokio::test]
async fn commands_succeed_or_explain_the_next_step() {
    let directory = directory().await;
    let on = |args: &[&str], code, first_line: &str| check(&directory, None, args, code, first_line);
    on(&["pet", "list"], 0, "df827b17-2569-5952-92ce-51fda1a04f74  no traits  \"\"");
    on(&["pet", "create", "--user", USER, "--name", "Rex\n"], 0, "Rex\\n");
    on(
        &["pet", "show", PET],
        1,
        "error: pet a18937dc-c010-5887-b0f6-1f072db36de2 (\"0\") has no visual traits: \
         run `cargo xtask backfill pet_traits --execute`",
    );
    on(
        &["pet", "create", "--user", "unknown", "--name", "Rex"],
        1,
        "error: user \"unknown\", the owner of the new pet, does not exist: use the id of a user that exists",
    );
    on(
        &["pet", "create", "--user", USER, "--name", "Rex", "--parent", PET, "--parent", PET, "--parent", PET],
        2,
        "error: a pet has at most two parents, but 3 were given: remove some of them",
    );
    on(
        &["pet", "create", "--user", USER, "--name", "Rex", "--energy", "101"],
        2,
        "error: invalid value '101' for '--energy <N>': 101 is not in 0..=100",
    );
    on(&["pet", "show", "Rex"], 2, "error: invalid value 'Rex' for '<ID>': invalid character: found `R` at 0");

    let at = |url, code, first_line: &str| check(&directory, Some(url), &["pet", "list"], code, first_line);
    at(
        "sqlite://nowhere.sqlite?mode=rwc",
        1,
        "error: database nowhere.sqlite does not exist: run `cargo xtask migrate pets` to create it",
    );
    at(
        "postgres://localhost/pets",
        2,
        "error: PETS_DATABASE_URL is \"postgres://localhost/pets\", which is not a SQLite URL: \
         set it to sqlite://path/to/pets.sqlite",
    );
    std::fs::remove_file(directory.path().join(".env")).unwrap();
    on(
        &["pet", "list"],
        1,
        "error: database .dev/pets.sqlite does not exist: run `cargo xtask migrate pets` to create it",
    );
}

#[tokio::test]
async fn a_created_pet_can_be_shown_and_drawn() {
    let directory = directory().await;
    let created = app(&directory, None, &["pet", "create", "--user", USER, "--name", "Rex", "--parent", PET]);
    let created = String::from_utf8(created.stdout).unwrap();
    let id = created.lines().find_map(|line| line.trim().strip_prefix("id ")).unwrap().trim();

    let shown = app(&directory, None, &["pet", "show", id]);
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), created);
    let drawn = String::from_utf8(app(&directory, None, &["pet", "draw", id]).stdout).unwrap();
    assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"), "{drawn}");
}
