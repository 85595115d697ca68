//! The report of backfills on real databases, for the person who signs them off ([`SignedOff`]): what was done and what was not,
//! what to look at, the command that undoes it, and the log of each run.

use crate::args::Rows;
use crate::commands::whole;
use crate::context::Context;
use crate::error::Error;
use crate::reporters::Requests;
use crate::terminal::count;
use rehearsal::backfill::AnyBackfill;
use rehearsal::report::{BackfillRun, Command, DatabaseReport, Finding, PassState, RehearsalReport, history};
use rehearsal::{Began, Exit, status};
use rehearsal_db::Target;

/// The runs so far.
pub(super) struct SignedOff {
    began: Began,
    databases: Vec<DatabaseReport>,
}

impl SignedOff {
    /// Begins a report.
    pub(super) fn begin() -> Self {
        Self { began: Began::now(), databases: Vec::new() }
    }

    /// Adds a run and its error, if it failed.
    pub(super) async fn add(
        &mut self,
        context: &Context<'_>,
        backfill: &dyn AnyBackfill,
        target: &Target,
        (mut run, rows): (BackfillRun, Rows),
        ended: &Result<Exit, Error>,
    ) -> Result<(), Error> {
        let about = backfill.about();
        let database = context.workspace.database(about.database)?;
        // A run that failed may have lost its database, too: its report then lacks the log.
        if let Ok(Some((record, ranges))) = status::newest_run(target, about.name).await {
            run.log = record.log;
            run.ranges = ranges;
        }
        let at = self.databases.iter().position(|report| report.name == database.name);
        let at = at.unwrap_or_else(|| {
            let target = Some(target.address.url());
            self.databases.push(DatabaseReport { target, ..DatabaseReport::new(&database.name, database.engine) });
            self.databases.len() - 1
        });
        let mut findings = match ended {
            Err(error) => error.findings(),
            Ok(_) => Vec::new(),
        };
        findings.extend(to_look_at(&run));
        let report = &mut self.databases[at];
        if run.state == PassState::Stopped {
            report.incomplete = Some(format!("{} was interrupted\nrun it again to resume", about.name));
        }
        if rows == Rows::Hide {
            run = run.without_rows();
            findings = findings.into_iter().map(Finding::without_rows).collect();
        }
        report.backfills.push(about.name.to_owned());
        report.findings.append(&mut findings);
        report.runs.push(run);
        report.exit = DatabaseReport::exit_of(&report.findings, report.incomplete.as_deref());
        Ok(())
    }

    /// Writes the reports.
    ///
    /// # Errors
    /// Fails if a file cannot be written.
    pub(super) fn write(self, context: &Context<'_>, requests: &Requests<'_>) -> Result<(), Error> {
        // Rows were removed where they have to be.
        let report = whole(context, self.began.report(self.databases), Rows::Show);
        requests.write(&RehearsalReport { command: Command::Backfill, ..report }, &mut context.terminal.raw())
    }
}

/// Returns findings for what a person should look at after a run that did not fail.
fn to_look_at(run: &BackfillRun) -> Vec<Finding> {
    let mut findings = Vec::new();
    let rejected = run.counts.rejected();
    if rejected > 0 {
        let units = count(rejected, &run.unit);
        let message = format!("{} cannot transform {units}", run.backfill);
        let help = "correct these rows, or the transform; an execution stops at the first of them";
        findings.push(Finding::new(&history::UNITS_REJECTED, message).with_help(help));
    }
    if run.left > 0 {
        let units = count(run.left, &run.unit);
        let message = format!("{} left {units} pending", run.backfill);
        let help = "they were inserted while it ran, or it does not process them: run it again";
        findings.push(Finding::new(&history::UNITS_LEFT, message).with_help(help));
    }
    findings
}
