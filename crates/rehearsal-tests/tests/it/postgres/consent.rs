//! What cannot be undone needs an agreement: writing to another machine, and reverting migrations on any database but the
//! development database. Without a terminal, only `--yes` agrees.

use crate::suite::{SUITE, with_pets};
use pretty_assertions::assert_eq;
use rehearsal_tests::shop::Shop;
use rehearsal_tests::workspace::{CREATED, Ran, TRAITS};

/// A server that no test reaches: each command is refused before it connects.
const REMOTE: &str = "postgres://me@db.example.org/shop";

#[test]
fn writing_to_another_machine() {
    let shop = Shop::new(&SUITE);
    let check = |snapshot: &str, exit: i32, arguments: &str| {
        let ran = shop.workspace.run(&format!("{arguments} --url {REMOTE}"));
        assert_eq!(ran.exit, Some(exit), "{}", ran.text());
        ran.check(exit, "postgres", snapshot);
    };
    check("remote_migrate", 2, "migrate shop");
    check("remote_revert", 2, "migrate shop --revert");
    check("remote_fixture", 2, "fixture load shop populated");
    check("remote_pause", 2, "backfill log_sizes --pause");
    let backfill = |arguments: &str| shop.workspace.run(&format!("{arguments} --url {REMOTE}"));
    let needs_yes = |ran: &Ran| ran.stderr.contains("db.example.org:5432/shop is on another machine");
    // What only reads is not asked.
    for reads in [
        "backfill log_sizes --status --wait 0",
        "migrate shop --status --wait 0",
        "migrate shop --dry-run --wait 0",
        "verify shop --wait 0",
    ] {
        assert!(!needs_yes(&backfill(reads)), "{reads}");
    }
}

/// A revert says what it deletes, and how much.
#[test]
fn reverts() {
    let up = "ALTER TABLE item ADD COLUMN price int; UPDATE item SET price = 1 WHERE id < 3;\n";
    let shop = Shop::with(&SUITE, up, "ALTER TABLE item DROP COLUMN price;\n");
    shop.succeed("migrate shop");
    let refused = |arguments: &str| shop.workspace.run(&format!("{arguments} --url {}", shop.url));
    let check = |snapshot: &str, exit: i32, ran: Ran| shop.tidy(ran).check(exit, "postgres", snapshot);
    check("revert_dry_run", 0, refused("migrate shop --revert --to 0 --dry-run"));
    check("revert_refused", 2, refused("migrate shop --revert"));
    assert_eq!(shop.query("SELECT count(price)::text FROM item"), ["2"]);
    check("revert_with_yes", 0, refused("migrate shop --revert --yes"));
    check("revert_all_with_yes", 0, refused("migrate shop --revert --to 0 --yes"));
    check("revert_nothing", 0, refused("migrate shop --revert --to 0"));
}

/// The development database needs no agreement.
#[test]
fn development_database() {
    let workspace = with_pets(TRAITS);
    let copied = "sqlite:copy.sqlite";
    workspace.succeed(&format!("migrate pets --url {copied}?mode=rwc"));
    let refused = workspace.run(&format!("migrate pets --revert --url {copied}"));
    assert_eq!(refused.exit, Some(2), "{}", refused.text());
    assert!(refused.stderr.contains("this reverts 1 migration on sqlite:copy.sqlite"), "{}", refused.text());
    workspace.succeed(&format!("migrate pets --revert --yes --url {copied}"));
    workspace.run("migrate pets --revert").check(0, "postgres", "revert_of_the_development_database");
    assert_eq!(workspace.query("SELECT max(version) FROM _sqlx_migrations"), [CREATED]);
}
