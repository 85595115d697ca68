//! Removes values of rows from messages: [`without_values`] from those of databases, [`reason`] from those of a backfill.

/// What stands for a value.
const HIDDEN: &str = "…";

/// The beginnings of values in messages, with their ends: `Key (email)=(a@b.c)`, `Failing row contains (1, a@b.c)`, `type
/// integer: "12a"`, `value "99" is out of range`, `Token "a" is invalid`, `string "a"`, and texts in apostrophes.
const VALUES: [(&str, &str); 9] = [
    (")=(", ")"),
    ("contains (", ")"),
    (": \"", "\""),
    ("= \"", "\""),
    ("alue \"", "\""),
    ("oken \"", "\""),
    ("tring \"", "\""),
    ("variant `", "`"),
    ("'", "'"),
];

/// The words after which a message names rows.
const ROWS: [&str; 3] = [", such as ", " such as (", " units after "];

/// Returns the first line of a message without the values of the patterns above. Names in double quotes and in backticks stay.
#[must_use]
pub fn without_values(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let end = ROWS.iter().filter_map(|words| line.find(words)).min().unwrap_or(line.len());
    let mut shown = String::new();
    let mut rest = &line[..end];
    loop {
        let found = VALUES.iter().filter_map(|(open, close)| Some((rest.find(open)?, *open, *close)));
        let Some((at, open, close)) = found.min_by_key(|(at, ..)| *at) else { break };
        let (before, after) = rest.split_at(at + open.len());
        shown.push_str(before);
        // An apostrophe in a word quotes nothing.
        if open == "'" && rest[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
            rest = after;
            continue;
        }
        // A value can hold the closing character, and can continue on the next line.
        shown.push_str(HIDDEN);
        match after.rfind(close) {
            Some(end) if close == ")" || open == "'" => {
                shown.push_str(close);
                rest = &after[end + close.len()..];
            }
            Some(_) => {
                let end = after.find(close).unwrap_or_default();
                shown.push_str(close);
                rest = &after[end + close.len()..];
            }
            None => rest = "",
        }
    }
    shown + rest + if end < line.len() { HIDDEN } else { "" }
}

/// Returns the reason in a text of a backfill about a row: without quoted texts, and with `…` for each word that has a digit,
/// such as the id of the row.
#[must_use]
pub(crate) fn reason(text: &str) -> String {
    let without = without_values(text);
    let has_digit = |word: &str| word.chars().any(|char| char.is_ascii_digit());
    let word = |word: &str| {
        let end = word.trim_end_matches([':', ',', ';', '.']);
        if has_digit(end) { format!("{HIDDEN}{}", &word[end.len()..]) } else { word.to_owned() }
    };
    without.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn values_are_removed() {
        let check = |text: &str, expect: &str| assert_eq!(without_values(text), expect);
        check("", "");
        check("nothing", "nothing");
        check("UNIQUE constraint failed: Pet.name", "UNIQUE constraint failed: Pet.name");
        check("Key (email)=(a@b.c (old)) already exists.", "Key (email)=(…) already exists.");
        check("Key (bio)=(a\nb) already exists", "Key (bio)=(…");
        check("Failing row contains (1, a@b.c, (x)).", "Failing row contains (…).");
        check(r#"invalid input syntax for type integer: "12a""#, r#"invalid input syntax for type integer: "…""#);
        check(r#"value "99" is out of range for type integer"#, r#"value "…" is out of range for type integer"#);
        check(r#"invalid type: string "Momo", expected u8"#, r#"invalid type: string "…", expected u8"#);
        check("unknown variant `Momo`, expected `cat`", "unknown variant `…`, expected `cat`");
        check(r#"column "size" of relation "Toy" is 'O'Brien' here"#, r#"column "size" of relation "Toy" is '…' here"#);
        check("the pet's name isn't there", "the pet's name isn't there");
        check("3 rows are gone, such as (id 1, name Momo)", "3 rows are gone…");
        check("writing 500 units after 7c40 failed", "writing 500…");
    }

    #[test]
    fn reasons() {
        let check = |text: &str, expect: &str| assert_eq!(reason(text), expect);
        check("no user", "no user");
        check("05720c03-1: user_id is NULL", "…: user_id is NULL");
        check("'Momo' is no name; row 12.", "'…' is no name; row ….");
    }
}
