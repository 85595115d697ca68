//! The [`Dialect`] of an engine: its SQL, its error messages and its properties, as far as they need no connection.
//! Most methods have a default, for engines that have nothing special.

use crate::TableShape;
use crate::catalog::Kind;
use crate::cluster_objects::OutsideChange;
use crate::crash::Journal;
use crate::lex::{Lexical, Statement, Token};
use crate::{Address, Error, Missing, Mode, Refusal, Value};
use std::fmt;
use std::path::Path;

/// Where an engine keeps its databases.
#[derive(Debug, Clone, Copy)]
pub enum Storage {
    /// Each in its own file, in any folder. The function returns the address of a file.
    File(fn(&Path, Mode) -> Address),
    /// On a server, which must be running first.
    Server,
}

impl Storage {
    /// True if databases are on a server.
    #[must_use]
    pub fn is_server(self) -> bool {
        matches!(self, Self::Server)
    }
}

/// The properties of an engine.
pub trait Dialect: fmt::Debug + Sync {
    /// The scheme of its URLs, without the colon; also its name in flags and in configuration files.
    fn scheme(&self) -> &'static str;

    /// Other schemes and names.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// The official name.
    fn display_name(&self) -> &'static str;

    /// Where the databases of this engine are.
    fn storage(&self) -> Storage;

    /// Parses a URL of this engine.
    ///
    /// # Errors
    /// [`Error::WrongEngine`] for a URL of another engine, [`Error::BadUrl`] for a malformed one.
    fn address(&self, url: &str) -> Result<Address, Error>;

    /// The engine's own shell program.
    fn shell(&self) -> &'static str;

    /// The engine's lexical rules.
    fn lexical(&self) -> &'static Lexical;

    /// Phrases that only this engine knows: a script that contains one was written for it.
    fn own_phrases(&self) -> &'static [&'static [&'static str]];

    // Transactions and locks.

    /// True if a file that begins and commits its own transaction cannot run inside another one. Other engines warn
    /// about its BEGIN, and its COMMIT ends the outer transaction.
    fn refuses_own_transaction(&self) -> bool {
        false
    }

    /// True if a file without sqlx's transaction can begin and commit one of its own around any statements.
    fn has_transactions_in_scripts(&self) -> bool {
        false
    }

    /// True if only one transaction at a time can write.
    fn has_one_writer(&self) -> bool {
        false
    }

    /// True if commits and readers block each other, at least without a write-ahead log.
    fn commits_wait_for_readers(&self) -> bool {
        false
    }

    /// True for a statement that must run outside a transaction, and as the only statement of its query.
    fn requires_autocommit(&self, _statement: &str) -> bool {
        false
    }

    /// An SQL expression for the end of a lease that starts now and lasts `LEASE_SECONDS`.
    fn lease_end(&self) -> String;

    /// An SQL condition on `owner` and `leased_until`: whether a range is free. The default is for an engine with
    /// one writer, where the caller has locked out all others.
    fn is_free(&self) -> &'static str {
        "TRUE"
    }

