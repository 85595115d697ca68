//! Masks secrets in error messages that repeat the command line: a user may pass a URL with a password where no URL
//! belongs.

use rehearsal_db::masked;

/// Masks in `text` every argument that may contain a secret.
pub(crate) fn shown(text: &str, arguments: impl Iterator<Item = String>) -> String {
    arguments.fold(text.to_owned(), |text, argument| {
        let value =
            argument.strip_prefix("--").and_then(|flag| flag.split_once('=')).map(|(_, value)| value.to_owned());
        let secrets = [Some(argument), value].into_iter().flatten().filter(|word| may_be_secret(word));
        secrets.fold(text, |text, secret| text.replace(&secret, &masked(&secret)))
    })
}

fn may_be_secret(word: &str) -> bool {
    word.contains("://") || word.contains(':') && word.contains('@') || word.to_lowercase().contains("password")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn masks_arguments() {
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
