//! `verify`: runs the checks of a database on the target.

use crate::args::Output;
use crate::args::VerifyArgs;
use crate::context::Context;
use crate::error::Error;
use crate::report::{checks_json, checks_table};
use crate::target::Missing;
use rehearsal::Exit;
use rehearsal::check::{self, Checked};

pub(super) async fn run(context: &Context<'_>, args: &VerifyArgs) -> Result<Exit, Error> {
    let names: Vec<String> = args.database.iter().cloned().collect();
    let databases = context.databases(&names)?;
    let mut exit = Exit::Ok;
    for (database, target) in context.targets(&databases, &args.target, Missing::Refuse).await? {
        let loaded = context.load(database)?;
        loaded.check_windows()?;
        let Checked { version, results } = check::run(&target, &loaded.checks, &loaded.row_checks).await?;
        let paint = context.paint();
        match Output::of(args.json) {
            Output::Json => context.terminal.json(&checks_json(&results).to_string()),
            Output::Text => {
                let place = format!("{} on {} at {version}", paint.strong(&database.name), target.address);
                let empty = if results.is_empty() { ": there are no checks" } else { "" };
                context.terminal.result(&format!("{place}{empty}\n{}", checks_table(&results, paint)));
            }
        }
        if check::is_red(&results) {
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}
