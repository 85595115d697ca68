//! Processes that are killed at their commits, on PostgreSQL: a backfill of a few profiles on its own server, and files
//! without a transaction.

use super::{LABEL, Shop, check};
use crate::workspace::Workspace;

#[test]
fn kills_at_every_commit() {
    let check = |snapshot: &str, exit: i32, flags: &str| {
        let workspace = Workspace::new();
        workspace.succeed("fixture generate profiles --units 60 --out fixtures/profiles/populated.sql");
        workspace.run(&format!("ci profiles{flags}")).check(exit, "postgres", snapshot);
    };
    check("crash_sound", 0, "");
    check("crash_cursor_apart", 1, " --fault cursor-apart");
}

#[test]
fn kills_outside_a_transaction() {
    let rehearse = |snapshot: &str, exit: i32, up: &str| {
        let shop = Shop::new();
        shop.migration(LABEL, &format!("-- no-transaction\n{up}"), "DROP INDEX item_label;");
        check(snapshot, &shop, "ci shop --exhaustive", exit);
    };
    rehearse("crash_concurrently", 1, "CREATE INDEX CONCURRENTLY item_label ON item (label);\n");
    rehearse("crash_concurrently_again", 0, "CREATE INDEX CONCURRENTLY IF NOT EXISTS item_label ON item (label);\n");
}
