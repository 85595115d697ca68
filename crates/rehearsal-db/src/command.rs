//! Commands in messages. The command line calls [`set_name`] once at its start, and every message that recommends a
//! command uses that name.

use std::borrow::Cow;
use std::sync::OnceLock;

static NAME: OnceLock<&'static str> = OnceLock::new();

/// The default name, if no command line has set another one.
const DEFAULT: &str = "cargo rehearse";

/// Sets the name of the command line, such as `cargo rehearse`. Only the first call has an effect.
pub fn set_name(name: &'static str) {
    // The first call wins, as documented.
    let _ = NAME.set(name);
}

/// The name of the command line; `cargo rehearse` by default.
#[must_use]
pub fn name() -> &'static str {
    NAME.get().copied().unwrap_or(DEFAULT)
}

/// The command with these arguments: `cargo rehearse migrate pets`.
#[must_use]
pub fn command(arguments: &str) -> String {
    format!("{} {arguments}", name())
}

/// `word` as one shell word, quoted if a shell would split or expand it.
#[must_use]
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    // Only a NUL byte cannot be quoted, and a process argument cannot contain one.
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn quotes_words_that_a_shell_would_change() {
        let check = |word: &str| assert_eq!(shlex::split(&shell_word(word)), Some(vec![word.to_owned()]), "{word}");
        check("sqlite:.dev/pets.sqlite");
        check("sqlite:a b.db");
        check("sqlite:new.db?mode=rwc");
        check("it's");
        check("");
        check("$HOME `id` \\ \"x\" !");
        assert_eq!(shell_word("sqlite:.dev/pets.sqlite"), "sqlite:.dev/pets.sqlite");
        assert_eq!(shell_word("--url=a,b"), "--url=a,b");
    }
}
