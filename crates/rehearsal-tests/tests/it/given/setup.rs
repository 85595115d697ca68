//! Objects that a history needs and another system owns: reported once if they are missing, and created by `--setup`.

use super::{POSTGRES, SQLITE, check, check_project};
use crate::suite::another_project;

const USERS: (&str, &str) = (
    "setup.sql",
    "CREATE SCHEMA auth;\nCREATE TABLE auth.users (id int PRIMARY KEY);\nINSERT INTO auth.users VALUES (1);\n",
);
const PROFILES: (&str, &str) = (
    "migrations/1_profiles.up.sql",
    "CREATE TABLE profiles (id int PRIMARY KEY, \"user\" int REFERENCES auth.users (id));\n",
);
const NO_PROFILES: (&str, &str) = ("migrations/1_profiles.down.sql", "DROP TABLE profiles;\n");
const MORE: (&str, &str) = ("migrations/2_more.up.sql", "ALTER TABLE profiles ADD COLUMN more text;\n");
const NO_MORE: (&str, &str) = ("migrations/2_more.down.sql", "ALTER TABLE profiles DROP COLUMN more;\n");
const ROWS: (&str, &str) = ("rows.sql", "INSERT INTO profiles (id, \"user\") VALUES (1, 1);\n");

#[test]
fn missing_objects() {
    let one = |sql: &'static str| [("migrations/1_x.sql", "SELECT 1;"), ("migrations/2_x.sql", sql)];
    check("missing_schema", 3, &[PROFILES, NO_PROFILES], POSTGRES);
    check("missing_table", 3, &one("CREATE TABLE x (id int REFERENCES accounts (id));"), POSTGRES);
    check("missing_table_sqlite", 3, &one("CREATE TABLE x AS SELECT id FROM accounts;"), SQLITE);
    check("missing_extension", 3, &one("CREATE EXTENSION IF NOT EXISTS no_such_thing;"), POSTGRES);
    // All of them at once, and also if the history ignores that one of them is missing.
    let ignored = "DO $$ BEGIN CREATE EXTENSION no_such_thing; EXCEPTION WHEN OTHERS THEN NULL; END $$;\n\
                   CREATE TABLE t (v no_such_type);\nCREATE EXTENSION \"another-one\";";
    check("missing_extensions", 3, &one(ignored), POSTGRES);
    check("missing_role", 3, &one("CREATE TABLE x (id int);\nGRANT SELECT ON x TO dashboard;"), POSTGRES);
    check("missing_function", 3, &one("CREATE TABLE x (id uuid DEFAULT uuid_generate_v4());"), POSTGRES);
    check("missing_function_sqlite", 3, &one("CREATE TABLE x AS SELECT ulid() AS id;"), SQLITE);
    check("missing_type", 3, &one("CREATE TABLE x (place geometry);"), POSTGRES);
    let late =
        [("migrations/1_x.sql", "INSERT INTO x VALUES (1);"), ("migrations/2_x.sql", "CREATE TABLE x (id INT);")];
    check("made_too_late", 1, &late, SQLITE);
}

#[test]
fn setup() {
    let flags = format!("{POSTGRES} --setup setup.sql --fixture rows.sql@1");
    check("setup", 0, &[USERS, PROFILES, NO_PROFILES, MORE, NO_MORE, ROWS], &flags);
    let leaves = ("migrations/1_profiles.down.sql", "DROP TABLE profiles;\nDROP TABLE auth.users;\n");
    check("setup_undone_by_a_migration", 1, &[USERS, PROFILES, leaves], &format!("{POSTGRES} --setup setup.sql"));
    let role = ("role.sql", "CREATE ROLE dashboard;\n");
    let granted = ("migrations/1_x.sql", "CREATE TABLE x (id int);\nGRANT SELECT ON x TO dashboard;\n");
    check("setup_of_a_role", 0, &[role, granted], &format!("{POSTGRES} --setup role.sql"));
    let accounts = ("accounts.sql", "CREATE TABLE accounts (id INT);\n");
    let copied = ("migrations/1_x.sql", "CREATE TABLE x AS SELECT id FROM accounts;\n");
    let project = another_project(&[accounts, copied]);
    check_project("setup_sqlite", 0, &project, &format!("{SQLITE} --setup accounts.sql"));
    // A template that another version of the setup file built is not reused.
    project.write("accounts.sql", "CREATE TABLE accounts (id INT);\nCREATE TABEL x (id INT);\n");
    check_project("setup_that_fails", 2, &project, &format!("{SQLITE} --setup accounts.sql"));
    let psql = ("setup.sql", "\\set name 'x'\nCREATE TABLE accounts (id int);\n");
    check("setup_of_psql", 2, &[psql, copied], &format!("{POSTGRES} --setup setup.sql"));
    check("setup_missing", 2, &[copied], &format!("{SQLITE} --setup accounts.sql"));
}
