//! What was typed, as it may be shown again: a URL with a password may stand where no URL belongs.

use rehearsal_db::masked;

/// `text` with each argument of this process that may hold a secret masked in it.
pub(crate) fn shown(text: &str, arguments: impl Iterator<Item = String>) -> String {
    arguments.fold(text.to_owned(), |text, argument| {
        let value =
            argument.strip_prefix("--").and_then(|flag| flag.split_once('=')).map(|(_, value)| value.to_owned());
        let secrets = [Some(argument), value].into_iter().flatten().filter(|word| may_hold_one(word));
        secrets.fold(text, |text, secret| text.replace(&secret, &masked(&secret)))
    })
}

fn may_hold_one(word: &str) -> bool {
    word.contains("://") || word.contains(':') && word.contains('@') || word.to_lowercase().contains("password")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn masks_what_was_typed() {
        let check = |text: &str, arguments: &[&str], expect: &str| {
            assert_eq!(shown(text, arguments.iter().map(ToString::to_string)), expect);
        };
        let url = "postgres://me:secret@h/db";
        check("no database `pest`", &["rehearse", "migrate", "pest"], "no database `pest`");
        check(&format!("no database `{url}`"), &["migrate", url], "no database `postgres://me:***@h/db`");
        check("no pet with id=me@h", &["--scope", "id=me@h"], "no pet with id=me@h");
        check(&format!("'--ulr={url}'"), &[&format!("--ulr={url}")], "'--ulr=postgres://me:***@h/db'");
        check(
            &format!("'{url}' for '--batch'"),
            &[&format!("--batch={url}")],
            "'postgres://me:***@h/db' for '--batch'",
        );
    }
}
