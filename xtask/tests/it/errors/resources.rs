//! Full disks and read-only ones, real ones: mounted in a namespace of the command's own, gone when it ends.

use crate::database::dump;
use crate::workspace::{CREATED, PETS, Ran, TRAITS, Workspace};
use pretty_assertions::assert_eq;
use std::io::Write;

/// Runs the command after `mount`, a script in the root of the workspace. What `.dev` holds in the end is copied to
/// `after`, because the mount is gone by then. None where this system lets nobody mount anything.
fn run(workspace: &Workspace, mount: &str, arguments: &str) -> Option<Ran> {
    let namespace = ["--user", "--map-root-user", "--mount", "sh", "-c"];
    let script = format!(r#"set -e; {mount}; set +e; "$0" "$@"; code=$?; [ -d .dev ] && cp -r .dev after; exit $code"#);
    let command = namespace.into_iter().chain([script.as_str(), env!("CARGO_BIN_EXE_xtask")]);
    let allowed = duct::cmd("unshare", namespace.into_iter().chain(["mount -t tmpfs tmpfs /tmp"])).stderr_null().run();
    if allowed.is_err() {
        // Written past the harness, which would keep it to itself: the test was not made.
        let notice = format!("NOT TESTED: `{arguments}` on such a disk; `unshare --user --mount` does not work here\n");
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
        return None;
    }
    let command = duct::cmd("unshare", command.chain(arguments.split_whitespace()));
    Some(workspace.finish(arguments, command.dir(&workspace.root).env_remove("CARGO_TARGET_DIR").stdin_null()))
}

/// The exit code, the snapshot, and that the database is as it was.
fn check(snapshot: &str, workspace: &Workspace, mount: &str, arguments: &str, exit: i32) {
    let before = dump(&workspace.path(PETS));
    let Some(ran) = run(workspace, mount, arguments) else { return };
    ran.check(exit, "errors", snapshot);
    assert_eq!(dump(&workspace.path("after/pets.sqlite")), before, "{snapshot}");
    let left: Vec<_> = std::fs::read_dir(workspace.path("after")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with("lock")), "{snapshot}: {left:?}");
    workspace.remove("after");
}

/// A disk of one megabyte for the databases.
const SMALL: &str = "mv .dev saved; mkdir .dev; mount -t tmpfs -o size=1m tmpfs .dev; cp saved/* .dev; rm -r saved";

/// The same, with nothing left on it.
fn full() -> String {
    format!("{SMALL}; head -c 2000000 /dev/zero > .dev/filler 2> errors || rm errors")
}

const READ_ONLY: &str = "mount --bind .dev .dev; mount -o remount,bind,ro .dev";

#[test]
fn full_disk() {
    let big = "CREATE TABLE \"Blob\" AS SELECT zeroblob(4000000) AS \"data\";";
    let growing =
        || Workspace::with_pets(TRAITS).tap(|workspace| drop(workspace.migration("20250920120000_x", big, "")));
    check("full_migrate", &growing(), SMALL, "migrate", 1);
    check("full_migrate_nothing_left", &growing(), &full(), "migrate", 1);
    check("full_backfill", &Workspace::with_pets(TRAITS), &full(), "backfill --execute", 1);
}
