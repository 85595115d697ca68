//! Percent-encoding, as URLs need it.

use std::fmt::Write as _;

/// `text` with what has a meaning in a URL encoded. A slash has none in the value of a parameter, and reads better.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What was encoded; a percent sign that begins no code stands for itself.
pub(crate) fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = || str::from_utf8(tail.get(..2)?).ok().filter(|code| !code.starts_with('+'));
        match code().and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if *first == b'%' => {
                out.push(byte);
                rest = &tail[2..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn there_and_back() {
        let check = |text: &str, expect: &str| {
            assert_eq!(encoded(text), expect);
            assert_eq!(decoded(expect), text);
        };
        check("plain-._~/", "plain-._~/");
        check("a b+c", "a%20b%2Bc");
        check("größe?&#%", "gr%C3%B6%C3%9Fe%3F%26%23%25");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%+1"), "%zz%+1");
    }
}
