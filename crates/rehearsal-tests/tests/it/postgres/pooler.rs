//! Connections through a pooler: a real pgbouncer in front of a server of the tests.

use crate::suite::SUITE;
use pretty_assertions::assert_eq;
use rehearsal_postgres::{Hints, Server};
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{binaries, hints, query};
use rehearsal_tests::processes::wait_until;
use rehearsal_tests::shop::Shop;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A pooler that is stopped on drop.
struct Pooler {
    handle: duct::Handle,
    port: u16,
    /// Contains its configuration.
    _folder: tempfile::TempDir,
}

impl Pooler {
    /// Starts a pooler in front of the server at `host`, with these settings.
    fn start(program: &Path, host: &str, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = {host}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\n{settings}\n"
        );
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        // pgbouncer refuses to run as root.
        let is_root = duct::cmd!("id", "-u").read().unwrap() == "0";
        let user: &[&str] = if is_root { &["-u", "nobody"] } else { &[] };
        let arguments = ["-q".into(), file.into_os_string()].into_iter().chain(user.iter().map(Into::into));
        let handle = duct::cmd(program, arguments).stdout_null().stderr_null().unchecked().start().unwrap();
        wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        Self { handle, port, _folder: folder }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.handle.kill());
    }
}

fn pgbouncer() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from));
    let programs = folders.map(|folder| folder.join("pgbouncer"));
    programs.into_iter().find(|program| Command::new(program).arg("--version").output().is_ok())
}

#[test]
fn poolers_without_sessions_are_refused() {
    let Some(program) = pgbouncer() else {
        let notice = "NOT TESTED: connections through a pooler; pgbouncer is not installed\n";
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // This path is too long for a Unix socket. The pooler's account may not enter the folder of a socket.
    let temp = folder.path().join("x".repeat(100));
    fs::create_dir(&temp).unwrap();
    let server = block(Server::start(&binaries(), &Hints { temp, ..hints() })).unwrap();
    let own = server.url("postgres");
    let (user, place) = own.trim_start_matches("postgres://").split_once('@').unwrap();
    let password = user.split_once(':').unwrap().1;
    let port = place.split_once(':').unwrap().1.split('/').next().unwrap();
    let host = format!("host=127.0.0.1 port={port} user=postgres password={password}");
    query(&own, "CREATE DATABASE shop");

    let shop = Shop::new(&SUITE);
    let refused = |pooler: &Pooler, why: &str| {
        for arguments in ["migrate shop", "migrate shop --status", "migrate shop --revert", "verify shop"] {
            let ran = shop.run(&format!("{arguments} --url {}", pooler.url("shop")));
            assert_eq!(ran.exit, Some(1), "{}", ran.text());
            assert!(ran.stderr.contains("is behind a pooler: ") && ran.stderr.contains(why), "{}", ran.text());
            assert!(ran.stderr.contains("pool_mode = session"), "{}", ran.text());
        }
        let locks =
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE locktype = 'advisory'";
        assert_eq!(query(&own, locks), [""; 0], "no session of the pooler keeps a lock");
        assert_eq!(
            query(&server.url("shop"), "SELECT count(*) FROM pg_class WHERE relname ~ '^_(sqlx|rehearsal)'"),
            ["0"]
        );
    };
    let not_rehearsed = |pooler: &Pooler| {
        let url = pooler.url("postgres");
        let command = shop.workspace.command_in("", &[("REHEARSAL_POSTGRES_URL", url.as_str())], ["ci", "shop"]);
        let ran = shop.workspace.finish("ci shop", command);
        assert_eq!(ran.exit, Some(3), "{}", ran.text());
        assert!(
            ran.stdout.contains("history/no-server") && ran.stdout.contains("is behind a pooler: "),
            "{}",
            ran.text()
        );
    };

    let ignores = "ignore_startup_parameters = extra_float_digits";
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::start(&program, &host, &format!("pool_mode = {mode}\n{ignores}"));
        refused(&pooler, "sessions are not kept");
        not_rehearsed(&pooler);
    }
    refused(&Pooler::start(&program, &host, "pool_mode = session"), "extra_float_digits");

    let keeps = Pooler::start(&program, &host, &format!("pool_mode = session\n{ignores}"));
    for arguments in ["migrate shop", "migrate shop --status", "verify shop", "migrate shop --revert"] {
        shop.succeed(&format!("{arguments} --url {}", keeps.url("shop")));
    }
    // Sessions that outlive their connections prevent scratch databases from being copied and dropped.
    not_rehearsed(&keeps);
}
