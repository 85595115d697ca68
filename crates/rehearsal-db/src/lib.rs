//! Everything that differs between database engines, and nothing else: addresses, connections, locks, the lexer for SQL
//! text, catalogs and digests. The rest of the tool speaks to a database through [`Connection`] and never asks which
//! engine it has.

mod address;
mod catalog;
mod cluster_objects;
pub mod command;
mod commit_hook;
mod connection;
mod constraints_off;
mod crash;
mod dialect;
mod digest;
mod driver;
mod error;
pub mod insertable;
mod lease;
pub mod lex;
mod literal;
mod lock;
mod missing;
mod nondeterminism;
pub mod postgres;
mod pressure;
mod privileges;
mod refusal;
mod retry;
mod script;
mod session_state;
pub mod sqlite;
mod store;
mod target;
mod value;
mod volatile;

pub use address::masked;
pub use address::{Address, PostgresAddress};
pub use catalog::{ColumnShape, Kind, Seen};
pub use catalog::{Extent, Object, Reference, SQLX_TABLE, Schema, Sequence, TableShape, is_bookkeeping};
pub use cluster_objects::Outside;
pub use commit_hook::{Commit, CommitHook, CommitPhase};
pub use connection::Settings;
pub use connection::{Access, Connection, Durability};
pub use crash::{Journal, end_sessions, keep_in, left_behind, make_safe};
pub use dialect::Whose;
pub use digest::TableDigest;
pub use driver::{Driver, Fetched, Key, Page, PageError, Which};
pub use error::{Error, Holder, HolderKind, MissingPrivilege};
pub use lock::{Lock, Sharing};
pub use missing::Missing;
pub use pressure::Pressure;
pub use refusal::{Broken, Refusal};
pub use retry::Retries;
pub use script::{Around, Remains, run_script};
pub use store::{copy, exists, remove, settle, touch, version};
pub use target::Target;
pub use value::{Row, Rows, Value};
pub use volatile::{Source, VolatileDefault};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A database engine, as `engine = "…"` in `database.toml` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// SQLite 3, linked into this program.
    Sqlite,
    /// PostgreSQL 13 or newer.
    Postgres,
}

