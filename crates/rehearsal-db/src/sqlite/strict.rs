//! Makes misspelt names an error. SQLite takes an unknown `"column"` for the string `'column'`, so
//! `WHERE "colum" IS NULL` never finds anything. A name in backticks is always a name.

use crate::Engine;
use crate::lex::{Kind, tokens};

/// `sql` with all double-quoted names in backticks. Byte offsets do not change, except after a name that contains
/// quotes or is next to a backtick.
pub(crate) fn strict(sql: &str) -> String {
    let mut strict = String::with_capacity(sql.len());
    let mut done = 0;
    for token in tokens(sql, Engine::Sqlite)
        .into_iter()
        .filter(|token| token.kind == Kind::Quoted && token.text.starts_with('"'))
    {
        let name = token.unquoted();
        // Not closed.
        if name == token.text {
            continue;
        }
        strict.push_str(&sql[done..token.start]);
        done = token.start + token.text.len();
        // Two backticks would be one in a name.
        if strict.ends_with('`') {
            strict.push(' ');
        }
        strict.push('`');
        strict.push_str(&name.replace('`', "``"));
        strict.push('`');
        if sql[done..].starts_with('`') {
            strict.push(' ');
        }
    }
    strict.push_str(&sql[done..]);
    strict
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn double_quoted_names_get_backticks() {
        let check = |sql: &str, expect: &str| assert_eq!(strict(sql), expect);
        check("", "");
        check(r#"SELECT "a"."b", 'it''s "c"' -- "d""#, r#"SELECT `a`.`b`, 'it''s "c"' -- "d""#);
        check(r#"SELECT "a""b`c""#, "SELECT `a\"b``c`");
        check("SELECT [a], `b`", "SELECT [a], `b`");
        check(r#"SELECT "a"`b`, `c`"d"`e`"#, "SELECT `a` `b`, `c` `d` `e`");
        check(r#"SELECT "open"#, r#"SELECT "open"#);
        check(r#"SELECT "open"""#, r#"SELECT "open"""#);
    }
}
