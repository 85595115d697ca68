//! Removes values of rows from messages ([`without_values`]).

/// What stands for a value.
const HIDDEN: &str = "…";

/// Removes what databases and transforms quote: `Key (email)=(a@b.c)`, `contains (1, a@b.c)`, `type integer: "a"`, `'a'`, and
/// the value after an arrow. Names in double quotes and in backticks stay.
#[must_use]
pub fn without_values(text: &str) -> String {
    const OPEN: [(&str, &str); 5] = [(")=(", ")"), ("contains (", ")"), (": \"", "\""), ("= \"", "\""), ("'", "'")];
    let mut shown = String::new();
    let mut rest = text;
    loop {
        let found =
            OPEN.iter().filter_map(|(open, close)| Some((rest.find(open)?, *open, *close))).min_by_key(|(at, ..)| *at);
        let Some((at, open, close)) = found else { break };
        let (before, after) = rest.split_at(at + open.len());
        shown.push_str(before);
        // An apostrophe in a word quotes nothing.
        let is_apostrophe = open == "'" && rest[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        // A value can hold the closing character, so the last one in the line counts for values in parentheses.
        let line = after.lines().next().unwrap_or_default();
        let end = if close == ")" { line.rfind(close) } else { line.find(close) };
        match end.filter(|_| !is_apostrophe) {
            Some(end) => {
                shown.push_str(HIDDEN);
                shown.push_str(close);
                rest = &after[end + close.len()..];
            }
            None => rest = after,
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn values_are_removed() {
        let check = |text: &str, expect: &str| assert_eq!(without_values(text), expect);
        check("nothing", "nothing");
        check("UNIQUE constraint failed: Pet.name", "UNIQUE constraint failed: Pet.name");
        check("Key (email)=(a@b.c (old)) already exists.", "Key (email)=(…) already exists.");
        check("Failing row contains (1, a@b.c, (x)).", "Failing row contains (…).");
        check(r#"invalid input syntax for type integer: "12a""#, r#"invalid input syntax for type integer: "…""#);
        check(
            r#"column "size" of relation "Toy" is '12' or 'a b'"#,
            r#"column "size" of relation "Toy" is '…' or '…'"#,
        );
        check("the pet's name isn't there", "the pet's name isn't there");
        check("two\nlines: \"a\"\nhere", "two\nlines: \"…\"\nhere");
    }
}
