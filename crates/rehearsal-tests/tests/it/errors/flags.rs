//! Flags that do not exist, exclude each other, or have invalid values.

use super::check;
use crate::suite::new_workspace;

#[test]
fn flags() {
    let workspace = new_workspace();
    check("flags_none", &workspace, "", 2);
    check("flags_unknown_command", &workspace, "migrat", 2);
    check("flags_unknown", &workspace, "migrate pets --revertt", 2);
    check("flags_no_name", &workspace, "new pets", 2);
    check("flags_json_without_status", &workspace, "migrate pets --json", 2);
    check("flags_status_and_revert", &workspace, "migrate pets --status --revert", 2);
    check("flags_status_and_to", &workspace, "migrate pets --status --to 1", 2);
    check("flags_verify_and_url", &workspace, "migrate pets --verify --url sqlite:a.db", 2);
    check("flags_revert_none", &workspace, "migrate pets --revert 0", 2);
    check("flags_to_a_word", &workspace, "migrate pets --to newest", 2);
    check("flags_to_below_zero", &workspace, "migrate pets --revert --to -1", 2);
    check("flags_dry_run_and_execute", &workspace, "backfill --execute --undo --dry-run", 2);
    check("flags_undo_and_verify", &workspace, "backfill --undo --verify", 2);
    check("flags_verify_and_scope", &workspace, "backfill --verify --scope id=1", 2);
    check("flags_batch_of_none", &workspace, "backfill --batch 0", 2);
    check("flags_workers_of_none", &workspace, "backfill --workers 0", 2);
    check("flags_workers_too_many", &workspace, "backfill --workers 33", 2);
    check("flags_batch_time_of_none", &workspace, "backfill --batch-time 0", 2);
    check("flags_scope_without_value", &workspace, "backfill --scope id", 2);
    check("flags_wait_a_word", &workspace, "verify pets --wait long", 2);
    check("flags_only_an_unknown_proof", &workspace, "ci pets --only fresh,crahs", 2);
    check("flags_skip_what_others_need", &workspace, "ci pets --skip populated", 2);
    check("flags_jobs_of_none", &workspace, "ci pets --jobs 0", 2);
    check("flags_no_proof_left", &workspace, "ci pets --only fresh --skip fresh", 2);
    check("flags_after_a_command_without", &workspace, "test --all", 2);
}
