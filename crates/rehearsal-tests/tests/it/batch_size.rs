//! Flags for the size of batches and for the rest between them.

use crate::suite::{new_workspace, with_pets};
use pretty_assertions::assert_eq;
use rehearsal_tests::database::query;
use rehearsal_tests::processes::{kill, wait_until};
use rehearsal_tests::workspace::{PETS, TRAITS};
use serde_json::Value;
use std::fs;

const PETS_TO_FILL: u64 = 4_000;

/// Returns the number of batches of a run with these flags.
fn batches(flags: &str) -> u64 {
    let workspace = new_workspace();
    workspace.succeed("migrate pets");
    workspace.add_pets(PETS_TO_FILL);
    workspace.succeed(&format!("backfill pet_traits --execute --record report.json {flags}"));
    let report: Value = serde_json::from_slice(&fs::read(workspace.path("report.json")).unwrap()).unwrap();
    assert_eq!(report["counts"]["units"], PETS_TO_FILL);
    report["counts"]["batches"].as_u64().unwrap()
}

#[test]
fn batches_aim_at_a_time() {
    let (short, long) = (batches("--batch-time 1"), batches("--batch-time 10000"));
    assert!(short > 2 * long, "{short} batches of 1 ms, {long} of 10 s");
    // The time per unit is unknown at first, so the first batches have 200 units. Later batches have another size.
    let usual = batches("");
    assert!(usual > 1 && usual < PETS_TO_FILL / 200, "{usual}");
    assert!(short > usual, "{short} batches of 1 ms, {usual} of 200 ms");
}

#[test]
fn batch_without_batch_time_is_exact() {
    assert_eq!(batches("--batch 100"), PETS_TO_FILL / 100);
    assert_eq!(batches("--batch 7"), PETS_TO_FILL.div_ceil(7));
}

#[test]
fn a_backfill_rests_between_batches() {
    let workspace = with_pets(TRAITS);
    let file = workspace.path(PETS);
    let arguments = ["backfill", "pet_traits", "--execute", "--batch", "2", "--rest", "30000"];
    let running = workspace.command(arguments).stdout_null().stderr_null().unchecked().start().unwrap();
    let filled = || query(&file, r#"SELECT count("traits") FROM "Pet""#)[0].parse::<u64>().unwrap();
    wait_until(|| filled() > 0);
    // Long enough to fill all pets without a rest.
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(filled(), 2);
    assert!(running.try_wait().unwrap().is_none(), "the backfill rests");
    kill(&running);
}

/// SQLite allows one writer at a time.
#[test]
fn several_workers_are_refused_on_sqlite() {
    let workspace = with_pets(TRAITS);
    workspace.run("backfill pet_traits --execute --workers 2").check(2, "errors", "workers_of_a_file");
}
