//! Files without a transaction on PostgreSQL, of which the process is killed between their statements.

use super::check;
use crate::suite::SUITE;
use rehearsal_tests::shop::{LABEL, Shop};

#[test]
fn kills_outside_a_transaction() {
    let rehearse = |snapshot: &str, exit: i32, up: &str| {
        let shop = Shop::new(&SUITE);
        shop.migration(LABEL, &format!("-- no-transaction\n{up}"), "DROP INDEX item_label;");
        check(snapshot, &shop, "ci shop --exhaustive", exit);
    };
    // The next run fails and says why, so that is a warning.
    rehearse("crash_concurrently", 0, "CREATE INDEX CONCURRENTLY item_label ON item (label);\n");
    // The next run takes the invalid index for a finished one.
    rehearse("crash_concurrently_again", 1, "CREATE INDEX CONCURRENTLY IF NOT EXISTS item_label ON item (label);\n");
    let drops =
        "DROP INDEX CONCURRENTLY IF EXISTS item_label;\nCREATE INDEX CONCURRENTLY item_label ON item (label);\n";
    rehearse("crash_concurrently_dropped_first", 0, drops);
}
