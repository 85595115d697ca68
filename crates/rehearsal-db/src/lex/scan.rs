//! The ends of tokens, as byte offsets. Each function gets the text and the position of its token.

/// True if a word can start with this byte. The bytes of characters outside ASCII belong to words.
pub(super) fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

/// True if a word can contain this byte after its start.
pub(crate) fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// The end of white space.
pub(super) fn end_of_space(bytes: &[u8], start: usize) -> usize {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    bytes[start..].iter().position(|byte| !is_space(byte)).map_or(bytes.len(), |n| start + n)
}

/// The end of an unquoted identifier, or of the rest of one.
pub(crate) fn end_of_word(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| !continues_word(*byte)).map_or(bytes.len(), |n| at + n)
}

/// The end of a number. The letters after it, which the engines refuse, belong to it.
pub(super) fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    match (bytes[start], bytes.get(start + 1)) {
        (b'0', Some(b'x' | b'X')) => {
            return end_of_letters(bytes, end_of_digits(bytes, start + 2, u8::is_ascii_hexdigit));
        }
        (b'0', Some(b'b' | b'B' | b'o' | b'O')) => {
            return end_of_letters(bytes, end_of_digits(bytes, start + 2, u8::is_ascii_digit));
        }
        _ => {}
    }
    let mut at = end_of_digits(bytes, start, u8::is_ascii_digit);
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1) != Some(&b'.') {
        at = end_of_digits(bytes, at + 1, u8::is_ascii_digit);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let has_sign = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        let digits = at + 1 + usize::from(has_sign);
        if is_digit(digits) {
            at = end_of_digits(bytes, digits, u8::is_ascii_digit);
        }
    }
    end_of_letters(bytes, at)
}

/// The end of digits, which underscores may separate.
fn end_of_digits(bytes: &[u8], mut at: usize, is_digit: fn(&u8) -> bool) -> usize {
    let is_digit = |at: usize| bytes.get(at).is_some_and(is_digit);
    while is_digit(at) || bytes.get(at) == Some(&b'_') && is_digit(at + 1) {
        at += 1;
    }
    at
}

fn end_of_letters(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at).copied().is_some_and(starts_word) { end_of_word(bytes, at) } else { at }
}

/// The end of a quoted token that starts before `at`; a doubled quote does not end it.
pub(super) fn end_of_quoted(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while at < bytes.len() {
        if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

/// The end of a string with backslash escapes that starts before `at`.
pub(super) fn end_of_escaped(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a block comment; `None` if it has none.
pub(super) fn end_of_comment(bytes: &[u8], start: usize, nests: bool) -> Option<usize> {
    let (mut at, mut depth) = (start + 2, 1);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            (b'/', Some(b'*')) if nests => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    None
}

/// The end of a dollar-quoted string; `None` if no tag begins at `start`.
pub(super) fn end_of_dollars(sql: &str, start: usize) -> Option<usize> {
    let rest = &sql[start + 1..];
    let tag_end = rest.find('$')?;
    let tag = &rest.as_bytes()[..tag_end];
    let is_tag = tag.first().is_none_or(|first| starts_word(*first)) && end_of_word(tag, 0) == tag.len();
    let mark = &sql[start..start + tag_end + 2];
    let body = start + mark.len();
    is_tag.then(|| sql[body..].find(mark).map_or(sql.len(), |n| body + n + mark.len()))
}
