//! Full and read-only disks: real ones, mounted in a namespace of the command, which ends with it.

use crate::suite::{SUITE, new_workspace, with_pets};
use pretty_assertions::assert_eq;
use rehearsal_tests::database::{dump, without_write_ahead_log};
use rehearsal_tests::workspace::{CREATED, PETS, Ran, TRAITS, Workspace};
use std::fs;
use std::io::Write;

/// Mounts a disk of 1 MB at `.dev`, or at the folder that replaces `.dev` in this script.
const SMALL: &str = "mkdir -p disk; mount -t tmpfs -o size=1m tmpfs disk; cp -r .dev/. disk; mount --bind disk .dev";
/// Fills that disk.
const FILL: &str = "head -c 2000000 /dev/zero > disk/filler 2> errors || rm errors";
/// Makes `.dev` read-only.
const READ_ONLY: &str = "mount --bind .dev .dev; mount -o remount,bind,ro .dev";

/// Runs a command after `mount`, a script in the root of the workspace, and copies `folder` to `after`, because the
/// mount ends with the command. `None` if this system does not permit mounts.
fn run(workspace: &Workspace, mount: &str, folder: &str, arguments: &str) -> Option<Ran> {
    const NAMESPACE: [&str; 5] = ["--user", "--map-root-user", "--mount", "sh", "-c"];
    if duct::cmd("unshare", NAMESPACE.into_iter().chain(["mount -t tmpfs tmpfs /tmp"])).stderr_null().run().is_err() {
        // Bypasses the test harness, which would hide that the test did not run.
        let notice = format!("NOT TESTED: `{arguments}` on a mounted disk; `unshare --user --mount` fails\n");
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
        return None;
    }
    let script = format!(r#"set -e; {mount}; set +e; "$0" "$@"; code=$?; cp -r {folder} after; exit $code"#);
    let command = NAMESPACE.into_iter().chain([script.as_str(), SUITE.program]);
    let command = duct::cmd("unshare", command.chain(arguments.split_whitespace()));
    Some(workspace.finish(arguments, command.dir(&workspace.root).env_remove("CARGO_TARGET_DIR").stdin_null()))
}

/// Compares exit code and output with the snapshot. The database must be unchanged, and no lock file may remain.
fn check(snapshot: &str, workspace: &Workspace, mount: &str, arguments: &str, exit: i32) {
    let before = dump(&workspace.path(PETS));
    let Some(ran) = run(workspace, mount, ".dev", arguments) else { return };
    ran.check(exit, "errors", snapshot);
    assert_eq!(dump(&workspace.path("after/pets.sqlite")), before, "{snapshot}");
    let files = workspace.files();
    assert!(!files.keys().any(|file| file.ends_with(".lock")), "{snapshot}: {files:?}");
    workspace.remove("after");
}

#[test]
fn full_disk() {
    let full = format!("{SMALL}; {FILL}");
    let big = "CREATE TABLE \"Blob\" AS SELECT zeroblob(4000000) AS \"data\";";
    let growing = with_pets(TRAITS);
    growing.migration("20250920120000_x", big, "");
    check("full_migrate", &growing, SMALL, "migrate pets", 1);
    check("full_migrate_nothing_left", &growing, &full, "migrate pets", 1);
    without_write_ahead_log(&growing.path(PETS));
    check("full_migrate_nothing_left_for_a_journal", &growing, &full, "migrate pets", 1);
    check("full_backfill_nothing_left_for_a_journal", &growing, &full, "backfill pet_traits --execute", 1);
    check("full_backfill", &with_pets(TRAITS), &full, "backfill pet_traits --execute", 1);
}

#[test]
fn read_only_disk() {
    let workspace = with_pets(TRAITS);
    check("read_only_revert", &workspace, READ_ONLY, "migrate pets --revert", 1);
    check("read_only_backfill", &workspace, READ_ONLY, "backfill pet_traits --execute", 1);
    let file = "mount --bind .dev/pets.sqlite .dev/pets.sqlite; mount -o remount,bind,ro .dev/pets.sqlite";
    check("read_only_file_backfill", &workspace, file, "backfill pet_traits --execute", 1);
    without_write_ahead_log(&workspace.path(PETS));
    check("read_only_file_revert", &workspace, file, "migrate pets --revert", 1);
}

/// Commands that only read need no permission to write.
#[test]
fn commands_that_read_from_a_read_only_disk() {
    let workspace = with_pets(CREATED);
    check("read_only_status_beside_a_write_ahead_log", &workspace, READ_ONLY, "migrate pets --status", 1);
    without_write_ahead_log(&workspace.path(PETS));
    check("read_only_status", &workspace, READ_ONLY, "migrate pets --status", 0);
    check("read_only_verify", &workspace, READ_ONLY, "verify pets", 0);
    check("read_only_dry_run", &workspace, READ_ONLY, "migrate pets --dry-run", 0);
}

/// Every location where rehearsal looks for PostgreSQL is empty. SQLite databases are rehearsed all the same.
#[test]
fn no_postgres() {
    let workspace = new_workspace();
    let mount = "for folder in /usr/lib/postgresql /usr/pgsql-* /opt/homebrew /usr/local/opt; do \
                 if [ -d $folder ]; then mount -t tmpfs tmpfs $folder; fi; done; mkdir -p nothing programs .dev; \
                 ln -sf \"$(command -v cp)\" programs/cp; export PATH=$PWD/programs XDG_CACHE_HOME=$PWD/nothing; \
                 unset PG_BIN REHEARSAL_POSTGRES_URL";
    let rows = [
        // The databases without a server are reported in the order in which they are refused.
        ("no_postgres", "ci logs pets"),
        ("no_postgres_json", "ci logs --json"),
        ("no_postgres_no_install", "ci logs --no-install"),
        ("no_postgres_migrate", "migrate logs"),
        ("no_postgres_verify", "backfill --verify"),
    ];
    for (snapshot, arguments) in rows {
        if let Some(ran) = run(&workspace, mount, ".dev", arguments) {
            workspace.remove("after");
            ran.check(3, "errors", snapshot);
        }
    }
}

#[test]
fn full_disk_for_scratch_copies() {
    let workspace = new_workspace();
    let mount = format!("mkdir target; {SMALL}; {FILL}").replace(".dev", "target");
    if let Some(ran) = run(&workspace, &mount, "target/rehearsal", "ci pets") {
        ran.check(1, "errors", "full_ci");
    }
}

#[test]
fn full_disk_for_new_files() {
    let workspace = new_workspace();
    let before = names(&workspace, "migrations/pets");
    let mount = format!("{SMALL}; {FILL}").replace(".dev", "migrations/pets");
    let Some(ran) = run(&workspace, &mount, "migrations/pets", "new pets add_colour") else { return };
    ran.check(1, "errors", "full_new");
    workspace.remove("after/filler");
    assert_eq!(names(&workspace, "after"), before, "no partial result remains");
}

#[test]
fn full_or_read_only_disk_for_a_generated_fixture() {
    let workspace = new_workspace();
    workspace.write("out/small.sql", workspace.succeed("fixture generate pets --units 1").stdout);
    let before = workspace.files();
    let full = format!("{SMALL}; {FILL}").replace(".dev", "out");
    for (snapshot, mount) in [("full_generate", full), ("read_only_generate", READ_ONLY.replace(".dev", "out"))] {
        let arguments = "fixture generate pets --units 2000 --out out/small.sql";
        let Some(ran) = run(&workspace, &mount, "out", arguments) else { return };
        ran.check(1, "errors", snapshot);
        let names = names(&workspace, "after");
        assert!(names.iter().all(|name| ["", "/filler", "/small.sql"].contains(&&**name)), "{snapshot}: {names:?}");
        workspace.remove("after");
        drop(fs::remove_dir(workspace.path("disk")));
        assert_eq!(workspace.files(), before, "{snapshot}");
    }
}

fn names(workspace: &Workspace, folder: &str) -> Vec<String> {
    let files = workspace.files();
    files.keys().filter_map(|file| file.strip_prefix(folder)).map(ToOwned::to_owned).collect()
}
