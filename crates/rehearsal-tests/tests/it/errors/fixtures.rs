//! Fixtures that cannot be read, loaded or generated.

use super::check;
use crate::suite::{new_workspace, with_pets};
use rehearsal_tests::workspace::{CREATED, Workspace};

const USERS: &str = "INSERT INTO \"User\" VALUES ('u', 'Ümit', '2025-01-01T00:00:00.000Z');\n";

/// Creates a workspace with one more fixture.
fn with(file: &str, text: impl AsRef<[u8]>) -> Workspace {
    new_workspace().tap(|workspace| workspace.write(&format!("fixtures/pets/{file}"), text))
}

#[test]
fn files() {
    check("fixture_without_version", &with("small.sql", USERS), "ci pets", 2);
    check("fixture_of_a_version_in_words", &with("small.sql", format!("-- at: newest\n{USERS}")), "ci pets", 2);
    check("fixture_of_another_kind", &with("small.csv", "id,name\n"), "ci pets", 2);
    check("fixture_folder", &with("small/users.sql", USERS), "ci pets", 2);
    check("fixture_not_utf_8", &with("small.sql", b"-- at: 20250901090000\n-- caf\xe9\n"), "ci pets", 1);
    let orphan = new_workspace();
    orphan.write("fixtures/pest/small.sql", USERS);
    check("fixture_of_no_database", &orphan, "ci pets", 2);
}

#[test]
fn loading() {
    let workspace = with_pets(CREATED);
    check("load_unknown_near", &workspace, "fixture load pets populate", 2);
    check("load_unknown_far", &workspace, "fixture load pets small", 2);
    check("load_unknown_database", &workspace, "fixture load pet populated", 2);
    check("load_into_a_full_database", &workspace, "fixture load pets populated", 2);
    check("load_unknown_of_none", new_workspace().remove("fixtures"), "fixture load pets populated", 2);
    check("load_of_no_version", &with("small.sql", "-- at: 7\n"), "fixture load pets small", 2);
    let wrong = with("small.sql", "-- at: 20250901090000\nINSERT INTO \"Pets\" VALUES ('p');\n");
    check("load_sql", &wrong, "fixture load pets small", 1);
    let dangling = with("small.sql", "-- at: 20250901090000\nINSERT INTO \"PetTrait\" VALUES ('p', 't');\n");
    check("load_references", &dangling, "fixture load pets small", 1);
}

#[test]
fn generating() {
    let workspace = new_workspace();
    check("generate_unknown_near", &workspace, "fixture generate pet --units 1", 2);
    check("generate_without_units", &workspace, "fixture generate pets", 2);
    check("generate_none", &workspace, "fixture generate pets --units 0", 2);
    check("generate_too_many", &workspace, "fixture generate pets --units 1000000001", 2);
    check("generate_seed_a_word", &workspace, "fixture generate pets --units 1 --seed lucky", 2);
    let out = |path: &str| format!("fixture generate pets --units 1 --out {path}");
    check(
        "generate_over_another_file",
        &with("small.sql", format!("-- at: 20250901090000\n{USERS}")),
        &out("fixtures/pets/small.sql"),
        2,
    );
    check(
        "generate_over_an_empty_file",
        &with("small.sql", "-- at: 20250901090000"),
        &out("fixtures/pets/small.sql"),
        2,
    );
    check("generate_into_no_folder", &workspace, &out("nowhere/small.sql"), 1);
    check("generate_into_a_folder", &workspace, &out("fixtures"), 2);
    check("generate_into_a_device", &workspace, &out("/dev/null"), 2);
    check("generate_below_a_file", &workspace, &out("fixtures/pets/populated.sql/small.sql"), 1);
    workspace.write("migrations/shop/rehearsal.toml", "engine = \"sqlite\"\n");
    check("generate_without_generator", &workspace, "fixture generate shop --units 1", 2);
}

#[test]
fn rows() {
    let near = with("small.sql", format!("-- at: 20250901090001\n{USERS}"));
    check("fixture_of_no_version", &near, "ci pets", 2);
    check("fixture_of_no_version_verify", &near, "backfill pet_traits --verify", 2);
    let syntax = format!("-- at: 20250901090000\n{USERS}INSERT INTO \"Trait\" VALUES ('t', 'größe' 'visual');\n");
    check("fixture_sql", &with("small.sql", syntax), "ci pets", 1);
    let column = "-- at: 20250901090000\nUPDATE \"Pet\" SET \"traits\" = '{}';\n";
    check("fixture_sql_of_a_later_version", &with("small.sql", column), "backfill pet_traits --verify", 1);
    let dangling = format!("-- at: 20250901090000\n{USERS}INSERT INTO \"PetTrait\" VALUES ('p', 't');\n");
    check("fixture_references", &with("small.sql", dangling), "ci pets", 1);
}
