//! Servers and binaries, with the PostgreSQL of this machine: without one, these tests fail.

use super::home::Home;
use super::postmaster::Postmaster;
use super::*;
use pretty_assertions::assert_eq;
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What this machine has. The initialised directories are those of everyday use, so that only the first test makes one.
fn hints() -> Hints {
    Hints {
        pg_bin: env::var_os("PG_BIN").map(PathBuf::from),
        path: env::var_os("PATH"),
        cache: env::temp_dir().join("no-private-copy"),
        temp: env::temp_dir(),
    }
}

fn binaries() -> Binaries {
    Binaries::find(&hints()).unwrap().expect("these tests need a PostgreSQL: its packages, or PG_BIN")
}

/// A folder that the account of the servers can enter.
fn open_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

async fn one(url: &str, sql: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let value = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    value
}

/// Waits until it holds, for as long as a busy machine may take.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// Where a server's data lie, as it says itself.
async fn data(server: &Server) -> PathBuf {
    PathBuf::from(one(&server.url("postgres"), "SHOW data_directory").await)
}

#[tokio::test]
async fn starts_answers_and_leaves_nothing() {
    let server = Server::start(&binaries(), &hints()).await.unwrap();
    let mut connection = PgConnection::connect_with(&server.options()).await.unwrap();
    let number: i32 = sqlx::query_scalar("SELECT 41 + 1").fetch_one(&mut connection).await.unwrap();
    assert_eq!(number, 42);
    connection.close().await.unwrap();
    let shown =
        one(&server.url("postgres"), "SELECT current_database() || ' ' || current_setting('server_version')").await;
    let (major, version) = server.version();
    assert!(shown.starts_with(&format!("postgres {version}")) && version.starts_with(&major.to_string()), "{shown}");

    let data = data(&server).await;
    let postmaster = Postmaster::of(&data).unwrap();
    assert!(postmaster.ready);
    server.stop().await;
    assert!(!postmaster.is_alive() && !data.parent().unwrap().exists());
}

#[tokio::test]
async fn two_at_once_know_nothing_of_each_other() {
    let (binaries, hints) = (binaries(), hints());
    let (one_, two) = tokio::join!(Server::start(&binaries, &hints), Server::start(&binaries, &hints));
    let (first, second) = (one_.unwrap(), two.unwrap());
    sqlx::query("CREATE DATABASE only_here")
        .execute(&mut PgConnection::connect_with(&first.options()).await.unwrap())
        .await
        .unwrap();
    let count = "SELECT count(*)::text FROM pg_database WHERE datname = 'only_here'";
    assert_eq!(one(&first.url("only_here"), count).await, "1");
    assert_eq!(one(&second.url("postgres"), count).await, "0");
    let data = data(&first).await;
    drop(first);
    assert!(!data.exists());
    assert_eq!(one(&second.url("postgres"), "SELECT 'still there'").await, "still there");
}

#[tokio::test]
async fn a_second_start_is_quick() {
    let (binaries, hints) = (binaries(), hints());
    drop(Server::start(&binaries, &hints).await.unwrap());
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let server = Server::start(&binaries, &hints).await.unwrap();
        times.push(start.elapsed());
        server.stop().await;
    }
    times.sort();
    println!("{times:?}");
    // 100 ms on a quiet machine; this is one on which other tests run at the same time.
    assert!(times[0] < Duration::from_millis(1000), "{times:?}");
}

/// The process that is killed in the next test: it does nothing unless that test started it.
#[tokio::test]
async fn a_process_that_will_be_killed() {
    let Some(tell) = env::var_os("XTASK_TEST_WILL_BE_KILLED").map(PathBuf::from) else { return };
    let server = Server::start(&binaries(), &hints()).await.unwrap();
    let data = data(&server).await;
    fs::write(tell.with_extension("part"), data.to_str().unwrap()).unwrap();
    fs::rename(tell.with_extension("part"), tell).unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    drop(server);
}

#[test]
fn dies_with_its_parent() {
    let folder = open_folder();
    let tell = folder.path().join("data");
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(["--exact", "postgres_server::tests::a_process_that_will_be_killed"])
        .env("XTASK_TEST_WILL_BE_KILLED", &tell)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the server starts", || tell.exists());
    let data = PathBuf::from(fs::read_to_string(&tell).unwrap());
    let postmaster = Postmaster::of(&data).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    eventually("the server ends", || !postmaster.is_alive());
    eventually("its folder goes", || !data.parent().unwrap().exists());
}

/// Every server shares the files of its templates with all others, so none may write into them.
#[tokio::test]
async fn templates_stay_as_they_are() {
    let server = Server::start(&binaries(), &hints()).await.unwrap();
    let data = data(&server).await;
    let shared = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.nlink() > 1);
    let contents = || -> BTreeMap<PathBuf, Vec<u8>> {
        let databases = fs::read_dir(data.join("base")).unwrap().map(|entry| entry.unwrap().path());
        let files = databases.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
        files.filter(|path| shared(path)).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    };
    let before = contents();
    assert!(before.len() > 400, "{}", before.len());
    let mut connection = PgConnection::connect_with(&server.options()).await.unwrap();
    let newer = if server.version().0 >= 15 {
        vec!["CREATE DATABASE c STRATEGY wal_log", "CREATE DATABASE d STRATEGY file_copy"]
    } else {
        vec![]
    };
    let statements = ["CREATE DATABASE a", "CREATE DATABASE b TEMPLATE template0", "CREATE TABLE t AS SELECT 1 AS x"];
    for statement in statements.into_iter().chain(newer).chain(["VACUUM FREEZE", "CHECKPOINT"]) {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let refused = PgConnection::connect(&server.url("template1")).await.unwrap_err().to_string();
    assert!(refused.contains("not currently accepting connections"), "{refused}");
    assert!(contents() == before);
}
