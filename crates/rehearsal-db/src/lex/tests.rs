//! Tables of scripts. The laws for any text are in the folder: generated SQL in `pieces`, the comparison with another
//! lexer in `postgres`, and with the engine itself in `sqlite`.

mod pieces;
mod postgres;
mod sqlite;

use super::*;
use pieces::{script, text};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

#[test]
fn splits_statements() {
    let check = |sql: &str, expect: &[&str]| {
        assert_eq!(statements(sql, Engine::Sqlite).iter().map(|s| s.text).collect::<Vec<_>>(), expect, "{sql}");
    };
    check("", &[]);
    check(" ; ;\n-- only a comment", &[]);
    check("SELECT 1", &["SELECT 1"]);
    check("a; -- b;\nc /* ; */ d;", &["a;", "c /* ; */ d;"]);
    check("a ';' '''' b; \"x;\"\"\" [;] `;`;", &["a ';' '''' b;", "\"x;\"\"\" [;] `;`;"]);
    check(
        "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END; e;",
        &[
            "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END;",
            "e;",
        ],
    );
    check("CREATE TABLE trigger_log (a); b", &["CREATE TABLE trigger_log (a);", "b"]);
    check("a 'never closed; b", &["a 'never closed; b"]);
    check("sélect 'é'; x", &["sélect 'é';", "x"]);
    check("a.b = 1.5e3;", &["a.b = 1.5e3;"]);
    check("\u{feff}CREATE TRIGGER t BEGIN a; END; b", &["CREATE TRIGGER t BEGIN a; END;", "b"]);
    check(
        "EXPLAIN QUERY PLAN CREATE TRIGGER t BEGIN a; END; b",
        &["EXPLAIN QUERY PLAN CREATE TRIGGER t BEGIN a; END;", "b"],
    );
    check("a -- b\rc; d\ne; f", &["a -- b\rc; d\ne;", "f"]);
    check("a $b(;); c", &["a $b(;);", "c"]);
    // A comment without its end is one, but `/*` at the end of the text are two operators.
    check("a; /* b; c", &["a;"]);
    check("a; /*", &["a;", "/*"]);
    check("a; \u{b}\u{b} b;\u{b}c", &["a;", "b;", "\u{b}c"]);
}

#[test]
fn splits_statements_of_postgres() {
    let check = |sql: &str, expect: &[&str]| {
        assert_eq!(statements(sql, Engine::Postgres).iter().map(|s| s.text).collect::<Vec<_>>(), expect, "{sql}");
    };
    check("a $$ ; $$; b $x$ $$ ; $y$ $x$; c", &["a $$ ; $$;", "b $x$ $$ ; $y$ $x$;", "c"]);
    check("a $1; b", &["a $1;", "b"]);
    check("a 1$$;$$; b $2$$;$$; c", &["a 1$$;$$;", "b $2$$;$$;", "c"]);
    check("a $€$;$€$; b", &["a $€$;$€$;", "b"]);
    check("a -- b\rc; -- d\r\ne", &["a -- b\rc;", "e"]);
    check("a; /* b; /* c */", &["a;", "/* b; /* c */"]);
    check("a;\u{b}b", &["a;", "b"]);
    check(r"a E'\';' ; b '\'; c", &[r"a E'\';' ;", r"b '\';", "c"]);
    // Strings on successive lines are one string.
    check("a E'b'\n'\\';'; c", &["a E'b'\n'\\';';", "c"]);
    check("a E'b' -- c\n -- d\r'\\';'; e", &["a E'b' -- c\n -- d\r'\\';';", "e"]);
    check("a E'b' '\\'; c'", &["a E'b' '\\';", "c'"]);
    check("a E'b' /* \n */ '\\'; c'", &["a E'b' /* \n */ '\\';", "c'"]);
    check("a /* /* ; */ ; */ b; c", &["a /* /* ; */ ; */ b;", "c"]);
    check("a ARRAY['x;y']; b[1]; c", &["a ARRAY['x;y'];", "b[1];", "c"]);
    check("CREATE TRIGGER t EXECUTE FUNCTION f(); b;", &["CREATE TRIGGER t EXECUTE FUNCTION f();", "b;"]);
    check(
        "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b;); c",
        &["CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b;);", "c"],
    );
    check("CREATE OR REPLACE RULE r AS ON a DO (b; (c;)); d", &["CREATE OR REPLACE RULE r AS ON a DO (b; (c;));", "d"]);
    check("CREATE TABLE rule (a; b", &["CREATE TABLE rule (a;", "b"]);
    check(
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END; b",
        &["CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END;", "b"],
    );
}

