//! `backfill --verify`: verifies backfills on throwaway copies of every fixture ([`run`]).

use crate::args::{BackfillArgs, Detail, Rows};
use crate::commands::completed;
use crate::context::Context;
use crate::error::Error;
use crate::reporters::{Requests, Style, finding};
use crate::terminal::{Steps, duration};
use rehearsal::backfill::AnyBackfill;
use rehearsal::proofs::{Depth, REHEARSAL_BATCH};
use rehearsal::registry::Loaded;
use rehearsal::report::{DatabaseReport, Finding, ProofStatus, history};
use rehearsal::{Began, Exit};

/// Verifies backfills on throwaway copies of every fixture.
///
/// # Errors
/// Fails if the workspace is faulty or a report cannot be written.
pub(super) async fn run(
    context: &Context<'_>,
    backfills: &[&dyn AnyBackfill],
    requests: &Requests<'_>,
    args: &BackfillArgs,
) -> Result<Exit, Error> {
    let began = Began::now();
    let mut reports: Vec<DatabaseReport> = Vec::new();
    let mut databases = Vec::new();
    for backfill in backfills {
        databases.push(context.workspace.database(backfill.about().database)?);
    }
    let sandbox = context.sandbox(&databases).await?;
    let (terminal, paint) = (context.terminal, context.paint());
    let style = Style { detail: Detail::Full, paint, width: terminal.width() };
    let mut exit = Exit::Ok;
    for backfill in backfills {
        let about = backfill.about();
        let loaded = context.load(context.workspace.database(about.database)?)?;
        loaded.check_windows()?;
        let report = report_of(&mut reports, &loaded);
        report.backfills.push(about.name.to_owned());
        if let Err(why) = sandbox.takes(loaded.database, &loaded.history) {
            let refusal = Finding::of_error(&history::NO_SERVER, &why);
            terminal.result(finding(about.name, &refusal, &[], style).trim_start());
            report.findings.push(refusal);
            exit = exit.and(Exit::Incomplete);
            continue;
        }
        let steps = Steps::new(terminal);
        let events = |event| steps.show(event);
        let subject = context.rehearsal(&loaded, Depth::Sample, None, &sandbox, &events);
        if loaded.database.fixtures.is_empty() {
            let name = paint.strong(about.name);
            let why = format!("{} has no fixture to verify it with", about.database);
            terminal.result(&format!("{name}: {why}"));
            report.incomplete = Some(why);
            exit = exit.and(Exit::Incomplete);
        }
        for fixture in &loaded.database.fixtures {
            let batch = args.batch.unwrap_or(REHEARSAL_BATCH);
            let (proof, mut findings) = rehearsal::verify_backfill(&subject, *backfill, fixture, batch).await;
            let heading = format!("{} on fixture {}", paint.strong(about.name), fixture.name);
            let found: String = findings.iter().map(|found| finding(about.database, found, &[], style)).collect();
            if proof.status == ProofStatus::Failed {
                terminal.result(&format!("{heading}: {}\n{found}", paint.bad("FAILED")));
                exit = exit.and(Exit::Failed);
            } else {
                let notes: String = proof.notes.iter().map(|note| format!("  {note}\n")).collect();
                let took = duration(proof.duration);
                terminal.result(&format!("{heading}: {} {}\n{notes}{found}", paint.good("ok"), paint.faint(took)));
            }
            report.proofs.push(proof);
            report.findings.append(&mut findings);
        }
    }
    for report in &mut reports {
        report.exit = DatabaseReport::exit_of(&report.findings, report.incomplete.as_deref());
        report.duration = report.proofs.iter().map(|proof| proof.duration).sum();
    }
    let report = completed(context, began.report(reports), args.reports.rows.unwrap_or(Rows::Show));
    let written = requests.write(&report, &mut terminal.raw());
    sandbox.close().await?;
    written.map(|()| exit)
}

/// Returns the report of a database, which is added if there is none.
fn report_of<'r>(reports: &'r mut Vec<DatabaseReport>, loaded: &Loaded<'_>) -> &'r mut DatabaseReport {
    let at = reports.iter().position(|report| report.name == loaded.database.name).unwrap_or(reports.len());
    if at == reports.len() {
        reports.push(loaded.report());
    }
    &mut reports[at]
}
