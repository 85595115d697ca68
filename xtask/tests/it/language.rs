//! The project speaks plain English: words that it has retired stand in no message, comment or page. To retire a
//! word, add it to [`RETIRED`] with what to write instead.

use crate::suite::repository;
use crate::tidy::{files, sources};
use pretty_assertions::assert_eq;

/// Retired words and phrases in lower case, and what to write instead. A `^` binds a phrase to the start of a comment.
const RETIRED: &[(&str, &str)] = &[
    ("^the same", "name the subject"),
    ("^so is", "name the subject"),
    ("^it does", "name the subject"),
    ("accounted for", "reconciled"),
    ("another one went on", "every restart resumed correctly"),
    ("begun anew", "restarted"),
    ("behind its back", "concurrently"),
    ("behind the run's back", "concurrently inserted"),
    ("checks bite", "mutation testing"),
    ("each so manieth", "every nth"),
    ("goes on", "resumes, continues"),
    ("is told", "is reported"),
    ("are told", "are reported"),
    ("left alone", "unchanged"),
    ("loses nothing", "deletes data without declaring it"),
    ("loss sentinel", "data loss"),
    ("made-up rows", "generated rows"),
    ("made up rows", "generated rows"),
    ("oddity", "warning"),
    ("oddities", "warnings"),
    ("so many units", "a number of units"),
    ("somebody", "another session, a user, the app"),
    ("nobody", "no session, no user"),
    ("the books", "the reconciliation, the record of migrations"),
    ("the engine said", "the query fails"),
    ("the way down", "the down migrations"),
    ("the way back", "the down migration"),
    ("untried", "not covered"),
    ("went on", "resumed, continued"),
    ("what is there", "name it"),
    ("whoever", "the session that"),
    ("can't", "cannot"),
];

/// Lines that may contain a retired word: a part of the line, and why.
const ALLOWED: &[(&str, &str)] = &[
    ("`nobody`", "an account of the operating system"),
    ("\"nobody\"", "an account of the operating system"),
    ("somebody else's parts", "data of a fixture"),
    ("Somebody who doesn't mind cats", "data of a fixture"),
];

/// True if the phrase is in the text with no letter next to it.
fn contains(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        [before, after].into_iter().flatten().all(|next| !next.is_alphanumeric() && next != '_')
    })
}

/// The retired words of one line.
fn retired(line: &str) -> Vec<&'static str> {
    if ALLOWED.iter().any(|(part, _)| line.contains(part)) {
        return Vec::new();
    }
    let text = line.to_lowercase().replace('’', "'");
    let comment = text.trim_start().trim_start_matches(['/', '!', '-', '*', '#']).trim_start();
    let is_retired = |phrase: &str| match phrase.strip_prefix('^') {
        Some(start) => text.trim_start().starts_with("//") && comment.starts_with(start),
        None => contains(&text, phrase),
    };
    RETIRED.iter().map(|(phrase, _)| *phrase).filter(|phrase| is_retired(phrase)).collect()
}

#[test]
fn retired_words_are_found() {
    let check = |line: &str, expect: &[&str]| assert_eq!(retired(line), expect, "{line}");
    check("/// The same of texts.", &["^the same"]);
    check("let text = \"the same\";", &[]);
    check("//! Whoever reads this", &["whoever"]);
    check("the untriedness of it", &[]);
    check("run as `nobody`", &[]);
    check("Nobody knows that it goes on.", &["goes on", "nobody"]);
}

#[test]
fn no_retired_word_is_used() {
    let pages = ["docs", "crates"].into_iter().flat_map(|folder| files(folder, "md"));
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    let top = top.map(|page| (page.to_owned(), std::fs::read_to_string(repository().join(page)).unwrap()));
    let texts = sources().into_iter().chain(pages).chain(top).filter(|(file, _)| !file.ends_with("it/language.rs"));
    let mut offences = Vec::new();
    let mut lines = 0;
    for (file, text) in texts {
        for (number, line) in text.lines().enumerate() {
            lines += 1;
            let found = retired(line);
            offences.extend(found.iter().map(|phrase| format!("{file}:{}: {phrase}: {}", number + 1, line.trim())));
        }
    }
    assert!(lines > 10_000, "{lines} lines were read");
    assert_eq!(offences, [""; 0], "retired words; RETIRED in language.rs says what to write instead");
}
