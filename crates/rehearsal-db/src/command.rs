//! Commands that a person is told to type. The library does not know what it is called: a command line tells it its name
//! once, at its start, and every message that advises a command uses that name.

use std::borrow::Cow;
use std::sync::OnceLock;

static NAME: OnceLock<&'static str> = OnceLock::new();

/// What the binary of this project is called where no command line has said otherwise.
const DEFAULT: &str = "cargo rehearse";

/// Tells the library the name of the command line that runs it, such as `cargo rehearse`. Only the first call counts.
pub fn set_name(name: &'static str) {
    // Losing to an earlier call is what the documentation promises.
    let _ = NAME.set(name);
}

/// The name of the command line: `cargo rehearse` where no other name was told.
#[must_use]
pub fn name() -> &'static str {
    NAME.get().copied().unwrap_or(DEFAULT)
}

/// The command with these arguments: `cargo rehearse migrate pets`.
#[must_use]
pub fn command(arguments: &str) -> String {
    format!("{} {arguments}", name())
}

/// `word` as one word of a shell: between quotes where a shell would split or expand it.
#[must_use]
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    // Only a NUL byte can't be quoted, and no argument of a process can hold one.
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn quotes_where_a_shell_needs_it() {
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
