//! [`masked`] prepares URLs for messages: as typed, but without anything that may be a secret.

/// The parameters of a SQLite URL (`https://www.sqlite.org/uri.html`).
const KNOWN: [&str; 7] = ["cache", "immutable", "mode", "modeof", "nolock", "psow", "vfs"];

/// `url` without the password and without everything after `?`, except the parameters of a SQLite URL. Text that is not
/// a URL is cut after its first word if it may contain a password.
pub fn masked(url: &str) -> String {
    if url.starts_with("sqlite:") {
        return masked_file(url);
    }
    let has_later_at = url.split_once('?').is_some_and(|(_, query)| query.contains('@'));
    let (url, query) = match url.split_once('?') {
        Some((url, _)) => (url, "?***"),
        None => (url, ""),
    };
    let Some((scheme, rest)) = url.split_once("://") else {
        let is_plain = !url.contains('@') && !url.to_lowercase().contains("password");
        let first = url.split([':', ' ']).next().unwrap_or_default();
        return if is_plain { format!("{url}{query}") } else { format!("{first} ***") };
    };
    // A password may contain an unescaped slash, so the last `@` of the whole rest is the safe place to cut.
    match rest.rfind('@') {
        Some(at) => {
            let user = rest[..at].split(':').next().unwrap_or_default();
            let password = if rest[..at].contains(':') { ":***" } else { "" };
            format!("{scheme}://{user}{password}@{}{query}", &rest[at + 1..])
        }
        // A `?` may be part of the password.
        None if has_later_at => format!("{scheme}://***"),
        None => format!("{scheme}://{rest}{query}"),
    }
}

/// A SQLite URL has no password, but users may add such parameters out of habit.
fn masked_file(url: &str) -> String {
    let Some((file, query)) = url.split_once('?') else { return url.to_owned() };
    let shown = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((key, _)) if !KNOWN.contains(&key) => format!("{key}=***"),
        _ => parameter.to_owned(),
    });
    format!("{file}?{}", shown.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn hides_secrets() {
        let check = |url: &str, expect: &str| assert_eq!(masked(url), expect);
        check("sqlite:a b.db", "sqlite:a b.db");
        check("sqlite:a.db?mode=x&vfs=unix&key=secret", "sqlite:a.db?mode=x&vfs=unix&key=***");
        check("postgres://me:secret@h/db?password=secret", "postgres://me:***@h/db?***");
        check("postgres://me:se/cr@et@h/db", "postgres://me:***@h/db");
        check("postgres://me:se?cret@h/db", "postgres://***");
        check("postgres://h/db?user=me@home", "postgres://***");
        check("host=h password=secret", "host=h ***");
        check("words", "words");
    }
}
