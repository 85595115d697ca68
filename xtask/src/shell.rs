//! Words as a shell takes them, for commands that a person is told to type.

/// `word`, between quotes where a shell would take it for more than one word or for something else.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn quotes_where_it_must() {
        let check = |word: &str, expect: &str| assert_eq!(quoted(word), expect);
        check("sqlite:.dev/pets.sqlite", "sqlite:.dev/pets.sqlite");
        check("sqlite:a b.db", "'sqlite:a b.db'");
        check("sqlite:new.db?mode=rwc", "'sqlite:new.db?mode=rwc'");
        check("it's", "'it'\\''s'");
        check("", "''");
    }
}
