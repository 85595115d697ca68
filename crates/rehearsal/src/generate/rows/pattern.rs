//! Texts that match a pattern: for a regular expression a short text built from its first alternatives, for `LIKE`
//! and `GLOB` the pattern with letters in place of wildcards.

/// The length in bytes up to which repetitions of an atom are written out.
const LONGEST: usize = 4096;
/// The number of nested groups that are parsed.
const DEEPEST: usize = 100;

/// Returns a text that probably matches a regular expression. Unknown syntax is copied literally; the database
/// decides whether the text matches.
pub(super) fn of_regex(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    let mut at = 0;
    alternative(&chars, &mut at, 0)
}

/// Returns a text that matches a `LIKE` pattern.
pub(super) fn of_like(pattern: &str) -> String {
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => text.push('a'),
            '_' => text.push('b'),
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
}

/// Returns a text that matches a `GLOB` pattern.
pub(super) fn of_glob(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    let mut text = String::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        match c {
            '*' => text.push('a'),
            '?' => text.push('b'),
            '[' => {
                at += 1;
                text.extend(class(&chars, &mut at));
                continue;
            }
            c => text.push(*c),
        }
        at += 1;
    }
    text
}

/// Parses up to the end of a group and returns a text for its first alternative.
fn alternative(chars: &[char], at: &mut usize, depth: usize) -> String {
    let mut first: Option<String> = None;
    let mut text = String::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        let atom = match c {
            ')' => break,
            '|' => {
                first.get_or_insert(std::mem::take(&mut text));
                text.clear();
                continue;
            }
            '^' | '$' => continue,
            '(' if depth < DEEPEST => {
                // `(?:` and similar prefixes.
                if chars.get(*at) == Some(&'?') {
                    *at += 1;
                    while chars.get(*at).is_some_and(|c| matches!(c, ':' | '=' | '!' | 'i')) {
                        *at += 1;
                    }
                }
                alternative(chars, at, depth + 1)
            }
            '[' => class(chars, at).map(String::from).unwrap_or_default(),
            '.' => "a".to_owned(),
            '\\' => {
                let c = chars.get(*at).copied();
                *at += 1;
                match c {
                    Some('d') => "1".to_owned(),
                    Some('w') => "a".to_owned(),
                    Some('s') => " ".to_owned(),
                    // Boundaries of words and of the text.
                    Some('m' | 'M' | 'y' | 'b' | 'A' | 'Z') | None => String::new(),
                    Some(c) => c.to_string(),
                }
            }
            c => c.to_string(),
        };
        let most = LONGEST / atom.len().max(1);
        text.push_str(&atom.repeat(times(chars, at).min(most.max(1))));
    }
    first.unwrap_or(text)
}

/// Returns a character of the class that starts before `at`, and moves `at` after the class.
fn class(chars: &[char], at: &mut usize) -> Option<char> {
    let is_not = matches!(chars.get(*at), Some('^' | '!'));
    *at += usize::from(is_not);
    let start = *at;
    let mut inside = Vec::new();
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        match c {
            ']' if *at - 1 > start => break,
            '[' if chars.get(*at) == Some(&':') => {
                let name: String = chars[*at + 1..].iter().take_while(|c| **c != ':').collect();
                *at = (*at + name.chars().count() + 3).min(chars.len());
                inside.push(match name.as_str() {
                    "digit" | "xdigit" => '1',
                    "upper" => 'A',
                    "space" => ' ',
                    "punct" => '.',
                    _ => 'a',
                });
            }
            '\\' => {
                match chars.get(*at) {
                    Some('d') => inside.push('1'),
                    Some('w') => inside.push('a'),
                    Some('s') => inside.push(' '),
                    Some(c) => inside.push(*c),
                    None => {}
                }
                *at += 1;
            }
            c => inside.push(c),
        }
    }
    if is_not { "a1 B-".chars().find(|c| !inside.contains(c)) } else { inside.first().copied() }
}

/// Parses a quantifier. Returns the least number of repetitions, but 1 if the item is optional.
fn times(chars: &[char], at: &mut usize) -> usize {
    let n = match chars.get(*at) {
        Some('*' | '+' | '?') => {
            *at += 1;
            1
        }
        Some('{') if chars.get(*at + 1).is_some_and(char::is_ascii_digit) => {
            let number: String = chars[*at + 1..].iter().take_while(|c| c.is_ascii_digit()).collect();
            while chars.get(*at).is_some_and(|c| *c != '}') {
                *at += 1;
            }
            *at += 1;
            number.parse::<usize>().unwrap_or(1).clamp(1, 1000)
        }
        _ => return 1,
    };
    // Skip the `?` of a lazy quantifier.
    *at += usize::from(chars.get(*at) == Some(&'?'));
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    #[test]
    fn texts_match_their_patterns() {
        let check = |pattern: &str, expect: &str| assert_eq!(of_regex(pattern), expect, "{pattern}");
        check("", "");
        check("^[a-z][a-z0-9_]*$", "aa");
        check(r"^\d{4}-\d{2}$", "1111-11");
        check("^#[0-9A-Fa-f]{6}$", "#000000");
        check(r"^[^@\s]+@[^@]+\.[a-z]{2,}$", "a@a.aa");
        check("^(red|green)$", "red");
        check("(?:x|y){2,3}z?", "xxz");
        check("^[[:upper:]]{3}$", "AAA");
        check("a.c+?", "aac");
        check("[", "");
        check("((a{1000}){1000}){1000}", &"a".repeat(4000));
        check(&"(".repeat(10_000), &"(".repeat(9_900));
        assert_eq!(of_like("%@%._x\\%"), "a@a.bx%");
        assert_eq!(of_glob("[A-Z]*.?x"), "Aa.bx");
    }

    proptest! {
        #[test]
        fn any_pattern_is_accepted(pattern in "[a-c()\\[\\]{}|?*+.^$\\\\0-9:,!-]{0,20}") {
            drop((of_regex(&pattern), of_like(&pattern), of_glob(&pattern)));
        }
    }
}
