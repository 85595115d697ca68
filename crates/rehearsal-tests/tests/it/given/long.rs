//! A long history with findings far from its start: for each finding, rehearsal rebuilds the state before it, with
//! all the migrations that lead there.

use super::{POSTGRES, SQLITE, check};

#[test]
fn findings_far_from_the_start() {
    let mut files = vec![
        ("migrations/00_log.up.sql".to_owned(), "CREATE TABLE log (id BIGINT PRIMARY KEY, n INTEGER);".to_owned()),
        ("migrations/00_log.down.sql".to_owned(), "DROP TABLE log;".to_owned()),
    ];
    for n in 1..70 {
        let down = match n {
            // Deletes all rows that exist by then.
            30 => "DELETE FROM log;".to_owned(),
            31 => "DELETE FROM nothing;".to_owned(),
            55 => "SELECT 1;".to_owned(),
            60 => "UPDATE log SET n = NULL WHERE id < 60;\nDELETE FROM log WHERE id = 60;".to_owned(),
            68 => "DROP TABLE log;".to_owned(),
            _ => format!("DELETE FROM log WHERE id = {n};"),
        };
        // Stores the number of rows before it.
        let up = format!("INSERT INTO log SELECT {n}, count(*) FROM log WHERE id < {n};");
        files.push((format!("migrations/{n:02}_step.up.sql"), up));
        files.push((format!("migrations/{n:02}_step.down.sql"), down));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    check("long", 1, &files, SQLITE);
    check("long_postgres", 1, &files, POSTGRES);
}
