//! `verify`: runs the checks of a database on the target.

use super::completed;
use crate::args::{Output, Rows, VerifyArgs};
use crate::context::Context;
use crate::error::Error;
use crate::report::{checks_json, checks_table};
use crate::reporters::Requests;
use crate::target::Missing;
use rehearsal::check::{self, CheckResult, Checked, Verdict};
use rehearsal::registry::Loaded;
use rehearsal::report::{Command, DatabaseReport, Finding, ProofReport, ProofStatus, RehearsalReport, history};
use rehearsal::{Began, Exit};
use rehearsal_db::Target;
use std::time::{Duration, Instant};

/// The name under which a report lists the checks of a database.
const CHECKS: &str = "checks";

pub(super) async fn run(context: &Context<'_>, args: &VerifyArgs) -> Result<Exit, Error> {
    let names: Vec<String> = args.database.iter().cloned().collect();
    let requests = Requests::read(
        &args.reports.requested(false),
        &context.registry.reporters,
        &context.typed_in,
        Output::of(args.json),
    )?;
    if requests.use_standard_output() {
        context.terminal.yield_output();
    }
    requests.begin(context.terminal);
    let databases = context.databases(&names)?;
    let (began, mut reports) = (Began::now(), Vec::new());
    for (database, target) in context.targets(&databases, &args.target, Missing::Refuse).await? {
        let loaded = context.load(database)?;
        loaded.check_windows()?;
        let start = Instant::now();
        let Checked { version, results } = check::run(&target, &loaded.checks, &loaded.row_checks).await?;
        let took = start.elapsed();
        let paint = context.paint();
        let hidden: Vec<CheckResult>;
        let shown = match args.reports.rows {
            Some(Rows::Hide) => {
                hidden = results.iter().map(CheckResult::without_rows).collect();
                &hidden
            }
            Some(Rows::Show) | None => &results,
        };
        match Output::of(args.json) {
            Output::Json => context.terminal.json(&checks_json(shown).to_string()),
            Output::Text => {
                let place = format!("{} on {} at {version}", paint.strong(&database.name), target.address);
                let empty = if results.is_empty() { ": there are no checks" } else { "" };
                context.terminal.result(&format!("{place}{empty}\n{}", checks_table(shown, paint)));
            }
        }
        let report = report(&loaded, &target, version, &results, took);
        reports.push(match context.rows_of(database, &args.target, &args.reports)? {
            Rows::Show => report,
            Rows::Hide => report.without_rows(),
        });
    }
    let report = completed(context, began.report(reports), Rows::Show);
    let exit = report.exit;
    requests.write(&RehearsalReport { command: Command::Verify, ..report }, &mut context.terminal.raw())?;
    Ok(exit)
}

/// Returns the report of the checks of a database.
fn report(
    loaded: &Loaded<'_>,
    target: &Target,
    version: i64,
    results: &[CheckResult],
    took: Duration,
) -> DatabaseReport {
    let is_red = |result: &&CheckResult| matches!(result.verdict, Verdict::Red { .. });
    let finding = |result: &CheckResult| {
        let finding = Finding::of_check(&history::CHECK_FAILED, result);
        let check = loaded.checks.iter().find(|check| check.name == result.name);
        let mut finding = check.map_or(finding.clone(), |check| finding.in_file(&check.path));
        finding.proof = Some(CHECKS);
        finding.reproduce = Some(target.address.command(&format!("verify {}", loaded.database.name)).into());
        finding
    };
    let findings: Vec<Finding> = results.iter().filter(is_red).map(finding).collect();
    let skipped = |result: &CheckResult| match result.verdict {
        Verdict::OutOfWindow => Some(format!("check {} does not apply to version {version}", result.name)),
        Verdict::RehearsalOnly => Some(format!("check {} runs only in rehearsals", result.name)),
        _ => None,
    };
    let proof = ProofReport {
        name: CHECKS,
        fixture: None,
        status: if findings.is_empty() { ProofStatus::Passed } else { ProofStatus::Failed },
        made_at: None,
        duration: took,
        findings: findings.len(),
        notes: Vec::new(),
        warnings: Vec::new(),
        not_covered: results.iter().filter_map(skipped).collect(),
        figures: serde_json::Map::new(),
    };
    DatabaseReport {
        exit: DatabaseReport::exit_of(&findings, None),
        duration: took,
        proofs: vec![proof],
        findings,
        target: Some(target.address.url()),
        ..loaded.report()
    }
}
