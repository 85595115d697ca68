//! SQLite itself runs a script like its statements one by one, and finds the same tokens.

use super::pieces::{script, text};
use crate::Engine;
use crate::lex::{statements, tokens};
use futures_util::TryStreamExt;
use proptest::prelude::*;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, Connection, Row};

/// What a script returns: the values of its rows, the names of their columns, and its error.
#[derive(Debug, Default)]
struct Outcome {
    values: Vec<String>,
    names: Vec<String>,
    error: Option<String>,
}

impl Outcome {
    fn add(&mut self, row: &SqliteRow) {
        for column in row.columns() {
            let value = row.get_unchecked::<Vec<u8>, _>(column.ordinal());
            self.values.push(String::from_utf8_lossy(&value).into_owned());
            self.names.push(column.name().to_owned());
        }
    }
}

/// Runs scripts in a new database, up to the first error.
fn run<'a>(scripts: impl IntoIterator<Item = &'a str>) -> Outcome {
    let work = async {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let mut outcome = Outcome::default();
        for sql in ["CREATE TABLE a (a, b)"].into_iter().chain(scripts) {
            // sqlx cuts off white space at the start, even if SQLite would refuse it. The comment prevents that.
            let mut rows = sqlx::raw_sql(AssertSqlSafe(format!("/**/{sql}"))).fetch(&mut connection);
            loop {
                match rows.try_next().await {
                    Ok(Some(row)) => outcome.add(&row),
                    Ok(None) => break,
                    Err(error) => {
                        outcome.error = Some(error.as_database_error().unwrap().message().to_owned());
                        return outcome;
                    }
                }
            }
        }
        outcome
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Fails unless the script is the same as its statements.
fn check(sql: &str) {
    // sqlx cuts off the end, too.
    let sql = sql.trim_end();
    let whole = run([sql]);
    let statements = statements(sql, Engine::Sqlite);
    if statements.iter().any(|statement| statement.text.ends_with(char::is_whitespace)) {
        return;
    }
    let one_by_one = run(statements.iter().map(|statement| statement.text));
    // The name of a column can be the text of its expression with the comment after it.
    assert_eq!((one_by_one.values, one_by_one.error), (whole.values, whole.error.clone()), "{sql:?}");
    // An error names the token that the engine refuses.
    let named = whole.error.as_deref().and_then(|why| {
        let name = why.strip_prefix("near \"").and_then(|rest| rest.strip_suffix("\": syntax error"));
        name.or_else(|| why.strip_prefix("unrecognized token: \"").and_then(|rest| rest.strip_suffix('"')))
    });
    if let Some(name) = named {
        let starts = |at: usize| sql[at..].starts_with(name);
        let found = tokens(sql, Engine::Sqlite).iter().any(|token| starts(token.start));
        assert!(found, "no token of {sql:?} is {name:?}");
    }
}

/// A statement that usually runs.
fn statement() -> impl Strategy<Value = String> {
    let literal = prop_oneof![
        r"'([^'\x00]|''){0,4}'",
        r#""([^"\x00]|""){0,4}""#,
        "x'([0-9a-f]{2}){0,2}'",
        "[0-9]{1,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9])?",
        "\\.[0-9]",
        "-[0-9]",
    ];
    let name = prop_oneof![
        "[a-z_é][a-z0-9_$é]{0,3}",
        r#""([^"\x00]|""){1,4}""#,
        "`([^`\\x00]|``){1,4}`",
        "\\[[^\\]\\x00]{1,4}\\]"
    ];
    let gap = prop_oneof![
        Just(" ".to_owned()),
        r"--[^\x00\n]{0,5}\n",
        r"/\*([^*/\x00]|\*[^/\x00*]){0,4}\*/",
        "[ \\n\\r\\t\\x0c\u{feff}]{1,2}",
        "[ \\n]\\x0b",
    ];
    let bodies =
        ["SELECT 1", "DELETE FROM a", "UPDATE a SET a = CASE WHEN 1 THEN 2 END", "INSERT INTO a VALUES (1, 2)"];
    let body = proptest::collection::vec(proptest::sample::select(bodies.to_vec()), 1..3);
    let temporary = proptest::sample::select(vec!["", "TEMP ", "temporary "]);
    prop_oneof![
        3 => (literal, gap.clone(), name.clone(), gap.clone()).prop_map(|(literal, one, name, two)| format!("SELECT{one}{literal}{two}AS{two}{name}{one}")),
        1 => name.clone().prop_map(|name| format!("CREATE TABLE IF NOT EXISTS {name} ({name})")),
        1 => Just("INSERT INTO a VALUES (1, ';') RETURNING a".to_owned()),
        1 => Just("SELECT count(*) FROM a".to_owned()),
        1 => (temporary, name, gap, body).prop_map(|(temporary, name, gap, body)| {
            format!("CREATE {temporary}TRIGGER IF NOT EXISTS {name} AFTER INSERT ON a BEGIN{gap}{};{gap}END", body.join(";"))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn scripts_are_split_like_the_engine_does(
        statements in proptest::collection::vec((statement(), "[ ;\\n]{0,2}"), 0..6),
        last in prop_oneof![script(), text()],
    ) {
        let all: String = statements.into_iter().map(|(statement, after)| format!("{statement};{after}")).collect();
        check(&all);
        check(&(all + &last));
        check(&last);
        check(&format!("SELECT {last}"));
    }

    #[test]
    fn unquoted_tokens_are_values_of_the_engine(inner in "[^\\x00]{0,8}", quote in proptest::sample::select(vec!['\'', '"', '`'])) {
        let doubled: String = [quote, quote].iter().collect();
        let quoted = format!("{quote}{}{quote}", inner.replace(quote, &doubled));
        let sql = if quote == '\'' { format!("SELECT {quoted} AS a") } else { format!("SELECT 'x' AS {quoted}") };
        let all = tokens(&sql, Engine::Sqlite);
        let token = all.iter().find(|token| token.text == quoted).unwrap();
        let outcome = run([sql.as_str()]);
        let found = if quote == '\'' { outcome.values } else { outcome.names };
        prop_assert_eq!((found, outcome.error), (vec![token.unquoted()], None));
    }
}
