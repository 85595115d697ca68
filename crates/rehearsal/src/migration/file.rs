//! [`Migration`]: the up file, the down file and the directives of one migration, with its checksum as sqlx computes
//! it.

pub use crate::layout::Transaction;
use rehearsal_db::Engine;
use rehearsal_db::lex::statements;
use sqlx::migrate::MigrationType;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A SQL file.
#[derive(Debug, Clone, Hash)]
pub struct Script {
    /// The file.
    pub path: PathBuf,
    /// The text, exactly as stored on disk.
    pub sql: String,
    /// Whether it runs in a transaction.
    pub transaction: Transaction,
}

impl Script {
    /// True if all statements run in one transaction: the file neither opts out of it nor controls transactions itself.
    #[must_use]
    pub fn is_one_transaction(&self, engine: Engine) -> bool {
        let controls = |statement| engine.transaction_control(statement).is_some();
        self.transaction == Transaction::Wrapped && !statements(&self.sql, engine).iter().any(controls)
    }
}

/// A loss that a migration declares: `-- loses: "Table"."column", reason`, or `"Table"` for rows; or a column that it moves:
/// `-- moves: "Table"."column" to "Table"."column", reason`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Loss {
    /// The table.
    pub table: String,
    /// The column. `None` if the migration deletes rows or the whole table.
    pub column: Option<String>,
    /// The table and column that get the values, which the down file has to bring back exactly. `None` if the values are lost.
    pub moved_to: Option<(String, String)>,
}

/// A migration.
#[derive(Debug, Clone, Hash)]
pub struct Migration {
    /// The version: the number at the start of the file name.
    pub version: i64,
    /// The file name without version and endings, such as `add_pet_visual_traits`.
    pub name: String,
    /// The up file.
    pub up: Script,
    /// The down file, if there is one.
    pub down: Option<Script>,
    /// The losses that the up file declares.
    pub loses: Vec<Loss>,
    /// The backfills that must be finished before it.
    pub requires: Vec<String>,
    /// The characters that sqlx leaves out of the checksum.
    pub ignored_chars: BTreeSet<char>,
}

impl Migration {
    /// Returns version and name: `20250915090000_add_pet_visual_traits`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    /// Returns sqlx's record of this migration, with the checksum but without the statements, which
    /// [`step`](super::step) runs.
    pub(crate) fn record(&self) -> sqlx::migrate::Migration {
        sqlx::migrate::Migration {
            sql: AssertSqlSafe(String::new()).into_sql_str(),
            // The caller has already begun a transaction if the file needs one.
            no_tx: true,
            ..self.sqlx(self.up.sql.clone())
        }
    }

    /// Returns true if `checksum` is that of the up file, with its own line endings or with LF or CRLF: a checkout on
    /// another system changes only the line endings.
    #[must_use]
    pub fn has_checksum(&self, checksum: &[u8]) -> bool {
        let lf = self.up.sql.replace("\r\n", "\n");
        let crlf = lf.replace('\n', "\r\n");
        [self.up.sql.clone(), lf, crlf].into_iter().any(|text| *self.sqlx(text).checksum == *checksum)
    }

    fn sqlx(&self, sql: String) -> sqlx::migrate::Migration {
        let kind = if self.down.is_some() { MigrationType::ReversibleUp } else { MigrationType::Simple };
        let description = Cow::Owned(self.name.replace('_', " "));
        // sqlx computes the checksum of the remaining text as a whole.
        let sql = match self.ignored_chars.is_empty() {
            true => sql,
            false => sql.chars().filter(|char| !self.ignored_chars.contains(char)).collect(),
        };
        sqlx::migrate::Migration::new(self.version, description, kind, AssertSqlSafe(sql).into_sql_str(), false)
    }
}
