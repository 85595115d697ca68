//! One migration: its up file, its down file, and the directives in them.

use sqlx::migrate::MigrationType;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::borrow::Cow;
use std::path::PathBuf;

/// Whether a file runs in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    /// All of it or nothing of it.
    Wrapped,
    /// Statement by statement (`-- no-transaction`).
    None,
}

/// A file of SQL.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file.
    pub path: PathBuf,
    /// Its text, as it is on disk.
    pub sql: String,
    /// How it runs.
    pub transaction: Transaction,
}

/// A loss that a migration declares: `-- loses: "Table"."column", reason`, or `"Table"` for rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The table.
    pub table: String,
    /// The column; none where rows or the whole table go.
    pub column: Option<String>,
}

/// A migration.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Its version: the number in front of the file's name.
    pub version: i64,
    /// The file's name without version and endings, as `add_pet_visual_traits`.
    pub name: String,
    /// The way up.
    pub up: Script,
    /// The way down, where there is one.
    pub down: Option<Script>,
    /// The losses that the up file declares.
    pub loses: Vec<Loss>,
    /// The backfills that must be finished before it.
    pub requires: Vec<String>,
}

impl Migration {
    /// `20250915090000_add_pet_visual_traits`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    /// sqlx's record of this migration, checksum included, without its statements: those we run ourselves.
    pub(crate) fn record(&self) -> sqlx::migrate::Migration {
        sqlx::migrate::Migration {
            sql: AssertSqlSafe(String::new()).into_sql_str(),
            // Whoever calls has a transaction open where the file wants one.
            no_tx: true,
            ..self.sqlx(self.up.sql.clone())
        }
    }

    /// True where `checksum` is that of the up file as it is, or as it is with the other kind of line ends: a checkout on
    /// another system changes those and nothing else.
    #[must_use]
    pub fn has_checksum(&self, checksum: &[u8]) -> bool {
        let lf = self.up.sql.replace("\r\n", "\n");
        let crlf = lf.replace('\n', "\r\n");
        [self.up.sql.clone(), lf, crlf].into_iter().any(|text| *self.sqlx(text).checksum == *checksum)
    }

    fn sqlx(&self, sql: String) -> sqlx::migrate::Migration {
        let kind = if self.down.is_some() { MigrationType::ReversibleUp } else { MigrationType::Simple };
        let description = Cow::Owned(self.name.replace('_', " "));
        sqlx::migrate::Migration::new(self.version, description, kind, AssertSqlSafe(sql).into_sql_str(), false)
    }
}
