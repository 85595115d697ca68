//! Fixtures of other projects: the flag, the file or its name states the version; and folders with one file of rows
//! per version, each inserted after its migration.

use super::{HATS, PEOPLE, POSTGRES, SQLITE, check};

const ADA: &str = "INSERT INTO people (id, name) VALUES (1, 'Ada'), (2, 'Ünal');\n";
const HAT: &str = "INSERT INTO hats (id, owner) VALUES (1, 1), (2, 2);\n";
const PEOPLE_2: (&str, &str) = ("migrations/2_people.sql", PEOPLE.1);
/// Deletes a row that exists only if the rows of version 2 were inserted.
const LOSES: (&str, &str) = ("migrations/3_bare.sql", "DELETE FROM hats WHERE owner = 2;\n");

#[test]
fn versions() {
    let files = [PEOPLE, HATS, ("data/people.sql", ADA)];
    check("fixture_version_beside", 0, &files, &format!("{SQLITE} --fixture data/people.sql@1"));
    let stated = format!("-- at: 1\r\n{ADA}");
    check(
        "fixture_version_inside",
        0,
        &[PEOPLE, HATS, ("data/people.sql", &stated)],
        &format!("{SQLITE} --fixture data/people.sql"),
    );
    let named = [PEOPLE, HATS, ("data/0001_people.sql", ADA)];
    check("fixture_version_in_its_name", 0, &named, &format!("{SQLITE} --fixture data/0001_people.sql"));
    let twins = [PEOPLE, HATS, ("a/people.sql", ADA), ("b/people.sql", &format!("{ADA}{HAT}"))];
    check("fixtures_of_one_name", 0, &twins, &format!("{SQLITE} --fixture a/people.sql@1 --fixture b/people.sql@2"));
    let one = [PEOPLE, HATS, ("people.sql", ADA)];
    check("fixture_at_two_versions", 0, &one, &format!("{SQLITE} --fixture people.sql@1 --fixture people.sql@2"));
    let mark = format!("\u{feff}{ADA}");
    check(
        "fixture_with_a_byte_order_mark",
        0,
        &[PEOPLE, HATS, ("people.sql", &mark)],
        &format!("{POSTGRES} --fixture people.sql@1"),
    );
}

#[test]
fn rows_of_each_version() {
    let rows = [("data/1_people.sql", ADA), ("data/2_hats.sql", HAT), ("data/README.md", "Rows.")];
    let files = [PEOPLE, HATS, rows[0], rows[1], rows[2]];
    check("rows_of_each_version", 0, &files, &format!("{SQLITE} --fixture data"));
    check("rows_of_each_version_postgres", 0, &files, &format!("{POSTGRES} --fixture data"));
    let loses = [PEOPLE, HATS, LOSES, rows[0], rows[1]];
    check("rows_of_each_version_are_lost", 1, &loses, &format!("{SQLITE} --fixture data"));
    check("rows_of_each_version_are_lost_postgres", 1, &loses, &format!("{POSTGRES} --fixture data"));
    let wrong = [PEOPLE, HATS, rows[0], ("data/2_hats.sql", "INSERT INTO hats VALUES (1, 'x', 3);\n")];
    check("rows_that_do_not_fit", 1, &wrong, &format!("{SQLITE} --fixture data"));
}

/// A row with another time of creation is not a lost row.
#[test]
fn rows_with_the_current_time() {
    let people =
        ("migrations/1_people.sql", "CREATE TABLE people (id int PRIMARY KEY, seen timestamptz DEFAULT now());");
    let hats = ("migrations/2_hats.sql", "ALTER TABLE people ADD COLUMN hat text;");
    let bare = ("migrations/3_bare.sql", "UPDATE people SET hat = NULL;");
    let rows = [("data/1.sql", "INSERT INTO people VALUES (1);"), ("data/2.sql", "UPDATE people SET hat = 'fez';")];
    check("rows_of_the_moment", 1, &[people, hats, bare, rows[0], rows[1]], &format!("{POSTGRES} --fixture data"));
}

#[test]
fn bad_input() {
    let files = [PEOPLE, HATS, ("people.sql", ADA), ("odd.sql", "-- at: newest\n"), ("none/README.md", "")];
    check("fixture_missing", 2, &files, &format!("{SQLITE} --fixture peopel.sql"));
    check("fixture_without_version", 2, &files, &format!("{SQLITE} --fixture people.sql"));
    check("fixture_at_no_version", 2, &files, &format!("{SQLITE} --fixture odd.sql"));
    check("fixture_beside_no_version", 2, &files, &format!("{SQLITE} --fixture people.sql@newest"));
    check("fixture_at_unknown_version", 2, &files, &format!("{SQLITE} --fixture people.sql@3"));
    check("fixture_folder_of_none", 2, &files, &format!("{SQLITE} --fixture none"));
    check("fixture_folder_of_unnamed", 2, &files, &format!("{SQLITE} --fixture ."));
    let early = [("migrations/1_x.sql", "CREATE TABLE x (id INT);"), PEOPLE_2, ("people.sql", ADA)];
    check("fixture_at_a_wrong_version", 1, &early, &format!("{SQLITE} --fixture people.sql@1"));
    let twice = [PEOPLE, HATS, ("data/1_a.sql", ADA), ("data/01_b.sql", ADA)];
    check("fixture_rows_twice", 2, &twice, &format!("{SQLITE} --fixture data"));
    let unknown = [PEOPLE, HATS, ("data/1_a.sql", ADA), ("data/7_b.sql", ADA)];
    check("fixture_rows_of_unknown_version", 2, &unknown, &format!("{SQLITE} --fixture data"));
}

/// Rows as `pg_dump` writes them.
#[test]
fn dumps() {
    let dump = |rows: &str| {
        format!(
            "-- at: 1\n\\restrict abc\n\nSET statement_timeout = 0;\n\
             SELECT pg_catalog.set_config('search_path', '', false);\n\n\
             --\n-- Data for Name: people; Type: TABLE DATA\n--\n\n\
             COPY public.people (id, name) FROM stdin;\n{rows}\\.\n\n\
             INSERT INTO public.people VALUES (9, 'Linus; -- no comment');\n\\unrestrict abc\n"
        )
    };
    let check = |snapshot: &str, exit: i32, rows: &str| {
        let dump = dump(rows);
        let files = [PEOPLE, HATS, ("dump.sql", dump.as_str())];
        check(snapshot, exit, &files, &format!("{POSTGRES} --fixture dump.sql"));
    };
    check("dump", 0, "1\tAda\n2\tGrace\\tHopper\n3\tgröße 猫\n");
    check("dump_without_rows", 0, "");
    check("dump_with_a_wrong_row", 1, "1\tAda\n1\tGrace\n");
    check("dump_with_a_missing_column", 1, "1\n");
}
