//! Faults in the folders of a workspace: `rehearsal.toml`, names of databases and backfills, `.env`, the registry.

use super::check;
use crate::suite::new_workspace;
use rehearsal_tests::workspace::{TRAITS, Workspace};
use std::fs;

const TOML: &str = "migrations/pets/rehearsal.toml";

#[test]
fn rehearsal_toml() {
    let toml = |text: &str| new_workspace().tap(|workspace| workspace.write(TOML, text));
    check("toml_missing", new_workspace().remove(TOML), "migrate pets", 2);
    let former = new_workspace();
    fs::rename(former.path(TOML), former.path("migrations/pets/database.toml")).unwrap();
    check("toml_of_its_former_name", &former, "migrate pets", 2);
    check("toml_malformed", &toml("# The pets.\nengine = sqlite\n"), "migrate pets", 2);
    check("toml_empty", &toml(""), "migrate pets", 2);
    check("toml_unknown_field", &toml("engine = \"sqlite\"\nvolatil = []\n"), "migrate pets", 2);
    check("toml_unknown_engine", &toml("engine = \"mysql\"\n"), "migrate pets", 2);
    check("toml_engine_of_another_type", &toml("engine = 3\n"), "migrate pets", 2);
    check("toml_volatile_unquoted", &toml("engine = \"sqlite\"\nvolatile = ['Pet.createdAt']\n"), "migrate pets", 2);
    check(
        "toml_volatile_no_list",
        &toml("engine = \"sqlite\"\nvolatile = '\"Pet\".\"createdAt\"'\n"),
        "migrate pets",
        2,
    );
    let unknown = toml("engine = \"sqlite\"\nvolatile = ['\"Pet\".\"createdat\"']\n");
    check("toml_volatile_unknown_column", &unknown, "ci pets", 1);
    check("toml_wait_of_another_type", &toml("engine = \"sqlite\"\nmax_wait_ms = \"soon\"\n"), "migrate pets", 2);
    check("toml_not_utf_8", new_workspace().write(TOML, b"engine = \"sqlite\" # \xff\n"), "migrate pets", 2);
}

#[test]
fn folders() {
    let workspace = new_workspace();
    workspace.remove("migrations");
    check("no_workspace", &workspace, "migrate pets", 2);
    fs::create_dir(workspace.path("migrations")).unwrap();
    check("no_databases", &workspace, "migrate pets", 2);
    workspace.write("migrations/1_x.sql", "SELECT 1;");
    check("migrations_of_any_project", &workspace, "migrate", 2);
    check("a_database_too_many", new_workspace().write("migrations/llamas/readme.md", "soon"), "migrate pets", 2);
    check("registered_for_no_database", &renamed(), "migrate pets", 2);
}

/// Creates a workspace whose only database has a different name than the backfill expects.
fn renamed() -> Workspace {
    let workspace = new_workspace();
    for folder in ["migrations", "fixtures"] {
        fs::rename(workspace.path(folder).join("pets"), workspace.path(folder).join("cats")).unwrap();
    }
    workspace
}

#[test]
fn names() {
    let workspace = new_workspace();
    check("unknown_database_near", &workspace, "migrate pet", 2);
    check("unknown_database_far", &workspace, "verify zebras", 2);
    check("unknown_database_ci", &workspace, "ci pets petz", 2);
    check("unknown_database_new", &workspace, "new pest add_colour", 2);
    check("unknown_backfill_near", &workspace, "backfill pet_trait", 2);
    check("unknown_backfill_far", &workspace, "backfill zebras --execute", 2);
    check("unknown_backfill_verify", &workspace, "backfill pets --verify", 2);
}

#[test]
fn windows() {
    let before_the_traits = new_workspace();
    for kind in ["up", "down"] {
        before_the_traits.remove(&format!("migrations/pets/{TRAITS}_add_pet_visual_traits.{kind}.sql"));
    }
    check("window_of_no_migration", &before_the_traits, "ci pets", 2);
}

#[test]
fn dot_env() {
    check("dot_env_malformed", new_workspace().write(".env", "PETS_DATABASE_URL='sqlite:a.db\n"), "migrate pets", 2);
    let other = new_workspace();
    other.write(".env", "PETS_DATABASE_URL=postgres://localhost/pets\n");
    check("dot_env_of_another_engine", &other, "migrate pets", 2);
}
