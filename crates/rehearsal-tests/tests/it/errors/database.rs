//! A target that does not exist, belongs to another engine, or is not a database; a target that another process has
//! locked.

use super::check;
use crate::suite::{new_workspace, with_pets};
use rehearsal_tests::database::{block, open, without_write_ahead_log};
use rehearsal_tests::workspace::{CREATED, PETS, TRAITS, Workspace};
use sqlx::{AssertSqlSafe, Connection};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn urls() {
    let workspace = new_workspace();
    check("url_of_another_engine", &workspace, "migrate pets --url postgres://me:secret@localhost/pets", 2);
    check("url_without_scheme", &workspace, "migrate pets --url pets.db", 2);
    check("url_malformed", &workspace, "migrate pets --url sqlite:pets.db?mode=rwx", 2);
    check("url_with_unknown_parameter", &workspace, "migrate pets --url sqlite:pets.db?cash=shared", 2);
    check("url_in_memory", &workspace, "migrate pets --url sqlite::memory:", 2);
    check("url_in_memory_by_mode", &workspace, "backfill pet_traits --url sqlite:pets?mode=memory", 2);
    check("url_of_no_file", &workspace, "verify pets --url sqlite:", 2);
    check("url_of_nothing", &workspace, "migrate pets --url sqlite:nowhere/pets.db", 2);
    check("url_of_nothing_backfill", &workspace, "backfill pet_traits --execute --url sqlite:pets.db", 2);
    check("url_of_nothing_verify", &workspace, "verify --url sqlite:pets.db", 2);
    let several = new_workspace();
    several.write("migrations/cats/rehearsal.toml", "engine = \"sqlite\"\n");
    check("url_for_several", &several, "migrate --url sqlite:pets.db?mode=rwc", 2);
    check("url_for_several_verify", &several, "verify --url sqlite:pets.db", 2);
}

#[test]
fn no_development_database() {
    let workspace = new_workspace();
    check("no_development_database_backfill", &workspace, "backfill pet_traits", 2);
    check("no_development_database_execute", &workspace, "backfill pet_traits --execute", 2);
    check("no_development_database_undo", &workspace, "backfill pet_traits --undo --execute", 2);
    check("no_development_database_verify", &workspace, "verify pets", 2);
}

#[test]
fn no_database() {
    let text = new_workspace();
    text.write("notes.db", "These are notes, and they are long enough that no header of a database looks like them.");
    check("text_migrate", &text, "migrate pets --url sqlite:notes.db", 1);
    check("text_status", &text, "migrate pets --status --url sqlite:notes.db", 1);
    check("text_backfill", &text, "backfill pet_traits --execute --url sqlite:notes.db", 1);
    check("text_verify", &text, "verify pets --url sqlite:notes.db", 1);
    check("folder", &text, "migrate pets --url sqlite:fixtures", 1);
    check("folder_that_is_a_file", &text, "migrate pets --url sqlite:notes.db/pets.db?mode=rwc", 1);
    let cut = with_pets(TRAITS);
    let bytes = fs::read(cut.path(PETS)).unwrap();
    cut.write(PETS, &bytes[..4096 * 3]);
    check("cut_off", &cut, "verify pets", 1);
}

/// The environment variable that tells the helper process of a test which database to lock, and with which statement.
const HOLD: &str = "XTASK_TEST_HOLD";

/// Runs `body` while a helper process holds the lock. The helper is this test, started again: SQLite's locks belong
/// to a process, and this process would release them by closing the file for any reason.
fn while_locked(test: &str, workspace: &Workspace, lock: &str, body: impl FnOnce()) {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(HOLD, format!("{lock}@{}", workspace.path(PETS).display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("held")), "the helper process holds the lock");
    body();
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
}

/// Holds the lock if this is the helper process. Returns true in the helper process, after it has released the lock.
fn held() -> bool {
    let Ok(order) = std::env::var(HOLD) else { return false };
    let (lock, file) = order.split_once('@').unwrap();
    block(async {
        let mut connection = open(Path::new(file)).await;
        sqlx::raw_sql(AssertSqlSafe(lock.to_owned())).execute(&mut connection).await.unwrap();
        println!("held");
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        connection.close().await.unwrap();
    });
    true
}

#[test]
fn locked() {
    if held() {
        return;
    }
    let workspace = with_pets(CREATED);
    without_write_ahead_log(&workspace.path(PETS));
    while_locked("errors::database::locked", &workspace, "BEGIN EXCLUSIVE", || {
        check("locked_migrate", &workspace, "migrate pets --wait 1", 1);
        check("locked_status", &workspace, "migrate pets --status --wait 0", 1);
        check("locked_verify", &workspace, "verify pets --wait 0", 1);
        check("locked_backfill", &workspace, "backfill pet_traits --execute --wait 0", 1);
    });
}

/// With a write-ahead log readers continue; writers wait.
#[test]
fn locked_for_writing() {
    if held() {
        return;
    }
    let workspace = with_pets(TRAITS);
    while_locked("errors::database::locked_for_writing", &workspace, "BEGIN IMMEDIATE", || {
        workspace.succeed("migrate pets --status --wait 0");
        check("locked_for_writing_revert", &workspace, "migrate pets --revert --wait 1", 1);
        check("locked_for_writing_execute", &workspace, "backfill pet_traits --execute --wait 0", 1);
        check("locked_for_writing_undo", &workspace, "backfill pet_traits --undo --execute --wait 0", 1);
    });
}
