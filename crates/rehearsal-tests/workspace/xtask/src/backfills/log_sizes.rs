//! Fills the size of every log that has none.

use rehearsal::backfill::{About, Backfill, Findings, Reject, Written};
use sqlx::QueryBuilder;
use sqlx::postgres::{PgConnection, Postgres};

/// The backfill of `logs.size`.
pub(crate) struct LogSizes;

/// The unit: a log.
#[derive(rehearsal::FromRow)]
pub(crate) struct Log {
    cursor: i64,
    text: String,
}

impl Backfill for LogSizes {
    type Db = Postgres;
    type Unit = Log;
    type Output = (i64, i64);

    fn about(&self) -> About {
        About::new("log_sizes", "logs", "log", 20_250_903_100_000)
    }

    fn units(&self) -> &'static str {
        r#"SELECT logs.id AS "cursor", logs.size IS NULL AS "pending", logs.text FROM logs"#
    }

    fn id(&self, log: &Log) -> String {
        log.cursor.to_string()
    }

    fn transform(&self, log: &Log, _: &mut Findings) -> Result<(i64, i64), Reject> {
        Ok((log.cursor, log.text.chars().count() as i64))
    }

    async fn write(&self, connection: &mut PgConnection, sizes: &[(i64, i64)]) -> Result<Written, sqlx::Error> {
        let mut update = QueryBuilder::new("UPDATE logs SET size = new.size FROM (");
        update.push_values(sizes, |mut row, (id, size)| {
            row.push_bind(id).push_bind(size);
        });
        update.push(") AS new (id, size) WHERE logs.id = new.id AND logs.size IS NULL");
        Ok(update.build().execute(connection).await?.rows_affected().into())
    }
}
