//! Runs each check and each backfill on the version at which its window opens: one that opens too early would fail on a
//! database that is not yet at the newest version. [`open_in_time`] is the entry point.

use super::WINDOW_TOO_EARLY;
use crate::Error;
use crate::backfill::Effect;
use crate::check::{self, Verdict};
use crate::migration::Migration;
use crate::proofs::ProofRun;
use crate::report::{Finding, Reproduce, place_of};
use crate::sandbox::Scratch;
use std::path::Path;

/// Reports the checks and backfills whose window opens with this migration, which was just applied, and that cannot run
/// there.
pub(super) async fn open_in_time(
    run: &mut ProofRun<'_>,
    migration: &Migration,
    scratch: &Scratch,
) -> Result<(), Error> {
    let (rehearsal, version) = (run.rehearsal, migration.version);
    let checks: Vec<_> = rehearsal.checks.iter().filter(|check| check.from == Some(version)).collect();
    let row_checks: Vec<_> = rehearsal.row_checks.iter().filter(|check| check.about().from == version).collect();
    if !checks.is_empty() || !row_checks.is_empty() {
        run.step(format!("run the checks whose window opens at {}", migration.label()));
        let mut reader = scratch.target().open_to_read().await?;
        for check in checks {
            let verdict = check::run_one(&mut reader, check).await;
            report(run, &check.name, Some(&check.path), migration, verdict).await;
        }
        for check in row_checks {
            let verdict = check.run(&mut reader, check::MAX_OFFENDERS).await;
            report(run, check.about().name, None, migration, verdict).await;
        }
        reader.close().await?;
    }
    for backfill in rehearsal.backfills.iter().filter(|backfill| backfill.about().from == version) {
        let name = backfill.about().name;
        if let Err(error) = run.backfill(*backfill, scratch, Effect::Predict).await {
            let message =
                format!("backfill {name} cannot run right after {}, at which its window opens", migration.label());
            let finding = Finding::new(&WINDOW_TOO_EARLY, message).with_details(vec![error.to_string()]);
            run.find(finding.with_help(LATER).again_with(Reproduce::Backfill(name))).await;
        }
    }
    Ok(())
}

/// The help of these findings.
const LATER: &str = "set `from` to the migration that creates what it needs";

/// Reports a check that cannot run or fails.
async fn report(
    run: &mut ProofRun<'_>,
    name: &str,
    file: Option<&Path>,
    migration: &Migration,
    verdict: Result<Verdict, check::Error>,
) {
    let label = migration.label();
    let finding = match &verdict {
        Ok(Verdict::Red { .. }) => Finding::new(
            &WINDOW_TOO_EARLY,
            format!("check {name} fails right after {label}, at which its window opens"),
        ),
        Ok(_) => return,
        Err(error) => {
            let message = format!("check {name} cannot run right after {label}, at which its window opens");
            let finding = Finding::new(&WINDOW_TOO_EARLY, message).with_details(vec![error.to_string()]);
            match place_of(error).into_iter().next() {
                Some(place) => finding.at(place),
                None => finding,
            }
        }
    };
    let finding = match file {
        Some(file) if finding.file.is_none() => finding.in_file(file),
        _ => finding,
    };
    run.find(finding.with_help(LATER)).await;
}
