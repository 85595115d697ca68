//! The command line on PostgreSQL. Each test has its own database. Most cases add one migration to the shop, a small
//! history next to the pets.

mod aftermath;
mod at_once;
mod bad_input;
mod consent;
mod crashes;
mod errors;
mod generated_kinds;
mod kept;
mod lexer;
mod lifecycle;
mod places;
mod pooler;
mod proofs;
mod rehearsal_processes;
mod rehearsals;
mod rows;
mod sound;
mod sqlx_toml;
mod statements;
mod types;

use rehearsal_tests::shop::Shop;

/// Runs a command and compares all output with the snapshot with this name.
fn check(snapshot: &str, shop: &Shop, arguments: &str, exit: i32) {
    shop.run(arguments).check(exit, "postgres", snapshot);
}