    /// A suffix of SELECT that locks the row for the transaction and skips rows that other sessions have locked.
    fn skip_locked(&self) -> &'static str {
        ""
    }

    /// A suffix of SELECT that locks the rows of this table for the transaction.
    fn lock_rows(&self, _table: &str) -> String {
        String::new()
    }

    /// The journal modes in which the crash proof kills processes; empty if the engine has only one.
    fn journals(&self) -> &'static [Journal] {
        &[]
    }

    // Scripts.

    /// True if a connection loads extensions from files, instead of `CREATE EXTENSION` in a database.
    fn loads_extensions(&self) -> bool {
        false
    }

    /// Whether a foreign key may refer to a missing table.
    fn allows_dangling_references(&self) -> bool {
        false
    }

    /// True if a byte order mark before the first statement is an error.
    fn refuses_byte_order_mark(&self) -> bool {
        !self.lexical().skips_byte_order_mark
    }

    /// True if rows can follow a statement in a file (`COPY … FROM stdin`).
    fn copies_rows(&self) -> bool {
        false
    }

    /// The extensions that a script creates, including those in blocks whose errors it ignores.
    fn extensions(&self, _sql: &str) -> Vec<String> {
        Vec::new()
    }

    /// The package of the operating system that contains an extension, as far as it is known.
    fn package_of(&self, _extension: &str) -> Option<&'static str> {
        None
    }

    /// Why this statement cannot run from a file; `None` if it can.
    fn refuses(&self, _statement: &Statement<'_>) -> Option<&'static str> {
        None
    }

    /// True if a script uses the time zone of the process, which is that of the machine.
    fn asks_for_local_time(&self, _sql: &str) -> bool {
        false
    }

    /// The changes of a script outside its database, including those in the bodies of blocks and functions.
    fn changes_outside(&self, _sql: &str) -> Vec<OutsideChange> {
        Vec::new()
    }

    /// Whether the token at `at` leaves state in the session. Temporary objects of all engines are handled by the
    /// caller. `tokens` contains no comments; `begins` is true at the start of a statement.
    fn sets_session_state(&self, tokens: &[Token<'_>], at: usize, begins: bool) -> bool;

    // SQL.

    /// `name` as an SQL identifier. The only function that quotes identifiers.
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// A table name, optionally with its schema, as an SQL identifier.
    fn quote_table(&self, name: &str) -> String {
        self.quote(name)
    }

    /// `name` as the engine reads it without quotes.
    fn fold(&self, name: &str) -> String {
        name.to_owned()
    }

    /// True if a database has schemas that migrations can create.
    fn has_schemas(&self) -> bool {
        false
    }

    /// The condition of some rows of a table, at most `limit` of them.
    fn few_rows(&self, table: &TableShape, limit: usize) -> String;

    /// A table in FROM, without the rows of tables that inherit from it.
    fn own_rows(&self, table: &str) -> String {
        table.to_owned()
    }

    /// The strings of a JSON array as rows, in a column `value`.
    fn each_text(&self, array: &str) -> String;

    /// The pairs of strings in a JSON array as a relation of `first` and `second`.
    fn each_pair(&self, array: &str) -> String;

    /// An expression cast to text, if the engine does not compare it with text otherwise.
    fn as_text(&self, expression: &str) -> String;

    /// A timestamp of the database's clock as text: UTC, to the second.
    fn second(&self, expression: &str) -> String;

    /// An expression that sorts by bytes, whatever the collation of its column.
    fn by_bytes(&self, expression: &str) -> String;

    /// An expression for a value that no other row has, derived from the value in `column` of `table`. `None` if
    /// there is no such expression for this kind.
    fn another(&self, kind: Kind, column: &str, table: &str) -> Option<String>;

    /// [`Self::another`] for a number.
    fn another_number(&self, column: &str, table: &str) -> String {
        format!("{column} + (SELECT max({column}) - min({column}) + 1 FROM {table})")
    }

    /// [`Self::another`] for a text.
    fn another_text(&self, column: &str) -> String {
        format!("{column} || ' (twice)'")
    }

    /// The statement that keeps a trigger from firing.
    fn without_trigger(&self, trigger: &str, table: &str) -> String;

    /// The advice for a script whose statements fire a trigger that they should not.
    fn pause_trigger(&self, trigger: &str, table: &str) -> String;

    /// The clause between the columns of an INSERT and its rows that lets identity columns take explicit values.
    fn overriding(&self) -> &'static str {
        ""
    }

    /// `value` as a literal that yields exactly this value under any session settings.
    fn literal(&self, value: &Value) -> String;

    /// The placeholder of a parameter for a column of this type; `number` starts at 1.
    fn parameter(&self, number: usize, _written: &str) -> String {
        format!("${number}")
    }

    /// The value that is bound to such a parameter.
    fn bound(&self, value: &Value) -> Value {
        value.clone()
    }

    // Errors.

    /// The schema rule that an error message is about; `None` for another message.
    fn refusal(&self, why: &str) -> Option<Refusal>;

    /// The missing object that an error message is about; `None` for another message.
    fn missing(&self, why: &str) -> Option<Missing>;

    /// True if a trigger with that definition raised an error itself, with that message.
    fn is_raised(&self, why: &str, trigger: &str) -> bool;

    /// Whether SQL can create objects of this kind ([`Missing::kind`]). Others are installed, or a program registers
    /// them on its connections.
    fn is_made_by_sql(&self, kind: &str) -> bool {
        kind != "extension"
    }
}
