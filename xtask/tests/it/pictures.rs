//! The pictures of the README: what a terminal shows of a failed and of a passed rehearsal, drawn from real output.
//! With `UPDATE_PICTURES=1` the test writes them; otherwise it compares them with the output.

use crate::suite::repository;
use pretty_assertions::assert_eq;
use std::fs;

/// Compares a rehearsal of the README's quick start, as a terminal shows it, with a picture. `second` replaces the
/// second migration.
fn check(picture: &str, second: Option<&str>, exit: i32) {
    let shop = super::readme::shop();
    if let Some(second) = second {
        shop.write("migrations/2_ignore_case.sql", second);
    }
    let binary = super::packages::cargo_rehearse();
    let arguments = "rehearse";
    // `script` gives the command a terminal, and with it colours; progress bars go to standard error.
    let line = format!("{} {arguments} 2>/dev/null", binary.display());
    let command = duct::cmd!("script", "--quiet", "--return", "--command", line, "/dev/null").dir(&shop.root);
    let command = command.stdin_null().env_remove("NO_COLOR").env_remove("COLUMNS").env("TERM", "xterm-256color");
    let output = command.stdout_capture().unchecked().run().unwrap();
    let text = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
    assert_eq!(output.status.code(), Some(exit), "{text}");
    let text = text.replace(shop.root.to_str().unwrap(), "~/shop");
    let text: Vec<String> = text.lines().map(wrapped).collect();
    let drawn = anstyle_svg::Term::new().render_svg(&format!("$ cargo {arguments}\n{}\n", text.join("\n")));
    let path = repository().join("docs/pictures").join(picture);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &drawn).unwrap();
    }
    let on_page = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(steady(&on_page), steady(&drawn), "UPDATE_PICTURES=1 draws {picture} again");
}

/// A line broken at the spaces before column 110, with the further lines below the text of a finding.
fn wrapped(line: &str) -> String {
    let (mut broken, mut column, mut is_escape) = (String::new(), 0, false);
    for (at, character) in line.char_indices() {
        let next = line[at + character.len_utf8()..].find(' ').unwrap_or(line.len() - at);
        match character {
            ' ' if column + next >= 110 => {
                broken.push_str("\n            ");
                column = 12;
                continue;
            }
            '\x1b' => is_escape = true,
            _ if is_escape => is_escape = character != 'm',
            _ => column += 1,
        }
        broken.push(character);
    }
    broken
}

/// What is equal in two pictures of one output: the words after the heading, without durations, paths of kept
/// databases, and the width of gaps between columns.
fn steady(picture: &str) -> String {
    let body = picture.split_once("<text").map_or(picture, |(_, body)| body).replace('<', " <").replace('>', "> ");
    let mut words = body.split_whitespace().peekable();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        let is_unit = |next: &&str| ["µs", "ms", "s"].contains(&next.trim_end_matches([')', ';']));
        match words.next_if(|next| word.parse::<f64>().is_ok() && is_unit(next)) {
            Some(_) => kept.push("<time>"),
            None if word.starts_with("sqlite:") => kept.push("<database>"),
            None => kept.push(word),
        }
    }
    kept.join(" ")
}

#[test]
#[ignore = "slow"]
fn failed() {
    check("failed.svg", None, 1);
}

#[test]
#[ignore = "slow"]
fn passed() {
    let sound = "-- no-transaction\nPRAGMA foreign_keys = OFF;\nBEGIN;\n\
                 CREATE TABLE customers_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, email TEXT) STRICT;\n\
                 INSERT INTO customers_new SELECT id, name, email FROM customers;\nDROP TABLE customers;\n\
                 ALTER TABLE customers_new RENAME TO customers;\nCOMMIT;\nPRAGMA foreign_keys = ON;\n";
    check("passed.svg", Some(sound), 0);
}
