//! Names that can only be names. SQLite takes a lone `"column"` that does not exist for the string `'column'`, so that
//! `WHERE "colum" IS NULL` finds nothing, for ever. Between backticks a name stays a name, and a wrong one is an error.

use crate::Engine;
use crate::lex::{Kind, tokens};

/// `sql` with every name in double quotes put between backticks. Offsets stay, but behind a name that holds quotes itself.
pub(crate) fn strict(sql: &str) -> String {
    let mut strict = String::with_capacity(sql.len());
    let mut done = 0;
    for token in tokens(sql, Engine::Sqlite)
        .into_iter()
        .filter(|token| token.kind == Kind::Quoted && token.text.starts_with('"'))
    {
        let Some(name) = token.text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { continue };
        strict.push_str(&sql[done..token.start]);
        strict.push('`');
        strict.push_str(&name.replace("\"\"", "\"").replace('`', "``"));
        strict.push('`');
        done = token.start + token.text.len();
    }
    strict.push_str(&sql[done..]);
    strict
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn names_stay_names() {
        let check = |sql: &str, expect: &str| assert_eq!(strict(sql), expect);
        check("", "");
        check(r#"SELECT "a"."b", 'it''s "c"' -- "d""#, r#"SELECT `a`.`b`, 'it''s "c"' -- "d""#);
        check(r#"SELECT "a""b`c""#, "SELECT `a\"b``c`");
        check("SELECT [a], `b`", "SELECT [a], `b`");
        check(r#"SELECT "open"#, r#"SELECT "open"#);
    }
}
