//! The lexer, the statements of a script, and everything that the library concludes from the text of a script alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rehearsal::db::lex::{Kind, Token, position, statements, tokens};
use rehearsal::db::{Commit, Engine, Value, masked};
use std::hint::black_box;

fuzz_target!(|sql: &str| {
    for engine in Engine::ALL {
        lex(*engine, sql);
        conclude(*engine, sql);
        write(*engine, sql);
    }
    black_box(masked(sql));
});

/// Tokens and statements are in order and in the text; only white space is between tokens.
fn lex(engine: Engine, sql: &str) {
    let is_space = |c: char| c.is_ascii_whitespace() || c == '\u{b}' || c == '\u{feff}';
    let mut end = 0;
    for token in tokens(sql, engine) {
        assert!(token.start >= end && sql[end..token.start].chars().all(is_space), "{token:?}");
        assert!(sql[token.start..].starts_with(token.text) && !token.text.is_empty(), "{token:?}");
        end = token.start + token.text.len();
        black_box((token.normal(), token.unquoted(), position(sql, token.start), position(sql, end)));
        if let Some((at, body)) = token.body() {
            assert!(sql[at..].starts_with(body), "{token:?}");
        }
    }
    assert!(sql[end..].chars().all(is_space));
    let mut end = 0;
    for statement in statements(sql, engine) {
        assert!(statement.start >= end && sql[statement.start..].starts_with(statement.text), "{statement:?}");
        end = statement.start + statement.text.len();
        // Alone, a statement is a statement again.
        assert_eq!(statements(statement.text, engine).len(), 1, "{statement:?}");
        black_box((engine.transaction_control(&statement), engine.refuses(&statement)));
        black_box((engine.requires_autocommit(statement.text), Commit::statement(&statement, 1, 2)));
    }
}

/// What a script does, by its text.
fn conclude(engine: Engine, sql: &str) {
    let all = tokens(sql, engine);
    let is_name = |token: &&Token<'_>| matches!(token.kind, Kind::Word | Kind::Quoted);
    let names: Vec<String> = all.iter().filter(is_name).take(3).map(Token::unquoted).collect();
    for name in &names {
        let last = names.last().map_or("", String::as_str);
        black_box((engine.renames(sql, name, last), engine.fills(sql, name), engine.computes(sql, name)));
        black_box((
            engine.mentions(sql, &[name, last]),
            engine.makes(sql, name),
            engine.makes(sql, &format!("{name}.{last}")),
        ));
    }
    black_box((engine.only_adds(sql), engine.only_creates(sql), engine.builds_concurrently(sql)));
    black_box((engine.uses_nondeterminism(sql), engine.creates_nondeterministic_objects(sql)));
    black_box((engine.dropped(sql), engine.renamed_tables(sql), engine.changes_session_state(sql)));
    black_box((engine.extensions(sql), engine.asks_for_local_time(sql)));
    for change in engine.changes_outside(sql) {
        assert!(sql.is_char_boundary(change.at), "{change:?}");
    }
    if let Some(foreign) = engine.foreign(sql) {
        assert!(sql[foreign.at..].starts_with(foreign.words), "{foreign:?}");
    }
    if let Some(missing) = engine.missing(sql) {
        black_box((missing.remedy(engine), missing.to_string()));
    }
    black_box(engine.refusal(sql));
}

/// What the library writes is one literal or one name, whatever it contains.
fn write(engine: Engine, text: &str) {
    let literal = engine.literal(&Value::Text(text.to_owned()));
    assert_eq!(statements(&format!("SELECT {literal}; SELECT 1"), engine).len(), 2, "{literal}");
    let name = engine.quote(text);
    let all = tokens(&name, engine);
    assert_eq!(all.iter().map(Token::unquoted).collect::<Vec<_>>(), [text]);
}
