//! Generated SQL: pieces of a script in any order, whether or not an engine accepts them, and texts of the characters
//! that matter to a lexer.

use proptest::prelude::*;

/// A name or a number without quotes.
fn word() -> impl Strategy<Value = String> {
    let number = "[0-9]{1,2}|0x[0-9a-f]{1,3}|[0-9_]{0,3}\\.?[0-9]{0,2}([eE][+-]?)?[0-9]{0,2}[a-z$]{0,2}";
    prop_oneof!["[a-zA-Z_é€][a-zA-Z0-9_$é€]{0,4}", number, Just("\u{feff}".to_owned())]
}

/// A quoted identifier.
fn quoted() -> impl Strategy<Value = String> {
    prop_oneof![r#"[uU]?&?"([^"\x00]|""){0,4}""#, r"`([^`\x00]|``){0,4}`", r"\[[^\]\x00]{0,4}\]"]
}

/// A string.
fn string() -> impl Strategy<Value = String> {
    let dollars = ("[a-zé_]{0,1}[a-z0-9_€]{0,2}", r"[^$\x00]{0,3}(\$[a-z;]{0,2}){0,2}");
    prop_oneof![
        r"'([^'\x00]|''){0,4}'",
        r"[xXbBnN]'([^'\x00]|''){0,4}'",
        r"[uU]&'([^'\x00]|''){0,4}'",
        r"[eE]'([^'\x00\\]|''|\\[^\x00]){0,4}'",
        r"[eE]'a'[ \n\r]{0,2}(--[a-z]{0,2})?[ \n\r]{0,2}'(\\'|''|;){0,3}'",
        dollars.prop_map(|(tag, body)| format!("${tag}${body}${tag}$")),
    ]
}

/// A comment.
fn comment() -> impl Strategy<Value = String> {
    prop_oneof![r"--[^\x00\n]{0,5}[\n\r]", r"/\*([^*/\x00]|\*[^/\x00]|/\*[a-z;]?\*/){0,4}\*/", r"/\*[*/;a-z]{0,4}"]
}

/// An operator, a parameter, or a semicolon.
fn punctuation() -> impl Strategy<Value = String> {
    prop_oneof!["[-+*/<>=~!@#%^&|?:.,()\\[\\]{}\\\\]{1,3}", "[$:@?][0-9]{1,2}", Just(";".to_owned())]
}

/// Statements whose body contains semicolons, in pieces that fit to each other.
fn body() -> impl Strategy<Value = String> {
    let bodies = [
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;",
        "CREATE TEMP TRIGGER",
        "EXPLAIN",
        "CREATE OR REPLACE FUNCTION f() BEGIN ATOMIC",
        "CREATE RULE r AS ON INSERT TO a DO (SELECT 1;",
        "SELECT CASE WHEN 1 THEN 2",
        "; END;",
        "END",
        ");",
    ];
    proptest::sample::select(bodies.to_vec()).prop_map(ToOwned::to_owned)
}

/// A script of pieces.
pub(super) fn script() -> impl Strategy<Value = String> {
    let piece = prop_oneof![word(), quoted(), string(), comment(), punctuation(), body()];
    let space = prop_oneof![4 => Just(String::new()), 4 => Just(" ".to_owned()), 1 => r"[ \n\r\t\x0c\x0b]{1,2}"];
    proptest::collection::vec((piece, space), 0..12)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, space)| piece + &space).collect())
}

/// A text of the characters that matter to a lexer.
pub(super) fn text() -> impl Strategy<Value = String> {
    r#"[aeEuUnNbBxX&'"`$.019_;\-/* \n\r\t\x0bé€+:(){}\[\]\\\u{feff}]{0,40}"#
}
