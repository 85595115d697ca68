//! A backfill that fills the category of every log record that has none, from its operation and status. The
//! migration of this database does this in SQL; the bench measures the equivalent in Rust.

use app::llama_logs::{Category, classify};
use rehearsal::backfill::{About, Backfill, Findings, Reject, Undo, Undone, UnitOrder, Written};
use rehearsal::ledger::UndoNotes;
use sqlx::postgres::{PgConnection, Postgres};
use uuid::Uuid;

/// The backfill of `llama_logs.category`, in an order.
pub(crate) struct LlamaLogCategories(pub(crate) UnitOrder);

/// The unit: a log record.
#[derive(rehearsal::FromRow)]
pub(crate) struct Record {
    cursor: Uuid,
    operation: String,
    status: String,
}

/// The category of a log record.
pub(crate) struct Filled {
    id: Uuid,
    category: Category,
}

impl Backfill for LlamaLogCategories {
    type Db = Postgres;
    type Unit = Record;
    type Output = Filled;

    fn about(&self) -> About {
        About {
            scopes: &["id", "operation", "status"],
            undo: Undo::Written,
            ..About::new("llama_log_categories", "llama_logs", "log record", 20_250_917_100_000)
        }
    }

    fn units(&self) -> &'static str {
        r#"SELECT id AS "cursor", ctid AS "place", category IS NULL AS "pending", id, operation, status FROM llama_logs"#
    }

    fn order(&self) -> UnitOrder {
        self.0
    }

    fn id(&self, record: &Record) -> String {
        record.cursor.to_string()
    }

    fn transform(&self, record: &Record, findings: &mut Findings) -> Result<Filled, Reject> {
        let category = classify(&record.operation, &record.status);
        findings.tally("category", category.as_str());
        Ok(Filled { id: record.cursor, category })
    }

    fn describe(&self, record: &Record, filled: &Filled) -> String {
        format!("{:?} with {} ({}): {}", record.operation, record.status, filled.id, filled.category)
    }

    async fn write(&self, connection: &mut PgConnection, filled: &[Filled]) -> Result<Written, sqlx::Error> {
        let ids: Vec<Uuid> = filled.iter().map(|filled| filled.id).collect();
        let categories: Vec<&str> = filled.iter().map(|filled| filled.category.as_str()).collect();
        let update = r#"UPDATE llama_logs SET category = new.category::"LlamaLogCategory"
                        FROM unnest($1::uuid[], $2::text[]) AS new (id, category)
                        WHERE llama_logs.id = new.id AND llama_logs.category IS NULL"#;
        Ok(sqlx::query(update).bind(ids).bind(categories).execute(connection).await?.rows_affected().into())
    }

    async fn undo(
        &self,
        connection: &mut PgConnection,
        records: &[Record],
        _notes: &UndoNotes,
    ) -> Result<Undone, sqlx::Error> {
        let ids: Vec<Uuid> = records.iter().map(|record| record.cursor).collect();
        let update = "UPDATE llama_logs SET category = NULL WHERE id = ANY ($1::uuid[]) AND category IS NOT NULL";
        Ok(sqlx::query(update).bind(ids).execute(connection).await?.rows_affected().into())
    }
}
