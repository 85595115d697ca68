//! Checks that cannot be read or run.

use super::check;
use crate::suite::with_pets;
use rehearsal_tests::workspace::{TRAITS, Workspace};

/// Creates a workspace at the newest version with one more check.
fn with(file: &str, text: impl AsRef<[u8]>) -> Workspace {
    with_pets(TRAITS).tap(|workspace| workspace.write(&format!("migrations/pets/checks/{file}"), text))
}

#[test]
fn files() {
    check("check_directive_misspelt", &with("a.sql", "-- Names.\n-- expects: rows\nSELECT 1;"), "verify pets", 2);
    check("check_expects_something_else", &with("a.sql", "-- expect: one row\nSELECT 1;"), "verify pets", 2);
    check("check_of_another_kind", &with("a.sql", "-- kind: metric\nSELECT 1;"), "ci pets", 2);
    check("check_from_a_word", &with("a.sql", "-- from: newest\nSELECT 1;"), "migrate pets", 2);
    check("check_from_no_migration", &with("a.sql", "-- from: 20250915090001\nSELECT 1;"), "verify pets", 2);
    check("check_until_no_migration", &with("a.sql", "-- until: 7\nSELECT 1;"), "verify pets", 2);
    check("check_of_two_statements", &with("a.sql", "SELECT 1;\nSELECT 2;"), "verify pets", 2);
    check("check_of_no_statement", &with("a.sql", "-- Later.\n"), "verify pets", 2);
    check("check_of_another_ending", &with("a.txt", "SELECT 1;"), "verify pets", 2);
    check("check_that_is_a_copy", &with("a.sql.bak", "SELECT 1;"), "verify pets", 2);
    check("check_folder", &with("more/a.sql", "SELECT 1;"), "verify pets", 2);
    check("check_not_utf_8", &with("a.sql", b"-- caf\xe9\nSELECT 1;"), "verify pets", 2);
}

#[test]
fn queries() {
    let column = with("a.sql", "-- Names.\nSELECT \"Pet\".\"id\"\nFROM \"Pet\"\nWHERE \"Pet\".\"nam\" = '';\n");
    check("check_of_no_column", &column, "verify pets", 1);
    check("check_of_no_column_json", &column, "verify pets --json", 1);
    check("check_syntax", &with("a.sql", "SELECT 'é' FORM \"Pet\""), "verify pets", 1);
    check("check_that_writes", &with("a.sql", "DELETE FROM \"Pet\""), "verify pets", 1);
    check("check_that_fails_on_a_row", &with("a.sql", "SELECT json(\"name\") FROM \"Pet\""), "verify pets", 1);
}
