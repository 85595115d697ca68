//! URLs for messages: whatever was typed, without what may be a secret.

/// `url` without what may be a secret: the user's part of an authority, and, but for a file, everything behind a `?`. What is
/// no URL at all is shown up to its first word only, where it speaks of a password or may hold one.
pub(super) fn masked(url: &str) -> String {
    if url.starts_with("sqlite:") {
        return url.to_owned();
    }
    let (url, query) = match url.split_once('?') {
        Some((url, _)) => (url, "?***"),
        None => (url, ""),
    };
    let Some((scheme, rest)) = url.split_once("://") else {
        let is_plain = !url.contains('@') && !url.to_lowercase().contains("password");
        let first = url.split([':', ' ']).next().unwrap_or_default();
        return if is_plain { format!("{url}{query}") } else { format!("{first} ***") };
    };
    // A password may hold an unescaped slash; the last `@` of the whole rest is the safe cut.
    match rest.rfind('@') {
        Some(at) => {
            let user = rest[..at].split(':').next().unwrap_or_default();
            let password = if rest[..at].contains(':') { ":***" } else { "" };
            format!("{scheme}://{user}{password}@{}{query}", &rest[at + 1..])
        }
        None => format!("{scheme}://{rest}{query}"),
    }
}
