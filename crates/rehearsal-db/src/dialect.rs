//! What is special about an engine, as far as no connection is needed to tell: its SQL, the words of its errors, its habits.
//! Most methods have a default, which is what an engine does that has nothing special to say.

use crate::catalog::Kind;
use crate::cluster_objects::OutsideChange;
use crate::crash::Journal;
use crate::lex::{Lexical, Statement, Token};
use crate::{Address, Error, Missing, Mode, Refusal, Value};
use std::fmt;
use std::path::Path;

/// Where the databases of an engine are.
#[derive(Debug, Clone, Copy)]
pub enum Storage {
    /// Each in a file of its own, which can be put into any folder. This gives the address of a file.
    File(fn(&Path, Mode) -> Address),
    /// On a server, which has to be there before them.
    Server,
}

impl Storage {
    /// True where databases are on a server.
    #[must_use]
    pub fn is_server(self) -> bool {
        matches!(self, Self::Server)
    }
}

/// What is special about an engine.
pub trait Dialect: fmt::Debug + Sync {
    /// The first part of a URL of this engine, without the colon: the engine's name in flags and in configuration files.
    fn scheme(&self) -> &'static str;

    /// Other first parts of a URL, and other names.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// The name as its makers write it.
    fn display_name(&self) -> &'static str;

    /// Where the databases of this engine are.
    fn storage(&self) -> Storage;

    /// Reads a URL of this engine.
    ///
    /// # Errors
    /// [`Error::WrongEngine`] for another engine's URL, [`Error::BadUrl`] for a malformed one.
    fn address(&self, url: &str) -> Result<Address, Error>;

    /// The program that is the engine's own shell.
    fn shell(&self) -> &'static str;

    /// What the lexer has to know.
    fn lexical(&self) -> &'static Lexical;

    /// Words that only this engine knows: a script that holds one of these phrases was written for it.
    fn own_phrases(&self) -> &'static [&'static [&'static str]];

    // Transactions and locks.

    /// True where a file that begins and ends its transaction itself can't run inside of another. An engine that says false
    /// warns of the beginning, and takes the end for that of the transaction around it.
    fn refuses_own_transaction(&self) -> bool {
        false
    }

    /// True where only one transaction at a time may write.
    fn has_one_writer(&self) -> bool {
        false
    }

    /// True where a commit waits for those who read, and the other way round, at least without a write-ahead log.
    fn commits_wait_for_readers(&self) -> bool {
        false
    }

    /// True for a statement that the server runs alone only: in no transaction, and in no text of several statements.
    fn runs_alone(&self, _statement: &str) -> bool {
        false
    }

    /// When a lease that is given now ends, after `LEASE_SECONDS`, as an expression.
    fn lease_end(&self) -> String;

    /// Whether the row of a range is free, as a condition on its columns `owner` and `leased_until`. The default is for an
    /// engine with one writer: the one who asks has locked all others out of the database.
    fn is_free(&self) -> &'static str {
        "TRUE"
    }

    /// After a SELECT: locks the row for the transaction, and skips those that others have locked.
    fn skip_locked(&self) -> &'static str {
        ""
    }

    /// After a SELECT: locks the rows of that table for the transaction.
    fn lock_rows(&self, _table: &str) -> String {
        String::new()
    }

    /// The journals with which databases of this engine are to be killed; none where the engine has one of its own.
    fn journals(&self) -> &'static [Journal] {
        &[]
    }

    // Scripts.

    /// True where a connection loads extensions from files, and not `CREATE EXTENSION` into a database.
    fn loads_extensions(&self) -> bool {
        false
    }

    /// Whether a foreign key may refer to a table that is not there.
    fn takes_references_to_nothing(&self) -> bool {
        false
    }

    /// True where a byte order mark before the first statement is an error.
    fn refuses_byte_order_mark(&self) -> bool {
        !self.lexical().skips_byte_order_mark
    }

    /// Why a statement can't be sent from a file, where that is so.
    fn refuses(&self, _statement: &Statement<'_>) -> Option<&'static str> {
        None
    }

    /// True where a script asks for the time zone of the process, which is that of the machine.
    fn asks_for_local_time(&self, _sql: &str) -> bool {
        false
    }

    /// What a script changes outside of its database, in the bodies of its blocks and functions, too.
    fn changes_outside(&self, _sql: &str) -> Vec<OutsideChange> {
        Vec::new()
    }

    /// Whether the token at `at` makes the session another one than a new session is. What is temporary on all engines is
    /// known already. Comments are not among the tokens; `begins` says whether a statement begins here.
    fn sets_session_state(&self, tokens: &[Token<'_>], at: usize, begins: bool) -> bool;

    // SQL.

    /// `name` as an identifier in SQL: the one function that quotes identifiers.
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// A table's name, which may begin with that of its schema, as an identifier in SQL.
    fn quote_table(&self, name: &str) -> String {
        self.quote(name)
    }

    /// A table after FROM, so that only its own rows are read, and not those of tables that inherit from it.
    fn own_rows(&self, table: &str) -> String {
        table.to_owned()
    }

    /// The texts of a JSON array as rows, in a column `value`.
    fn each_text(&self, array: &str) -> String;

    /// The rows of a parameter that holds a JSON array of pairs of texts: a relation of `first` and `second`.
    fn each_pair(&self, array: &str) -> String;

    /// An expression as text, where the engine does not compare it with a text as it is.
    fn as_text(&self, expression: &str) -> String;

    /// A time of the database's clock as text: UTC, to the second.
    fn second(&self, expression: &str) -> String;

    /// An expression in the order of its bytes, whatever the collation of its column is.
    fn by_bytes(&self, expression: &str) -> String;

    /// A value that no other row has, made of a value of that kind, which stands in `column` of `table`.
    fn another(&self, kind: Kind, column: &str, table: &str) -> Option<String>;

    /// The same of a number.
    fn another_number(&self, column: &str, table: &str) -> String {
        format!("{column} + (SELECT max({column}) - min({column}) + 1 FROM {table})")
    }

    /// The same of a text.
    fn another_text(&self, column: &str) -> String {
        format!("{column} || ' (twice)'")
    }

    /// What stands between the columns of an INSERT and its rows, so that identities take the values that they are given.
    fn overriding(&self) -> &'static str {
        ""
    }

    /// `value` as a literal, which gives back that very value whatever is in it, and whatever the settings of the session are.
    fn literal(&self, value: &Value) -> String;

    /// The parameter of that number, from 1, for a column of that type.
    fn parameter(&self, number: usize, _written: &str) -> String {
        format!("${number}")
    }

    /// A value as it is bound to such a parameter.
    fn bound(&self, value: &Value) -> Value {
        value.clone()
    }

    // Errors.

    /// What a message of this engine says of a rule of the schema; none where it is about something else.
    fn refusal(&self, why: &str) -> Option<Refusal>;

    /// What a message of this engine says is not there; none where it is about something else.
    fn missing(&self, why: &str) -> Option<Missing>;

    /// Whether SQL makes things of that kind, in the words of [`Missing::kind`]. Others are defined by a program for its
    /// connections, or installed.
    fn is_made_by_sql(&self, kind: &str) -> bool {
        kind != "extension"
    }
}
