//! Invalid names of new migrations, and registries to which no backfill can be added.

use super::check;
use crate::suite::new_workspace;

#[test]
fn invalid_names() {
    let workspace = new_workspace();
    check("new_empty", &workspace, "new pets", 2);
    check("new_camel_case", &workspace, "new pets AddColour", 2);
    check("new_kebab_case", &workspace, "new pets add-colour", 2);
    check("new_digit_first", &workspace, "new pets 2nd_colour", 2);
    check("new_two_underscores", &workspace, "new pets add__colour", 2);
    check("new_underscore_last", &workspace, "new pets add_", 2);
    check("new_letters_of_another_alphabet", &workspace, "new pets größe", 2);
    check("new_path", &workspace, "new pets ../colour", 2);
    check("new_keyword", &workspace, "new pets match --backfill", 2);
    check("new_too_long", &workspace, &format!("new pets {}", "colour".repeat(20)), 2);
    check("new_name_of_a_module", &workspace, "new pets mod --backfill", 2);
}

#[test]
fn names_in_use() {
    let workspace = new_workspace();
    check("taken_by_a_migration", &workspace, "new pets create_pets", 2);
    check("taken_by_a_backfill", &workspace, "new pets pet_traits --backfill", 2);
    check("taken_by_a_check", &workspace, "new pets pet_traits_are_json", 2);
    check("taken_by_a_check_backfill", &workspace, "new pets pet_traits_are_json --backfill", 2);
}

#[test]
fn registry() {
    const REGISTRY: &str = "xtask/src/backfills/mod.rs";
    let workspace = new_workspace();
    workspace.replace(REGISTRY, "// New backfills are added above this line.", "");
    check("registry_without_mark", &workspace, "new pets add_colour --backfill", 2);
    check("registry_missing", workspace.remove(REGISTRY), "new pets add_colour --backfill", 2);
    check("registry_folder_missing", workspace.remove("xtask"), "new pets add_colour --backfill", 2);
}
