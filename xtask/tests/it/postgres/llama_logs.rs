//! The logs of the app on a migrated database: it reads what it writes, and its categories equal those that the
//! database gives to rows that old code writes through the view.

use crate::suite::new_workspace;
use app::llama_logs::{Category, LogError, NewLog, Status, classify, get, list, record};
use pretty_assertions::assert_eq;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, query, unique, url};
use rehearsal_tests::workspace::Workspace;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use uuid::Uuid;

const VIEW: &str = "20250917100000";

fn database(version: &str) -> (Workspace, String) {
    let workspace = new_workspace();
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    workspace.succeed(&format!("migrate llama_logs --to {version} --url {}", url(&name)));
    (workspace, url(&name))
}

#[test]
fn record_get_and_list() {
    let (_workspace, url) = database("20251015100000");
    let user = Uuid::from_u128(7);
    execute(&url, &format!("INSERT INTO users VALUES ('{user}', 'Mo')"));
    block(async {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let mut new = NewLog::new("spotify:größe 🐶 %_", Status::PartialSuccess);
        new.sources = vec!["a,b".to_owned(), "\"{}\"".to_owned(), String::new()];
        new.reason = Some(String::new());
        new.metadata = serde_json::json!({"a": [1, null, "é"], "big": "x".repeat(1_000_000)});
        new.user_id = Some(user);
        let written = record(&mut connection, new.clone()).await.unwrap();
        assert_eq!(written.category, Category::Enriched);
        assert_eq!((&written.operation, &written.sources), (&new.operation, &new.sources));
        assert_eq!((&written.reason, &written.metadata), (&new.reason, &new.metadata));
        assert_eq!(get(&mut connection, written.id).await.unwrap(), written);
        let later = record(&mut connection, NewLog::new("check:x", Status::Success)).await.unwrap();
        assert_eq!(list(&mut connection, Category::Enriched, 9).await.unwrap(), [later.clone(), written.clone()]);
        assert_eq!(list(&mut connection, Category::Enriched, 1).await.unwrap(), [later]);
        assert_eq!(list(&mut connection, Category::Failed, 9).await.unwrap(), []);

        let unknown = NewLog { album_id: Some(Uuid::nil()), ..new.clone() };
        let error = record(&mut connection, unknown).await.unwrap_err();
        assert!(matches!(error, LogError::NoSuchReference { column: "album_id", .. }), "{error}");
        let nul = NewLog { metadata: serde_json::json!({"a": "\0"}), ..new };
        let error = record(&mut connection, nul).await.unwrap_err();
        assert!(matches!(error, LogError::NulCharacter { field: "metadata" }), "{error}");
        let error = get(&mut connection, Uuid::nil()).await.unwrap_err();
        assert!(matches!(error, LogError::NotFound { .. }), "{error}");
        connection.close().await.unwrap();
    });
    assert_eq!(query(&url, "SELECT count(*) FROM llama_logs"), ["2"]);
}

/// Operations that match the rule or nearly do. Each one is tested with every status.
const OPERATIONS: &[&str] = &[
    "",
    " ",
    "cache:",
    "cache:x",
    "cache",
    "Cache:x",
    "cache_x",
    "cachex:",
    " cache:x",
    "admin_correction",
    "adminXcorrection",
    "admin_correction ",
    "ADMIN_CORRECTION",
    "enrichment:album",
    "enrichment",
    "enrichment%",
    "check:",
    "checks:",
    "musicbrainz:a",
    "spotify:a",
    "discogs:a",
    "discogs",
    "PREVIEW_ENRICHMENT",
    "preview_enrichment",
    "PREVIEW%ENRICHMENT",
    "PREVIEW_ENRICHMENT:x",
    "import",
    "größe:cache:",
    "cache:größe 🐶",
    "%",
    "_",
    "e\u{301}nrichment:x",
    "cache\u{a0}:x",
    "ｃache:x",
];

#[test]
fn categories_match_the_view() {
    let (workspace, url) = database(VIEW);
    block(async {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        for operation in OPERATIONS {
            for status in Status::ALL.iter().copied() {
                let expected = classify(operation, status.as_str()).as_str();
                let sql = "INSERT INTO enrichment_logs (operation, status) VALUES ($1, $2) RETURNING id";
                let row =
                    sqlx::query(sql).bind(operation).bind(status.as_str()).fetch_one(&mut connection).await.unwrap();
                let old = get(&mut connection, row.get("id")).await.unwrap();
                let new = record(&mut connection, NewLog::new(*operation, status)).await.unwrap();
                let both = (old.category.as_str(), new.category.as_str());
                assert_eq!(both, (expected, expected), "{operation:?} {}", status.as_str());
            }
        }
        connection.close().await.unwrap();
    });
    // An update by old code changes the category, and the check covers every row.
    execute(&url, "UPDATE enrichment_logs SET status = 'FAILED' WHERE operation = 'cache:x'");
    assert_eq!(query(&url, "SELECT DISTINCT category::text FROM llama_logs WHERE operation = 'cache:x'"), ["FAILED"]);
    workspace.succeed(&format!("verify llama_logs --url {url}"));
    execute(&url, "UPDATE llama_logs SET category = 'CREATED' WHERE operation = 'cache:x'");
    let ran = workspace.run(&format!("verify llama_logs --url {url}"));
    assert_eq!(ran.exit, Some(1), "{}", ran.text());
    assert!(ran.text().contains("llama_log_categories_follow_rule"), "{}", ran.text());
}
