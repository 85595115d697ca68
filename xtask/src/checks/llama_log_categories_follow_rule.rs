//! Catches categories that differ from the app's rule: filled by wrong SQL, edited, or stale after a change of
//! operation or status.

use app::llama_logs::classify;
use rehearsal::check::{RowCheck, RowCheckAbout};
use sqlx::postgres::Postgres;
use uuid::Uuid;

/// Checks that every stored category equals `classify(operation, status)`.
pub(crate) struct LlamaLogCategoriesFollowRule;

/// A log record with its category.
#[derive(rehearsal::FromRow)]
pub(crate) struct Record {
    cursor: Uuid,
    operation: String,
    status: String,
    category: String,
}

impl RowCheck for LlamaLogCategoriesFollowRule {
    type Db = Postgres;
    type Row = Record;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout {
            name: "llama_log_categories_follow_rule",
            database: "llama_logs",
            from: 20_250_917_100_000,
            until: None,
        }
    }

    fn rows(&self) -> &'static str {
        r#"SELECT id AS "cursor", operation, status, category::text AS category
           FROM llama_logs WHERE category IS NOT NULL"#
    }

    fn offence(&self, record: &Record) -> Option<(String, String)> {
        let expected = classify(&record.operation, &record.status);
        (record.category != expected.as_str()).then(|| {
            let Record { cursor, operation, status, category } = record;
            (cursor.to_string(), format!("{operation:?} with {status} is {category}: expected {expected}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn offences() {
        let check = |operation: &str, status: &str, category: &str, expect: Option<&str>| {
            let record = Record {
                cursor: Uuid::nil(),
                operation: operation.to_owned(),
                status: status.to_owned(),
                category: category.to_owned(),
            };
            let got = LlamaLogCategoriesFollowRule.offence(&record);
            let expect = expect.map(|offence| (Uuid::nil().to_string(), offence.to_owned()));
            assert_eq!(got, expect, "{operation} {status} {category}");
        };
        check("cache:album", "SUCCESS", "CACHED", None);
        check("cache:album", "FAILED", "FAILED", None);
        check("", "SKIPPED", "CREATED", None);
        check("cache%:x", "SUCCESS", "CACHED", Some(r#""cache%:x" with SUCCESS is CACHED: expected CREATED"#));
        check("cache:album", "FAILED", "CACHED", Some(r#""cache:album" with FAILED is CACHED: expected FAILED"#));
        check("check:album", "SUCCESS", "checked", Some(r#""check:album" with SUCCESS is checked: expected ENRICHED"#));
    }
}
