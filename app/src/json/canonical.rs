//! The canonical text of a JSON value: two values are equal if and only if their canonical texts are. See
//! [`canonical`].
//!
//! The result serves only for comparison and is not JSON. Keys are in the order of `jsonb`, by length and then by
//! bytes, so that text that comes from a `jsonb` never has to be reordered.

use super::decode;
use super::scan::{Bracket, Token, tokens};

/// An object or a list whose closing bracket has not been read yet.
struct Open {
    /// The offset in the output at which its contents start.
    start: usize,
    /// The keys of an object, each with the offset of its entry in the output. Empty for a list.
    keys: Vec<(String, usize)>,
    /// Whether the next string is a key.
    expects_key: bool,
}

/// Returns the canonical text of a JSON text.
pub(super) fn canonical(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Open> = Vec::new();
    for token in tokens(text) {
        match token {
            Token::Open(bracket) => {
                out.push(if bracket == Bracket::Object { '{' } else { '[' });
                open.push(Open { start: out.len(), keys: Vec::new(), expects_key: bracket == Bracket::Object });
            }
            Token::Close(bracket) => {
                if let Some(closed) = open.pop() {
                    arrange(&mut out, closed);
                }
                out.push_str(if bracket == Bracket::Object { "}," } else { "]," });
            }
            Token::Comma => {
                if let Some(object) = open.last_mut().filter(|open| !open.keys.is_empty()) {
                    object.expects_key = true;
                }
            }
            Token::Colon => {}
            Token::Text(text) => match open.last_mut().filter(|open| open.expects_key) {
                Some(object) => {
                    // A key that is not valid Unicode equals only itself.
                    object.keys.push((decode(text).unwrap_or_else(|_| text.to_owned()), out.len()));
                    object.expects_key = false;
                    write_text(&mut out, text);
                    out.push(':');
                }
                None => {
                    write_text(&mut out, text);
                    out.push(',');
                }
            },
            Token::Word(word) => {
                match number(word) {
                    Some(number) => out.push_str(&number),
                    None => out.push_str(word),
                }
                out.push(',');
            }
        }
    }
    out
}

/// Sorts the entries of a closed object by key. Of duplicate keys, the last entry is kept.
fn arrange(out: &mut String, object: Open) {
    let in_order = |(one, _): &(String, usize), (next, _): &(String, usize)| (one.len(), one) < (next.len(), next);
    if object.keys.is_sorted_by(in_order) {
        return;
    }
    let ends = object.keys.iter().skip(1).map(|(_, start)| *start).chain([out.len()]);
    let mut entries: Vec<(&str, &str)> =
        object.keys.iter().zip(ends).map(|((key, start), end)| (key.as_str(), &out[*start..end])).collect();
    // The sort is stable: after reversing, the last entry of each key is the first, which `dedup` keeps.
    entries.sort_by_key(|(key, _)| (key.len(), *key));
    entries.reverse();
    entries.dedup_by_key(|(key, _)| *key);
    let arranged: String = entries.into_iter().rev().map(|(_, entry)| entry).collect();
    out.truncate(object.start);
    out.push_str(&arranged);
}

fn write_text(out: &mut String, text: &str) {
    // A string without escapes is canonical already.
    let rewritten =
        if text.contains('\\') { decode(text).and_then(|text| serde_json::to_string(&text)).ok() } else { None };
    out.push_str(rewritten.as_deref().unwrap_or(text));
}

/// A number as its significant digits and an exponent. `None` if `word` is not a number or its exponent does not
/// fit into an `i64`.
fn number(word: &str) -> Option<String> {
    let (sign, magnitude) = word.strip_prefix('-').map_or(("", word), |magnitude| ("-", magnitude));
    if !magnitude.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let trimmed = significant.trim_end_matches('0');
    if trimmed.is_empty() {
        // `jsonb` has no negative zero.
        return Some("0".to_owned());
    }
    let zeros = i128::try_from(significant.len() - trimmed.len()).ok()?;
    let exponent = exponent.parse::<i64>().ok()?;
    let exponent = i128::from(exponent) - i128::try_from(fraction.len()).ok()? + zeros;
    Some(format!("{sign}{trimmed}e{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::{assert_eq, assert_ne};

    #[test]
    fn values_equal_in_jsonb_have_equal_texts() {
        let check = |one: &str, other: &str| assert_eq!(canonical(one), canonical(other), "{one} {other}");
        check("1", "1.0");
        check("100", "1e2");
        check("100", "1E+2");
        check("0.10", "1e-1");
        check("-0", "0.00");
        check("0e5", "0");
        check("9007199254740993", "9007199254740993.000");
        check("1e400", &format!("1{}", "0".repeat(400)));
        check(r#""A""#, r#""\u0041""#);
        check(r#""🐶""#, r#""\ud83d\udc36""#);
        check(r#""/""#, r#""\/""#);
        check(" [ 1 , 2 ] ", "[1,2]");
        check(r#"{"b":1,"a":2}"#, r#"{"a":2,"b":1}"#);
        check(r#"{"a":1,"a":2}"#, r#"{"a":2}"#);
        check(r#"{"a":1,"b":3,"\u0061":2}"#, r#"{"b":3,"a":2}"#);
        check(r#"{"x":{"bb":[{}],"a":{"d":1,"c":2}}}"#, r#"{"x":{"a":{"c":2,"d":1},"bb":[{}]}}"#);
    }

    #[test]
    fn values_different_in_jsonb_have_different_texts() {
        let check = |one: &str, other: &str| assert_ne!(canonical(one), canonical(other), "{one} {other}");
        check("1", r#""1""#);
        check("1", "-1");
        check("9007199254740992", "9007199254740993");
        check("1e400", "1e401");
        check("0.1", "0.01");
        check("[1,2]", "[2,1]");
        check("[]", "{}");
        check("[]", "[[]]");
        check("[[],1]", "[[1]]");
        check(r#"{"a":1}"#, r#"{"A":1}"#);
        check(r#"["a","b"]"#, r#"["a,b"]"#);
        check(r#"{"a":{"b":1}}"#, r#"{"a":1,"b":1}"#);
        check(r#""\\u0041""#, r#""A""#);
        check(r#"{"a":null}"#, "{}");
        check("true", "false");
        check(r#""\ud800""#, r#""\udc00""#);
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let deep = |inner: &str| format!("{}{inner}{}", open.repeat(100_000), close.repeat(100_000));
            assert_eq!(canonical(&deep("1")), canonical(&deep("1.0")));
            assert_ne!(canonical(&deep("1")), canonical(&deep("2")));
        }
    }
}
