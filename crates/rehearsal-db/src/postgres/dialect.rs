//! The [`Dialect`] of PostgreSQL.

use super::address::PostgresAddress;
use super::bodies::is_inside;
use super::cluster_objects::changes_outside;
use super::extensions;
use super::literal::literal;
use super::missing::missing;
use super::outside_transaction::requires_autocommit;
use super::refusal::refusal;
use super::session_state::sets_session_state;
use crate::TableShape;
use crate::catalog::Kind;
use crate::cluster_objects::OutsideChange;
use crate::dialect::{Dialect, Storage};
use crate::insertable::written;
use crate::lease::LEASE_SECONDS;
use crate::lex::{Lexical, Statement, StringForms, Token, tokens};
use crate::{Address, Engine, Error, Missing, Refusal, Value};

/// PostgreSQL.
#[derive(Debug)]
pub(crate) struct PostgresDialect;

static LEXICAL: Lexical = Lexical {
    quotes: &[],
    strings: StringForms::DollarsAndEscapes,
    nests_comments: true,
    refuses_unclosed_comments: true,
    line_ends: &['\n', '\r'],
    skips_vertical_tabs: true,
    skips_byte_order_mark: false,
    end_of_parameter,
    is_inside,
};

/// Parameters are numbered: `$1`.
fn end_of_parameter(bytes: &[u8], start: usize) -> Option<usize> {
    let number = bytes[start..].strip_prefix(b"$")?;
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then_some(start + 1 + digits)
}

impl Dialect for PostgresDialect {
    fn scheme(&self) -> &'static str {
        "postgres"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["postgresql"]
    }

    fn display_name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn storage(&self) -> Storage {
        Storage::Server
    }

    fn address(&self, url: &str) -> Result<Address, Error> {
        PostgresAddress::parse(url).map(Address::new)
    }

    fn shell(&self) -> &'static str {
        "psql"
    }

    fn lexical(&self) -> &'static Lexical {
        &LEXICAL
    }

    fn own_phrases(&self) -> &'static [&'static [&'static str]] {
        &[
            &["CREATE", "EXTENSION"],
            &["CREATE", "TYPE"],
            &["CREATE", "SCHEMA"],
            &["CREATE", "SEQUENCE"],
            &["CREATE", "FUNCTION"],
            &["CREATE", "OR", "REPLACE"],
            &["LANGUAGE", "PLPGSQL"],
            &["ALTER", "COLUMN"],
            &["ADD", "CONSTRAINT"],
            &["COMMENT", "ON"],
            &["DEFAULT", "NOW", "("],
            &["INDEX", "CONCURRENTLY"],
            &[":", ":"],
        ]
    }

    fn requires_autocommit(&self, statement: &str) -> bool {
        requires_autocommit(statement)
    }

    fn lease_end(&self) -> String {
        format!("clock_timestamp() + interval '{LEASE_SECONDS} seconds'")
    }

    /// A worker's session holds the advisory lock of its number: another session gets that lock only after the
    /// worker ended.
    fn is_free(&self) -> &'static str {
        "(owner IS NULL OR leased_until < clock_timestamp() OR pg_try_advisory_xact_lock(owner))"
    }

    fn skip_locked(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }

    fn lock_rows(&self, table: &str) -> String {
        format!(" FOR UPDATE OF {table}")
    }

    fn copies_rows(&self) -> bool {
        true
    }

    fn extensions(&self, sql: &str) -> Vec<String> {
        extensions::named(sql)
    }

    fn package_of(&self, extension: &str) -> Option<&'static str> {
        extensions::package_of(extension)
    }

    /// The server would wait forever for rows from a client, holding its locks.
    fn refuses(&self, statement: &Statement<'_>) -> Option<&'static str> {
        let tokens = tokens(statement.text, Engine::Postgres);
        let copies = tokens.first().is_some_and(|first| first.is("COPY"));
        let from_client = tokens.windows(2).any(|pair| pair[0].is("FROM") && pair[1].is("STDIN"));
        (copies && from_client).then_some(
            "COPY … FROM stdin needs rows from a client, which a file cannot send; use INSERT (`pg_dump --inserts`)",
        )
    }

    fn changes_outside(&self, sql: &str) -> Vec<OutsideChange> {
        changes_outside(sql)
    }

    fn sets_session_state(&self, tokens: &[Token<'_>], at: usize, begins: bool) -> bool {
        sets_session_state(tokens, at, begins)
    }

    fn quote_table(&self, name: &str) -> String {
        match name.split_once('.') {
            Some((schema, table)) => format!("{}.{}", self.quote(schema), self.quote(table)),
            None => self.quote(name),
        }
    }

    fn fold(&self, name: &str) -> String {
        name.to_lowercase()
    }

    fn has_schemas(&self) -> bool {
        true
    }

    fn own_rows(&self, table: &str) -> String {
        format!("ONLY {table}")
    }

    fn each_text(&self, array: &str) -> String {
        format!("json_array_elements_text({array}::json)")
    }

    fn each_pair(&self, array: &str) -> String {
        format!("(SELECT value ->> 0 AS first, value ->> 1 AS second FROM json_array_elements({array}::json))")
    }

    fn as_text(&self, expression: &str) -> String {
        format!("{expression}::text")
    }

    fn second(&self, expression: &str) -> String {
        format!("to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')")
    }

    fn by_bytes(&self, expression: &str) -> String {
        format!("{expression}::text COLLATE \"C\"")
    }

    fn another(&self, kind: Kind, column: &str, table: &str) -> Option<String> {
        match kind {
            Kind::Number => Some(self.another_number(column, table)),
            Kind::Text => Some(self.another_text(column)),
            Kind::Uuid => Some(format!("md5({column}::text)::uuid")),
            Kind::Any | Kind::Other => None,
        }
    }

    fn without_trigger(&self, trigger: &str, table: &str) -> String {
        format!("ALTER TABLE {} DISABLE TRIGGER {}", self.quote_table(table), self.quote(trigger))
    }

    fn pause_trigger(&self, trigger: &str, table: &str) -> String {
        let (table, trigger) = (self.quote_table(table), self.quote(trigger));
        format!("ALTER TABLE {table} DISABLE TRIGGER {trigger}; before these statements, and ENABLE TRIGGER after them")
    }

    fn few_rows(&self, table: &TableShape, limit: usize) -> String {
        format!("ctid IN (SELECT ctid FROM {} LIMIT {limit})", self.quote_table(&table.name))
    }

    fn overriding(&self) -> &'static str {
        "OVERRIDING SYSTEM VALUE"
    }

    fn literal(&self, value: &Value) -> String {
        literal(value)
    }

    /// A cast from text, which every type supports.
    fn parameter(&self, number: usize, written: &str) -> String {
        format!("CAST(${number} AS {written})")
    }

    fn bound(&self, value: &Value) -> Value {
        written(value).into()
    }

    fn refusal(&self, why: &str) -> Option<Refusal> {
        refusal(why)
    }

    fn missing(&self, why: &str) -> Option<Missing> {
        missing(why)
    }

    fn is_raised(&self, why: &str, _: &str) -> bool {
        why.ends_with(" at RAISE")
    }
}
