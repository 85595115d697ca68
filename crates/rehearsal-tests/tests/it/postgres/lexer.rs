//! The server runs a script like its statements one by one, and the positions in its errors are tokens of the lexer.

use futures_util::TryStreamExt;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rehearsal::db::Engine;
use rehearsal::db::lex::{statements, tokens};
use rehearsal_tests::postgres::url;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition};
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::runtime::Runtime;

/// What a script returns: the values of its rows, or its error and the position of the error in characters, from 1.
type Outcome = Result<Vec<String>, (String, Option<usize>)>;

struct Server {
    runtime: Runtime,
    connection: PgConnection,
}

impl Server {
    fn connect() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connection = runtime.block_on(PgConnection::connect(&url("postgres"))).unwrap();
        let mut server = Self { runtime, connection };
        server.run("CREATE TEMP TABLE a (b int)").unwrap();
        server
    }

    fn run(&mut self, sql: &str) -> Outcome {
        self.runtime.block_on(async {
            let mut values = Vec::new();
            let mut rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch(&mut self.connection);
            loop {
                match rows.try_next().await {
                    Ok(Some(row)) => values.extend((0..row.len()).map(|at| row.get_unchecked::<String, _>(at))),
                    Ok(None) => return Ok(values),
                    Err(error) => {
                        let error = error.as_database_error().unwrap().downcast_ref::<PgDatabaseError>();
                        let position = error.position().and_then(|position| match position {
                            PgErrorPosition::Original(at) => Some(at),
                            PgErrorPosition::Internal { .. } => None,
                        });
                        return Err((error.message().to_owned(), position));
                    }
                }
            }
        })
    }

    /// Fails unless the script is the same as its statements.
    fn check(&mut self, sql: &str) {
        let whole = self.run(sql);
        let all = statements(sql, Engine::Postgres);
        let one_by_one: Result<Vec<_>, _> = all.iter().map(|statement| self.run(statement.text)).collect();
        match (whole, one_by_one) {
            (Ok(whole), Ok(one_by_one)) => assert_eq!(one_by_one.concat(), whole, "{sql:?}"),
            (Err((why, position)), Err(_)) => check_position(sql, &why, position),
            (whole, one_by_one) => panic!("{sql:?}: {whole:?}, but one by one {one_by_one:?}"),
        }
    }
}

/// Fails unless the error is at the start of a token. Errors of escapes are inside a token.
fn check_position(sql: &str, why: &str, position: Option<usize>) {
    let is_at_token = ["syntax error at or near", "unterminated", "trailing junk", "zero-length delimited identifier"]
        .iter()
        .any(|start| why.starts_with(start));
    if let (true, Some(position)) = (is_at_token, position) {
        let at = sql.char_indices().nth(position - 1).map(|(at, _)| at);
        let found = tokens(sql, Engine::Postgres).iter().any(|token| Some(token.start) == at);
        assert!(found, "no token of {sql:?} starts at character {position}: {why}");
    }
}

/// A statement that runs.
fn statement() -> impl Strategy<Value = String> {
    let gap = prop_oneof![
        Just(" ".to_owned()),
        r"--[^\x00\n\r]{0,5}[\n\r]",
        r"/\*([^*/\x00]|/\*[a-z;'$]{0,2}\*/){0,4}\*/",
        "[ \\n\\r\\t\\x0c]{1,2}",
    ];
    let literal = prop_oneof![
        r"'([^'\x00]|''){0,4}'",
        r"[eE]'([^'\x00\\]|''|\\'|\\\\|\\;){0,4}'",
        r"[eE]'a' ?(--[a-z';]{0,3})?[\n\r] ?'(\\'|''|;){0,3}'",
        r"[uU]&'([^'\x00\\]|''){0,4}'",
        "[nN]'([^'\\x00]|''){0,4}'",
        ("([a-z_é€][a-z0-9_é]{0,2})?", "([^$\\x00]|\\$[0-9;]){0,4}")
            .prop_map(|(tag, body)| format!("${tag}${body}${tag}$")),
        "[0-9]{1,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9])?",
        "\\.[0-9]",
        "[bB]'[01]{0,3}'",
        "[xX]'[0-9a-f]{0,3}'",
    ];
    let name = prop_oneof!["[a-zé_][a-z0-9_$é]{0,3}", r#""([^"\x00]|""){1,4}""#];
    let bodies = [
        "CREATE OR REPLACE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT (2);)",
        "CREATE RULE r AS ON INSERT TO b DO INSTEAD NOTHING",
        "CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 2 END; SELECT 1; END",
        "CREATE OR REPLACE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS $f$ SELECT 1; SELECT 2; $f$",
        "DO $$ BEGIN NULL; END $$",
    ];
    prop_oneof![
        4 => (literal, gap, name).prop_map(|(literal, gap, name)| format!("SELECT{gap}{literal}{gap}AS{gap}{name}{gap}")),
        1 => proptest::sample::select(bodies.to_vec()).prop_map(ToOwned::to_owned),
    ]
}

#[test]
fn scripts_are_split_like_the_server_does() {
    let mut server = Server::connect();
    for sql in ["\u{feff}SELECT 1", "SELECT 1; /* SELECT 2", "SELECT 1 -- a\r; SELECT 2", "SELECT 1; /*"] {
        server.check(sql);
    }
    let server = std::cell::RefCell::new(server);
    // A vertical tab is white space since PostgreSQL 16.
    let text = r#"[aeEuUnNbBxX&'"`$.019_;\-/* \n\r\té€+:(){}\[\]\\]{0,30}"#;
    let scripts = (proptest::collection::vec((statement(), "[ ;\\n]{0,2}"), 0..6), text);
    let config = ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() };
    let ran = TestRunner::new(config).run(&scripts, |(statements, last)| {
        let all: String = statements.into_iter().map(|(statement, after)| format!("{statement};{after}")).collect();
        let mut server = server.borrow_mut();
        for sql in [&all, &format!("{all}{last}"), &last, &format!("SELECT {last}")] {
            server.check(sql);
        }
        Ok(())
    });
    ran.unwrap();
}
