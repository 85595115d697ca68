//! Renders the results of commands as text or JSON; each file renders one kind of value. The reports of `ci` are in
//! `reporters`.

mod backfill;
mod backfill_record;
mod checks;
mod losses;
mod reconciliation;
mod runs;
mod status;

pub use backfill::backfill_summary;
pub use backfill_record::{BackfillRecord, RECORD_VERSION, RecordPath};
pub use checks::{checks_json, checks_table};
pub use losses::lost_table;
pub use reconciliation::reconciliation_table;
pub use runs::{BackfillStatus, asked_text, run_status_text, runs_json, runs_table, timeline_text};
pub use status::{status_json, status_table};
