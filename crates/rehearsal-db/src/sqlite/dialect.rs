//! The [`Dialect`] of SQLite.

use super::address::SqliteAddress;
use super::bodies::is_inside;
use super::literal::literal;
use super::missing::missing;
use super::parameters::end_of_parameter;
use super::refusal::refusal;
use crate::TableShape;
use crate::catalog::Kind;
use crate::crash::Journal;
use crate::dialect::{Dialect, Storage};
use crate::lease::LEASE_SECONDS;
use crate::lex::{Lexical, StringForms, Token, tokens};
use crate::session_state::is_one_of;
use crate::{Address, Engine, Error, Missing, Refusal, Value};

/// SQLite.
#[derive(Debug)]
pub(crate) struct SqliteDialect;

static LEXICAL: Lexical = Lexical {
    quotes: &[('`', '`'), ('[', ']')],
    strings: StringForms::Plain,
    nests_comments: false,
    refuses_unclosed_comments: false,
    line_ends: &['\n'],
    skips_vertical_tabs: false,
    skips_byte_order_mark: true,
    end_of_parameter,
    is_inside,
};

impl Dialect for SqliteDialect {
    fn scheme(&self) -> &'static str {
        "sqlite"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["sqlite3"]
    }

    fn display_name(&self) -> &'static str {
        "SQLite"
    }

    fn storage(&self) -> Storage {
        Storage::File(|path, mode| Address::new(SqliteAddress::new(path, mode)))
    }

    fn address(&self, url: &str) -> Result<Address, Error> {
        SqliteAddress::parse(url).map(Address::new)
    }

    fn shell(&self) -> &'static str {
        "sqlite3"
    }

    fn lexical(&self) -> &'static Lexical {
        &LEXICAL
    }

    fn own_phrases(&self) -> &'static [&'static [&'static str]] {
        &[&["KEY", "AUTOINCREMENT"], &["PRAGMA", "FOREIGN_KEYS"], &["WITHOUT", "ROWID"], &[")", "STRICT", ";"]]
    }

    fn refuses_own_transaction(&self) -> bool {
        true
    }

    fn has_transactions_in_scripts(&self) -> bool {
        true
    }

    fn has_one_writer(&self) -> bool {
        true
    }

    fn commits_wait_for_readers(&self) -> bool {
        true
    }

    fn lease_end(&self) -> String {
        format!("datetime('now', '+{LEASE_SECONDS} seconds')")
    }

    fn journals(&self) -> &'static [Journal] {
        &[Journal::Rollback, Journal::Log]
    }

    fn loads_extensions(&self) -> bool {
        true
    }

    fn allows_dangling_references(&self) -> bool {
        true
    }

    fn asks_for_local_time(&self, sql: &str) -> bool {
        tokens(sql, Engine::Sqlite).iter().any(|token| token.text.eq_ignore_ascii_case("'localtime'"))
    }

    fn sets_session_state(&self, tokens: &[Token<'_>], at: usize, begins: bool) -> bool {
        begins && is_one_of(tokens, at, &["PRAGMA", "ATTACH", "DETACH"])
    }

    fn each_text(&self, array: &str) -> String {
        format!("json_each({array})")
    }

    fn each_pair(&self, array: &str) -> String {
        format!("(SELECT value ->> 0 AS first, value ->> 1 AS second FROM json_each({array}))")
    }

    fn as_text(&self, expression: &str) -> String {
        expression.to_owned()
    }

    fn second(&self, expression: &str) -> String {
        format!("substr({expression}, 1, 19)")
    }

    fn by_bytes(&self, expression: &str) -> String {
        format!("{expression} COLLATE BINARY")
    }

    fn another(&self, kind: Kind, column: &str, table: &str) -> Option<String> {
        let number = self.another_number(column, table);
        let text = self.another_text(column);
        match kind {
            Kind::Number => Some(number),
            Kind::Text => Some(text),
            // Each value has its own type.
            Kind::Any => Some(format!("CASE typeof({column}) WHEN 'text' THEN {text} ELSE {number} END")),
            Kind::Uuid | Kind::Other => None,
        }
    }

    fn without_trigger(&self, trigger: &str, _table: &str) -> String {
        format!("DROP TRIGGER {}", self.quote(trigger))
    }

    fn pause_trigger(&self, trigger: &str, _table: &str) -> String {
        format!("DROP TRIGGER {}; before these statements, and create it again after them", self.quote(trigger))
    }

    fn few_rows(&self, table: &TableShape, limit: usize) -> String {
        let key = match table.key.as_slice() {
            [] => "rowid".to_owned(),
            key => key.iter().map(|column| self.quote(column)).collect::<Vec<_>>().join(", "),
        };
        format!("({key}) IN (SELECT {key} FROM {} LIMIT {limit})", self.quote_table(&table.name))
    }

    fn literal(&self, value: &Value) -> String {
        literal(value)
    }

    fn refusal(&self, why: &str) -> Option<Refusal> {
        refusal(why)
    }

    fn missing(&self, why: &str) -> Option<Missing> {
        missing(why)
    }

    fn is_raised(&self, why: &str, trigger: &str) -> bool {
        let raise = tokens(trigger, Engine::Sqlite).iter().any(|token| token.is("RAISE"));
        raise && trigger.contains(&format!("'{}'", why.replace('\'', "''")))
    }

    fn is_made_by_sql(&self, kind: &str) -> bool {
        !["extension", "function", "module", "collation"].contains(&kind)
    }
}
