//! The report of backfills on real databases, for the person who signs them off ([`RunReport`]): what was done and what was not,
//! what to look at, the command that undoes it, and the log of each run.

use crate::args::Rows;
use crate::commands::completed;
use crate::context::Context;
use crate::error::Error;
use crate::reporters::Requests;
use crate::terminal::count;
use rehearsal::backfill::About;
use rehearsal::report::{BackfillRun, Command, DatabaseReport, Finding, PassMode, PassState, RehearsalReport, history};
use rehearsal::{Began, Exit, status};
use rehearsal_db::Target;
use std::time::Duration;

/// The runs so far, by database.
pub(super) struct RunReport<'r> {
    requests: &'r Requests<'r>,
    began: Began,
    databases: Vec<DatabaseReport>,
}

impl<'r> RunReport<'r> {
    /// Begins the report that is requested.
    pub(super) fn begin(requests: &'r Requests<'r>) -> Self {
        Self { requests, began: Began::now(), databases: Vec::new() }
    }

    /// Adds a run, and its error if it failed.
    pub(super) async fn add(
        &mut self,
        context: &Context<'_>,
        about: &About,
        target: &Target,
        (mut run, rows): (BackfillRun, Rows),
        ended: &Result<Exit, Error>,
    ) -> Result<(), Error> {
        // A dry run is not in the ledger. A run that failed may have lost its database: its report then lacks the log.
        if !self.requests.is_empty()
            && matches!(run.mode, PassMode::Execute | PassMode::Undo)
            && let Ok(Some((record, ranges))) = status::newest_run(target, about.name).await
        {
            run.log = record.log;
            run.ranges = ranges;
        }
        let mut findings = match ended {
            Err(error) => error.findings(),
            Ok(_) => to_look_at(&run),
        };
        let is_stopped = run.state == PassState::Stopped;
        if rows == Rows::Hide {
            run = run.without_rows();
            findings = findings.into_iter().map(Finding::without_rows).collect();
        }
        let report = self.database(context, about)?;
        report.target = Some(target.address.url());
        if is_stopped {
            add_reason(report, &format!("{} was interrupted", about.name), "run it again to resume");
        }
        report.duration += Duration::try_from_secs_f64(run.duration_ms / 1000.0).unwrap_or_default();
        report.findings.append(&mut findings);
        report.runs.push(run);
        Ok(())
    }

    /// Adds a backfill that was refused before it began.
    pub(super) fn refused(
        &mut self,
        context: &Context<'_>,
        about: &About,
        target: &Target,
        error: &Error,
    ) -> Result<(), Error> {
        let report = self.database(context, about)?;
        report.target = Some(target.address.url());
        report.findings.extend(error.findings().into_iter().map(Finding::without_rows));
        Ok(())
    }

    /// Adds a backfill that was not started.
    pub(super) fn not_started(&mut self, context: &Context<'_>, about: &About, why: &str) -> Result<(), Error> {
        let report = self.database(context, about)?;
        add_reason(report, &format!("{} was not started: {why}", about.name), "run the command again");
        Ok(())
    }

    /// Writes the reports of a command that ends with this exit code.
    ///
    /// # Errors
    /// Fails if a file cannot be written.
    pub(super) fn write(mut self, context: &Context<'_>, exit: Exit) -> Result<(), Error> {
        for report in &mut self.databases {
            report.exit = DatabaseReport::exit_of(&report.findings, report.incomplete.as_deref());
        }
        // Values of rows were removed where they have to be.
        let report = completed(context, self.began.report(self.databases), Rows::Show);
        self.requests
            .write(&RehearsalReport { command: Command::Backfill, exit, ..report }, &mut context.terminal.raw())
    }

    /// The report of the database of a backfill, which is added if there is none.
    fn database(&mut self, context: &Context<'_>, about: &About) -> Result<&mut DatabaseReport, Error> {
        let database = context.workspace.database(about.database)?;
        let at = self.databases.iter().position(|report| report.name == database.name).unwrap_or(self.databases.len());
        if at == self.databases.len() {
            self.databases.push(context.registry.load(database)?.report());
        }
        let report = &mut self.databases[at];
        report.backfills.push(about.name.to_owned());
        Ok(report)
    }
}

/// Adds a reason why the work is incomplete: the sentences come first, then what to do.
fn add_reason(report: &mut DatabaseReport, sentence: &str, remedy: &str) {
    report.incomplete = Some(match report.incomplete.as_deref().and_then(|text| text.rsplit_once('\n')) {
        Some((sentences, _)) => format!("{sentences}; {sentence}\n{remedy}"),
        None => format!("{sentence}\n{remedy}"),
    });
}

/// Returns findings for what a person should look at after a run that did not fail.
fn to_look_at(run: &BackfillRun) -> Vec<Finding> {
    let mut findings = Vec::new();
    let rejected = run.counts.rejected();
    if rejected > 0 {
        let message = format!("{} cannot transform {}", run.backfill, count(rejected, &run.unit));
        let help = "correct the rejected units, which the record lists, or the transform";
        findings.push(Finding::new(&history::UNITS_REJECTED, message).with_help(help));
    }
    if run.left > 0 {
        let message = format!("{} left {} pending", run.backfill, count(run.left, &run.unit));
        let help = "run it again; if the same units stay pending, correct `pending` or `write`";
        findings.push(Finding::new(&history::UNITS_PENDING, message).with_help(help));
    }
    findings
}
