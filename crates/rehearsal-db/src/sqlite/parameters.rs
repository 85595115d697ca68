//! Parameters in statements: `?1`, `:name`, `@name`, `#name` and `$name`. The name may begin with a digit, and may be an
//! element of a Tcl array, whose index is any text: `$a::b(;)`.

use crate::lex::scan::{continues_word, end_of_word};

/// The end of the parameter at this position.
pub(super) fn end_of_parameter(bytes: &[u8], start: usize) -> Option<usize> {
    let digits = |at: usize| bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    match bytes[start] {
        b'?' => Some(start + 1 + digits(start + 1)),
        // A cast of PostgreSQL is no parameter.
        b':' if start > 0 && bytes[start - 1] == b':' => None,
        b':' | b'@' | b'#' | b'$' => end_of_name(bytes, start + 1),
        _ => None,
    }
}

fn end_of_name(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut is_named = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            byte if continues_word(byte) => {
                at = end_of_word(bytes, at);
                is_named = true;
            }
            b':' if bytes.get(at + 1) == Some(&b':') => at += 2,
            b'(' if is_named => {
                let is_end = |byte: &u8| *byte == b')' || byte.is_ascii_whitespace() || *byte == b'\x0b';
                let end = bytes[at..].iter().position(is_end).map_or(bytes.len(), |n| at + n);
                at = end + usize::from(bytes.get(end) == Some(&b')'));
                break;
            }
            _ => break,
        }
    }
    is_named.then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn finds_the_ends_of_parameters() {
        let check = |sql: &str, expect: &str| {
            let end = end_of_parameter(sql.as_bytes(), 0).unwrap_or(0);
            assert_eq!(&sql[..end], expect, "{sql}");
        };
        check("?12a", "?12");
        check("?, 1", "?");
        check(":1a.5", ":1a");
        check("@é$, b", "@é$");
        check("$a::b(;) c", "$a::b(;)");
        check("$a(b c)", "$a(b");
        check("::int", "");
        check("$", "");
        check("$(a)", "");
        check("a", "");
    }
}