impl Engine {
    /// The first part of a URL of this engine, without the colon.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// What a statement does to the transaction around it.
    pub fn transaction_control(self, statement: &lex::Statement<'_>) -> Option<TransactionControl> {
        let tokens = lex::tokens(statement.text, self);
        let words: Vec<_> = tokens.iter().filter(|token| token.kind != lex::Kind::Comment).collect();
        let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is(word));
        let one_of = |those: &[&str]| those.iter().any(|word| is(0, word));
        let chains = words.windows(2).any(|pair| pair[0].is("AND") && pair[1].is("CHAIN"));
        if is(0, "BEGIN") || (self == Self::Postgres && is(0, "START") && is(1, "TRANSACTION")) {
            return Some(TransactionControl::Begin);
        }
        // `ROLLBACK TO` and `ROLLBACK TRANSACTION TO` go back to a savepoint and leave the transaction open.
        if one_of(&["ROLLBACK"]) && (is(1, "TO") || is(2, "TO")) {
            return None;
        }
        if one_of(&["COMMIT", "END"]) {
            return Some(if chains { TransactionControl::CommitAndChain } else { TransactionControl::Commit });
        }
        if one_of(&["ROLLBACK"]) || (self == Self::Postgres && is(0, "ABORT")) {
            return Some(if chains { TransactionControl::RollbackAndChain } else { TransactionControl::Rollback });
        }
        None
    }

    /// True where a file that sees to its transaction itself can't run inside of another. PostgreSQL warns of the beginning,
    /// and takes the end for that of the one around it.
    pub fn refuses_own_transaction(self) -> bool {
        self == Self::Sqlite
    }

    /// True where a byte order mark before the first statement is an error. SQLite takes it for a space.
    pub fn refuses_byte_order_mark(self) -> bool {
        self == Self::Postgres
    }

    /// True where only one transaction at a time may write.
    pub fn has_one_writer(self) -> bool {
        self == Self::Sqlite
    }

    /// True where a connection loads extensions from files, and not `CREATE EXTENSION` into a database.
    pub fn loads_extensions(self) -> bool {
        self == Self::Sqlite
    }

    /// True where a commit waits for whoever reads, and the other way round, at least without a write-ahead log.
    pub fn commits_wait_for_readers(self) -> bool {
        self == Self::Sqlite
    }

    /// Why a statement can't be sent from a file, where that is so.
    pub fn refuses(self, statement: &lex::Statement<'_>) -> Option<&'static str> {
        let tokens = lex::tokens(statement.text, self);
        let copies = tokens.first().is_some_and(|first| first.is("COPY"));
        let from_client = tokens.windows(2).any(|pair| pair[0].is("FROM") && pair[1].is("STDIN"));
        match self {
            // The server would wait for ever, with its locks held.
            Self::Postgres if copies && from_client => Some(
                "COPY … FROM stdin waits for rows that a client sends beside the file; write INSERT (`pg_dump --inserts` does)",
            ),
            Self::Postgres | Self::Sqlite => None,
        }
    }

    /// True where a script renames a column so, be it by way of other names.
    pub fn renames(self, sql: &str, column: &str, to: &str) -> bool {
        let names: Vec<String> = lex::tokens(sql, self).iter().map(lex::Token::normal).collect();
        let mut name = column;
        for words in names.windows(3) {
            if words[0].eq_ignore_ascii_case(name) && words[1].eq_ignore_ascii_case("TO") {
                name = &words[2];
            }
        }
        name != column && name.eq_ignore_ascii_case(to)
    }

    /// Whether a foreign key may refer to a table that is not there.
    pub fn takes_references_to_nothing(self) -> bool {
        matches!(self, Self::Sqlite)
    }

    /// True where a script inserts rows into a table.
    pub fn fills(self, sql: &str, table: &str) -> bool {
        let names: Vec<String> = lex::tokens(sql, self).iter().map(lex::Token::normal).collect();
        let is = |word: &String, name: &str| word.eq_ignore_ascii_case(name);
        let short = table.rsplit('.').next().unwrap_or(table);
        names.windows(5).any(|words| {
            is(&words[0], "INSERT")
                && is(&words[1], "INTO")
                && (is(&words[2], short) || is(&words[3], ".") && is(&words[4], short))
        })
    }

    /// True where a script builds something beside others who go on working: interrupted, that leaves it there, and invalid.
    pub fn builds_concurrently(self, sql: &str) -> bool {
        lex::tokens(sql, self).iter().any(|token| token.is("CONCURRENTLY"))
    }

    /// True for a statement that the server runs alone only: in no transaction, and in no text of several statements.
    pub fn runs_alone(self, statement: &str) -> bool {
        match self {
            Self::Postgres => postgres::runs_alone(statement),
            Self::Sqlite => false,
        }
    }

    /// True where a script does nothing but add: tables, columns, indexes, constraints. Then it loses nothing.
    pub fn only_adds(self, sql: &str) -> bool {
        let adds = |statement: &lex::Statement<'_>| {
            let words: Vec<String> = lex::tokens(statement.text, self).iter().map(lex::Token::normal).collect();
            let has = |other: &[&str]| words.iter().any(|word| other.contains(&word.as_str()));
            match words.first().map(String::as_str) {
                Some("CREATE") => !has(&["REPLACE", "AS"]),
                Some("COMMENT" | "GRANT") => true,
                Some("ALTER") => {
                    words.get(1).is_some_and(|word| word == "TABLE")
                        && has(&["ADD"])
                        && !has(&["DROP", "TYPE", "RENAME", "SET", "ATTACH", "DETACH"])
                }
                _ => false,
            }
        };
        lex::statements(sql, self).iter().all(adds)
    }

    /// True where a script calls for the moment or for chance.
    pub fn asks_for_chance(self, sql: &str) -> bool {
        let drawing = ["gen_random_uuid", "random", "randomblob"];
        let is_drawing = |name: &str| drawing.contains(&name) || name.starts_with("uuid_generate_");
        volatile::source(sql, self, is_drawing).is_some_and(|source| source != Source::Counter)
    }

    /// True where a script makes a function, a procedure or a trigger that does so.
    pub fn makes_what_asks_for_chance(self, sql: &str) -> bool {
        let makes = |statement: &&lex::Statement<'_>| {
            let words: Vec<String> = lex::tokens(statement.text, self).iter().take(6).map(lex::Token::normal).collect();
            let is_made = |word: &String| matches!(word.as_str(), "FUNCTION" | "PROCEDURE" | "TRIGGER");
            words.first().is_some_and(|word| word == "CREATE") && words.iter().any(is_made)
        };
        // A body stands between dollars, and is one token as it stands.
        let bodies = |statement: &lex::Statement<'_>| statement.text.replace('$', " ");
        lex::statements(sql, self).iter().filter(makes).any(|statement| self.asks_for_chance(&bodies(statement)))
    }

    /// True where a script asks for the time zone of the process, which is that of the machine.
    pub fn asks_for_local_time(self, sql: &str) -> bool {
        match self {
            Self::Sqlite => lex::tokens(sql, self).iter().any(|token| token.text.eq_ignore_ascii_case("'localtime'")),
            Self::Postgres => false,
        }
    }

    /// `name` as an identifier in SQL: the one function that quotes identifiers.
    #[must_use]
    pub fn quote(self, name: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A table's name, which may begin with that of its schema, as an identifier in SQL.
    #[must_use]
    pub fn quote_table(self, name: &str) -> String {
        match (self, name.split_once('.')) {
            (Self::Postgres, Some((schema, table))) => format!("{}.{}", self.quote(schema), self.quote(table)),
            _ => self.quote(name),
        }
    }

    /// A table as it stands behind FROM: its own rows, or those of its partitions, or of several tables.
    pub fn rows_of(self, table: &TableShape) -> String {
        let name = self.quote_table(&table.name);
        match (self, &table.extent) {
            (_, Extent::Together(tables)) => self.rows_of_all(tables),
            (Self::Postgres, Extent::Own) => format!("ONLY {name}"),
            (Self::Postgres, Extent::Partitions(_)) | (Self::Sqlite, _) => name,
        }
    }

    /// The rows of tables of the same columns; values of a column that is not of one type in all of them are texts.
    fn rows_of_all(self, tables: &[TableShape]) -> String {
        let column = |name: &String| {
            let quoted = self.quote(name);
            let is_of_one_type = tables.windows(2).all(|pair| pair[0].types.get(name) == pair[1].types.get(name));
            if is_of_one_type { quoted } else { format!("{} AS {quoted}", self.as_text(&quoted)) }
        };
        let columns = tables.first().map(|table| table.columns.iter().map(column).collect::<Vec<_>>().join(", "));
        let columns = columns.unwrap_or_default();
        let rows = tables.iter().map(|table| format!("SELECT {columns} FROM {}", self.rows_of(table)));
        format!("({}) AS together", rows.collect::<Vec<_>>().join(" UNION ALL "))
    }

    /// The texts of a JSON array as rows, in a column `value`.
    pub fn each_text(self, array: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({array})"),
            Self::Postgres => format!("json_array_elements_text({array}::json)"),
        }
    }

    /// An expression as text, where the engine does not compare it with a text as it is.
    pub fn as_text(self, expression: &str) -> String {
        match self {
            Self::Sqlite => expression.to_owned(),
            Self::Postgres => format!("{expression}::text"),
        }
    }

    /// A time of the database's clock as text: UTC, to the second.
    pub fn second(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("substr({expression}, 1, 19)"),
            Self::Postgres => format!("to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"),
        }
    }

    /// A value that is no other row's, made of a value of that kind, which stands in `column` of `table`.
    pub fn another(self, kind: Kind, column: &str, table: &str) -> Option<String> {
        let number = format!("{column} + (SELECT max({column}) - min({column}) + 1 FROM {table})");
        let text = format!("{column} || ' (twice)'");
        match kind {
            Kind::Number => Some(number),
            Kind::Text => Some(text),
            Kind::Uuid => Some(format!("md5({column}::text)::uuid")),
            Kind::Any => Some(format!("CASE typeof({column}) WHEN 'text' THEN {text} ELSE {number} END")),
            Kind::Other => None,
        }
    }

    /// What stands between the columns of an INSERT and its rows, so that identities take the values that they are given.
    pub fn overriding(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "OVERRIDING SYSTEM VALUE",
        }
    }

    /// An expression in the order of its bytes, whatever the collation of its column is.
    pub fn by_bytes(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("{expression} COLLATE BINARY"),
            Self::Postgres => format!("{expression}::text COLLATE \"C\""),
        }
    }
}

/// What a statement does to the transaction around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionControl {
    /// Opens one.
    Begin,
    /// Ends it, and what was done in it stays.
    Commit,
    /// The same, and opens another one.
    CommitAndChain,
    /// Ends it, and what was done in it is undone.
    Rollback,
    /// The same, and opens another one.
    RollbackAndChain,
}

impl FromStr for Engine {
    type Err = String;

    /// Reads the name of an engine, also as the first part of a URL of it.
    fn from_str(name: &str) -> Result<Self, String> {
        match name.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => Ok(Self::Sqlite),
            "postgres" | "postgresql" => Ok(Self::Postgres),
            _ => Err("there is `postgres` and `sqlite`".to_owned()),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}