#[test]
fn finds_tokens() {
    let check = |engine: Engine, sql: &str, expect: &[&str]| {
        let shown = |token: &Token<'_>| format!("{:?} {}", token.kind, token.text);
        assert_eq!(tokens(sql, engine).iter().map(shown).collect::<Vec<_>>(), expect, "{sql}");
    };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        check(engine, "1.5e-3+.5E+7", &["Word 1.5e-3", "Punct +", "Word .5E+7"]);
        check(engine, "1e+ 0x1F 1_000.", &["Word 1e", "Punct +", "Word 0x1F", "Word 1_000."]);
        check(engine, "a.b.5", &["Word a", "Punct .", "Word b", "Word .5"]);
        check(engine, "1..n", &["Word 1", "Punct ..", "Word n"]);
        check(engine, "é$1 --", &["Word é$1", "Comment --"]);
        check(engine, "x'a''b'", &["Word x", "String 'a''b'"]);
    }
    check(Engine::Postgres, "0x1F$$a$$0b1$$b$$", &["Word 0x1F", "String $$a$$", "Word 0b1", "String $$b$$"]);
    check(Engine::Postgres, "$1+$2a.5", &["Word $1", "Punct +", "Word $2", "Word a", "Word .5"]);
    check(Engine::Postgres, "$a $$ $a$ b", &["Punct $", "Word a", "String $$ $a$ b"]);
    check(Engine::Sqlite, "$a(;) :1a ?1b", &["Word $a(;)", "Word :1a", "Word ?1", "Word b"]);
    check(Engine::Sqlite, "a::b", &["Word a", "Punct :", "Punct :", "Word b"]);
}

#[test]
fn unquotes_tokens() {
    let check = |sql: &str, expect: &str| {
        let all = tokens(sql, Engine::Sqlite);
        assert_eq!(all.iter().map(Token::unquoted).collect::<Vec<_>>(), [expect], "{sql}");
    };
    check(r#""a""b""#, "a\"b");
    check(r#""""""#, "\"");
    check("`a``'`", "a`'");
    check("[a\"\"]", "a\"\"");
    check("'it''s'", "it's");
    check("''''''", "''");
    check("a", "a");
    // No end.
    check(r#""a"""#, r#""a"""#);
    check(r#"""""#, r#"""""#);
    check("'", "'");
    check("[a", "[a");
}

#[test]
fn finds_bodies() {
    let check = |sql: &str, expect: Option<(usize, &str)>| {
        let all = tokens(sql, Engine::Postgres);
        assert_eq!(all.last().and_then(Token::body), expect, "{sql}");
    };
    check("a $$b$$", Some((4, "b")));
    check("$c$ $$ $c$", Some((3, " $$ ")));
    check("$$$$", Some((2, "")));
    check("'a'", None);
    // No end.
    check("$$ body", None);
    check("$1a$body", None);
}

#[test]
fn converts_offsets_to_lines_and_columns() {
    let check = |text: &str, offset: usize, expect: (usize, usize, &str)| assert_eq!(position(text, offset), expect);
    check("", 0, (1, 1, ""));
    check("ab\ncd", 4, (2, 2, "cd"));
    check("é\r\nüx\r\ny", 6, (2, 2, "üx"));
    check("ab", 99, (1, 3, "ab"));
}

/// Fails unless tokens are in order, and only white space is between them.
fn check_tokens(sql: &str, engine: Engine) {
    let is_space = |c: char| c.is_ascii_whitespace() || c == '\u{b}' || c == '\u{feff}';
    let mut end = 0;
    for token in tokens(sql, engine) {
        assert!(token.start >= end && !token.text.is_empty(), "{token:?} overlaps in {sql:?}");
        assert_eq!(sql.get(token.start..token.start + token.text.len()), Some(token.text), "{sql:?}");
        assert!(sql[end..token.start].chars().all(is_space), "text before {token:?} belongs to no token of {sql:?}");
        end = token.start + token.text.len();
        drop((token.normal(), token.unquoted(), token.body()));
    }
    assert!(sql[end..].chars().all(is_space), "text at the end belongs to no token of {sql:?}");
}

/// Fails unless statements contain every token but comments and semicolons on their own, as they are in the script.
fn check_statements(sql: &str, engine: Engine) {
    let counts = |token: &Token<'_>| token.kind != Kind::Comment && !token.is(";");
    let all: Vec<(usize, &str)> =
        tokens(sql, engine).into_iter().filter(counts).map(|token| (token.start, token.text)).collect();
    let mut kept = Vec::new();
    for statement in statements(sql, engine) {
        let inside = tokens(statement.text, engine).into_iter().filter(counts);
        kept.extend(inside.map(|token| (statement.start + token.start, token.text)));
    }
    assert_eq!(kept, all, "{sql:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn tokens_cover_any_text(sql in prop_oneof![script(), text(), any::<String>()]) {
        for engine in Engine::ALL {
            check_tokens(&sql, *engine);
            check_statements(&sql, *engine);
        }
    }
}
