//! Definitions in catalogs: a SQLite database whose `sqlite_schema` contains the text, definitions of PostgreSQL, and the
//! values that the rules of a table suggest.

#![no_main]

mod folder;

use libfuzzer_sys::fuzz_target;
use rehearsal::db::insertable::{Default, Field, Kind, Rule};
use rehearsal::db::lex::{Statement, Token, statements, tokens};
use rehearsal::db::{Access, Connection, Durability, Engine, Error, postgres, sqlite};
use rehearsal::generate::suggested;
use std::cell::RefCell;
use std::time::Duration;
use tokio::runtime::Runtime;

/// A table, an index, a trigger, a view, and a table that refers to the first one.
const SCHEMA: &str = "CREATE TABLE a (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c AS (a + 1));
CREATE UNIQUE INDEX i ON a (lower(b));
CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;
CREATE VIEW v AS SELECT a FROM a;
CREATE TABLE d (a REFERENCES a ON DELETE CASCADE);
PRAGMA writable_schema = ON";

/// A connection keeps what it has read, so that another one takes over after this many inputs.
const INPUTS: usize = 1000;

struct Database {
    runtime: Runtime,
    connection: Option<Connection>,
    inputs: usize,
}

thread_local! {
    static DATABASE: RefCell<Database> = RefCell::new(Database {
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        connection: None,
        inputs: 0,
    });
}

fuzz_target!(|sql: &str| {
    DATABASE.with_borrow_mut(|database| database.read(sql));
    let names = ["a", "b"].map(ToOwned::to_owned);
    for label in
        ["column \"a\".\"b\"", "constraint \"b\" of \"a\"", "policy \"b\" on \"a\"", "type \"a\"", "table \"a\"", sql]
    {
        drop(postgres::read_definition(label, sql, &names));
    }
    for engine in Engine::ALL {
        for kind in kinds() {
            let (is_nullable, is_key) = (true, false);
            let (name, written) = ("a".to_owned(), String::new());
            let field = Field { name, kind, written, is_nullable, is_key, default: Default::Nothing };
            let rule = Rule { name: "r".to_owned(), text: sql.to_owned(), columns: names.to_vec() };
            drop(suggested(*engine, &field, &[rule]));
        }
    }
});

fn kinds() -> [Kind; 6] {
    [
        Kind::Text { longest: Some(20) },
        Kind::Int { min: i64::MIN, max: i64::MAX },
        Kind::Decimal { whole: 4, scale: 2 },
        Kind::Json,
        Kind::Bytes,
        Kind::Unknown,
    ]
}

impl Database {
    /// Reads the catalog with this text as the definition of every object.
    fn read(&mut self, sql: &str) {
        if self.inputs.is_multiple_of(INPUTS) {
            self.open();
        }
        self.inputs += 1;
        let Some(connection) = &mut self.connection else { return };
        self.runtime.block_on(async {
            connection.begin().await.unwrap();
            let write = "UPDATE sqlite_schema SET sql = $1 WHERE sql IS NOT NULL";
            connection.execute(write, &[sql.into()]).await.unwrap();
            if let Ok(tables) = connection.tables().await {
                drop(connection.schema(&tables).await);
            }
            drop((connection.insertable_tables().await, connection.volatile_defaults().await));
            drop(connection.explain_deleted_rows(sql, &["d"]).await);
            connection.rollback().await;
            locate(connection, sql).await;
        });
        strict(&connection.strict(sql), sql);
    }

    fn open(&mut self) {
        let folder = folder::make("catalog");
        let address = sqlite::new_file(&folder.join("a.sqlite"));
        let old = self.connection.take();
        self.connection = Some(self.runtime.block_on(async {
            if let Some(old) = old {
                old.close().await.unwrap();
            }
            let access = Access::Write(Durability::Configured);
            let mut connection = Connection::open(&address, access, Duration::ZERO).await.unwrap();
            for statement in statements(SCHEMA, Engine::Sqlite) {
                connection.execute(statement.text, &[]).await.unwrap();
            }
            connection
        }));
    }
}

/// The location of an error is a position in the statement.
async fn locate(connection: &mut Connection, sql: &str) {
    let Some(first) = statements(sql, Engine::Sqlite).first().copied() else { return };
    let last = tokens(first.text, Engine::Sqlite).last().map_or("", |token| token.text).to_owned();
    for why in ["incomplete input".to_owned(), format!("near \"{last}\": syntax error"), sql.to_owned()] {
        let error = Error::Statement { why, position: None };
        let at = connection.locate(&Statement { start: 0, ..first }, &error).await;
        assert!(at.is_none_or(|at| first.text.is_char_boundary(at)), "{at:?}");
    }
}

/// A query with strict names has the same tokens.
fn strict(strict: &str, sql: &str) {
    let normal = |sql: &str| tokens(sql, Engine::Sqlite).iter().map(Token::normal).collect::<Vec<_>>();
    assert_eq!(normal(strict), normal(sql));
}
