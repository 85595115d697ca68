//! What *fresh* finds in the declarations of a project: losses of nothing, and checks whose window opens too early. Each
//! fault has a sound twin.

use crate::project::{HATS, PEOPLE, Project, STRICT};

fn check(snapshot: &str, exit: i32, path: &str, text: &str) {
    let project = Project::new(&[PEOPLE, HATS, STRICT, (path, text)]);
    project.run("--only fresh").check(exit, "fresh", snapshot);
}

#[test]
fn declared_losses() {
    let check = |snapshot: &str, exit: i32, declared: &str| {
        let sql = format!("-- loses: {declared}, no longer used\nALTER TABLE people DROP COLUMN name;\n");
        check(snapshot, exit, "migrations/4_x.sql", &sql);
    };
    check("loss", 0, "\"people\".\"name\"");
    check("loss_of_rows", 0, "people");
    check("loss_of_no_table", 1, "\"peple\".\"name\"");
    check("loss_of_no_column", 1, "\"people\".\"nmae\"");
    check("loss_in_another_case", 1, "\"People\".\"name\"");
}

#[test]
fn windows_of_checks() {
    let check = |snapshot: &str, exit: i32, header: &str, sql: &str| {
        check(snapshot, exit, "migrations/checks/hats.sql", &format!("{header}\n{sql}\n"));
    };
    let sql = "SELECT id FROM hats WHERE owner IS NULL";
    check("window", 0, "-- from: 2", sql);
    check("window_of_all_versions", 0, "-- Every hat has an owner.", sql);
    check("window_too_early", 1, "-- from: 1", sql);
    check(
        "window_without_rows",
        1,
        "-- from: 2\n-- expect: rows",
        "SELECT name FROM pragma_table_list WHERE name = 'shoes'",
    );
    check(
        "window_with_rows",
        0,
        "-- from: 3\n-- expect: rows",
        "SELECT name FROM pragma_table_list WHERE name = 'shoes'",
    );
}
