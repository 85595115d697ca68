//! Histories that change objects outside their database, on servers of rehearsal and on a server that the user
//! provides.

use super::{POSTGRES, check};
use crate::suite::another_project;
use rehearsal_tests::postgres::url;

const ROLES: (&str, &str) = (
    "migrations/1_roles.up.sql",
    "CREATE ROLE given_app LOGIN;\nCREATE TABLE x (id int PRIMARY KEY);\nGRANT SELECT ON x TO given_app;\n",
);
const NO_ROLES: (&str, &str) = ("migrations/1_roles.down.sql", "DROP TABLE x;\nDROP ROLE given_app;\n");
const NAMED: (&str, &str) = (
    "migrations/2_shop.up.sql",
    "GRANT CONNECT ON DATABASE shop TO given_app;\nALTER DATABASE shop SET search_path = public;\nCOMMENT ON DATABASE shop IS 'x';\n",
);
const NOT_NAMED: (&str, &str) = (
    "migrations/2_shop.down.sql",
    "COMMENT ON DATABASE shop IS NULL;\nALTER DATABASE shop RESET search_path;\nREVOKE CONNECT ON DATABASE shop FROM given_app;\n",
);
const ROWS: (&str, &str) = ("rows.sql", "INSERT INTO x VALUES (1), (2);\n");

#[test]
#[ignore = "slow"]
fn objects_outside_the_database() {
    let flags = format!("{POSTGRES} --fixture rows.sql@1");
    check("roles", 0, &[ROLES, NO_ROLES, ROWS], &flags);
    check("database_of_a_name", 0, &[ROLES, NO_ROLES, NAMED, NOT_NAMED, ROWS], &flags);
    let database = ("migrations/1_x.sql", "-- no-transaction\nCREATE DATABASE shop;\n");
    let comment = ("migrations/2_x.sql", "COMMENT ON DATABASE shop IS 'x';");
    check("database_made", 0, &[database, comment], &format!("{POSTGRES} --exhaustive"));
    let leaves = ("migrations/1_roles.down.sql", "DROP TABLE x;\n");
    let gives_up = ("migrations/1_x.sql", "CREATE ROLE given_app;\nSET ROLE given_app;\nCREATE SCHEMA x;\n");
    check("rights_given_up", 1, &[gives_up], POSTGRES);
    check("role_left_behind", 1, &[ROLES, leaves], POSTGRES);
}

/// Rehearses on the server that `REHEARSAL_POSTGRES_URL` names.
fn check_on(snapshot: &str, exit: i32, server: &str, files: &[(&str, &str)]) {
    let project = another_project(files);
    let arguments = format!("ci {POSTGRES}");
    let variables = [("REHEARSAL_POSTGRES_URL", server)];
    let command = project.command_in("", &variables, arguments.split_whitespace());
    let mut ran = project.finish(&arguments, command);
    let socket = server.split_once("?host=").unwrap().1.to_owned();
    ran.stdout = ran.stdout.replace(&socket, "<server>");
    ran.check(exit, "given", snapshot);
}

#[test]
fn user_provided_server() {
    check_on("roles_on_somebodys_server", 3, &url("postgres"), &[ROLES, NO_ROLES]);
    rehearsal_tests::postgres::execute(&url("postgres"), "CREATE ROLE given_weak LOGIN CREATEDB");
    let weak = url("postgres").replace("postgres@", "given_weak@");
    let untrusted = ("migrations/1_x.sql", "CREATE EXTENSION file_fdw;\n");
    check_on("rights_of_a_superuser", 3, &weak, &[untrusted]);
}
