//! Defaults with nondeterministic values. A row's value in such a column is no user data until an app writes it.
//! [`VolatileDefault`] describes one.

use super::Engine;
use super::lex::{Kind, Token, tokens};

/// The source of a default's values, if it is not the row itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A number from the database, in the order of insertion: a sequence, an identity, a rowid.
    Counter,
    /// The current time: `now()`, `CURRENT_TIMESTAMP`, `datetime('now')`.
    Clock,
    /// Random values, or a function that the engine only knows as volatile.
    Chance,
}

/// A column whose default is nondeterministic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolatileDefault {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The default, as the catalog contains it.
    pub expression: String,
    /// The source of its values.
    pub source: Source,
}

/// Names for the current time, without parentheses.
const MOMENTS: &[&str] = &["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP", "LOCALTIME"];
/// Functions of PostgreSQL that return the current time, with any arguments.
const CLOCKS: &[&str] = &["now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday"];
/// Functions of SQLite that return the current time if called without arguments.
const DATES: &[&str] = &["date", "time", "datetime", "julianday", "unixepoch"];

/// Types and functions that parse a text as a time.
const TIMES: &[&str] = &["date", "time", "timestamp", "timestamptz", "datetime", "julianday", "unixepoch", "strftime"];

/// The source of a default's values; `None` if it is the row itself. `is_volatile` says by a function's name whether
/// it is volatile.
pub(super) fn source(expression: &str, engine: Engine, is_volatile: impl Fn(&str) -> bool) -> Option<Source> {
    let tokens = words(expression, engine);
    let calls = calls(&tokens);
    let is_called = |names: &[&str]| calls.iter().any(|(name, _)| names.contains(&name.as_str()));
    let has = |words: &[&str]| tokens.iter().any(|token| words.iter().any(|word| token.is(word)));
    // This text is the current time if it is parsed as a time.
    let says_now = tokens.iter().any(|token| token.text.eq_ignore_ascii_case("'now'")) && has(TIMES);
    let without_arguments = |(name, has_arguments): &(String, bool)| !has_arguments && DATES.contains(&name.as_str());
    if is_called(&["nextval"]) {
        Some(Source::Counter)
    } else if is_called(CLOCKS) || has(MOMENTS) || says_now || calls.iter().any(without_arguments) {
        Some(Source::Clock)
    } else {
        calls.iter().any(|(name, _)| is_volatile(name)).then_some(Source::Chance)
    }
}

/// The names of the functions in an expression.
pub(super) fn called(expression: &str, engine: Engine) -> Vec<String> {
    calls(&words(expression, engine)).into_iter().map(|(name, _)| name).collect()
}

fn words(expression: &str, engine: Engine) -> Vec<Token<'_>> {
    tokens(expression, engine).into_iter().filter(|token| token.kind != Kind::Comment).collect()
}

/// The called functions, and whether each has arguments.
fn calls(tokens: &[Token<'_>]) -> Vec<(String, bool)> {
    let call = |at: usize| {
        let name = match tokens[at].kind {
            Kind::Word => tokens[at].text.to_ascii_lowercase(),
            Kind::Quoted => tokens[at].unquoted(),
            _ => return None,
        };
        let opens = tokens.get(at + 1).is_some_and(|token| token.is("("));
        opens.then(|| (name, tokens.get(at + 2).is_some_and(|token| !token.is(")"))))
    };
    (0..tokens.len()).filter_map(call).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn finds_the_source_of_a_default() {
        let check = |engine: Engine, expression: &str, expect: Option<Source>| {
            let is_volatile = |name: &str| ["random", "randomblob", "gen_random_uuid", "New Id"].contains(&name);
            assert_eq!(source(expression, engine, is_volatile), expect, "{expression}");
        };
        let postgres = |expression: &str, expect| check(Engine::Postgres, expression, expect);
        postgres("now()", Some(Source::Clock));
        postgres("timezone('utc'::text, now())", Some(Source::Clock));
        postgres("CURRENT_TIMESTAMP", Some(Source::Clock));
        postgres("('now'::text)::date", Some(Source::Clock));
        postgres("nextval('a_seq'::regclass)", Some(Source::Counter));
        postgres("gen_random_uuid()", Some(Source::Chance));
        postgres("md5((random())::text)", Some(Source::Chance));
        postgres("public.\"New Id\"()", Some(Source::Chance));
        postgres("'now() and random()'::text", None);
        postgres("'now'::text", None);
        postgres("date('2025-01-01'::text)", None);
        postgres("lower('A'::text)", None);
        postgres("0", None);
        let sqlite = |expression: &str, expect| check(Engine::Sqlite, expression, expect);
        sqlite("CURRENT_TIMESTAMP", Some(Source::Clock));
        sqlite("datetime('now', 'localtime')", Some(Source::Clock));
        sqlite("strftime('%s', 'NOW')", Some(Source::Clock));
        sqlite("unixepoch()", Some(Source::Clock));
        sqlite("datetime('2025-01-01')", None);
        sqlite("lower(hex(randomblob(16)))", Some(Source::Chance));
        sqlite("'CURRENT_TIMESTAMP'", None);
        sqlite("'now'", None);
        sqlite("abs(1)", None);
    }
}
