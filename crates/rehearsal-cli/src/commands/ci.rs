//! `ci`: every proof of every database, with an empty database and with each fixture.

use crate::args::Output;
use crate::args::{CiArgs, FaultName};
use crate::context::{Context, Loaded, Registry};
use crate::environment;
use crate::error::Error;
use crate::given;
use crate::report::{answers_json, failures, matrix, not_done};
use crate::terminal::{Steps, Terminal, count, duration};
use futures_util::future::join_all;
use miette::Diagnostic;
use rehearsal::Exit;
use rehearsal::backfill::Fault;
use rehearsal::proofs::{Answer, Depth, Program, Rehearsal};
use rehearsal::sandbox::Sandbox;
use rehearsal::workspace::{Database, Origin};
use serde_json::json;
use std::time::Instant;

pub(super) async fn run(context: &Context<'_>, args: &CiArgs) -> Result<Exit, Error> {
    let databases = context.databases(&args.databases)?;
    let depth = if args.exhaustive { Depth::Exhaustive } else { Depth::Sample };
    let output = Output::of(args.json);
    rehearse(context, &databases, depth, FaultName::fault(args.fault), output).await
}

/// The same for a project that has no file of ours.
pub(super) async fn run_given(terminal: &Terminal, args: &CiArgs) -> Result<Exit, Error> {
    let nothing = Registry::default();
    let context = Context::given(&nothing, terminal, given::database(args)?)?;
    let output = Output::of(args.json);
    let depth = if args.exhaustive { Depth::Exhaustive } else { Depth::Sample };
    rehearse(&context, &context.databases(&[])?, depth, FaultName::fault(args.fault), output).await
}

pub(super) async fn rehearse(
    context: &Context<'_>,
    databases: &[&Database],
    depth: Depth,
    fault: Fault,
    output: Output,
) -> Result<Exit, Error> {
    let mut work = Vec::new();
    for database in databases {
        let loaded = context.load(database)?;
        context.check_windows(&loaded)?;
        work.push(loaded);
    }
    let sandbox = context.sandbox(databases).await?;
    let program = Program { path: environment::program()?, fault };
    let answered = rehearse_in(context, &work, depth, &program, &sandbox, output).await;
    sandbox.close().await?;
    Ok(answered)
}

/// True where nobody gave rows and those that were made up don't take their place: some could not be made, or a migration or a
/// backfill was not tried on them. A backfill is for what an app wrote.
fn lacks_rows(subject: &Rehearsal<'_>, answers: &[Answer]) -> bool {
    let is_untried = answers.iter().any(|answer| !answer.untried.is_empty());
    subject.database.fixtures.is_empty() && (is_untried || !subject.backfills.is_empty())
}

/// The rehearsals side by side; what they answered is told in the order of the databases.
async fn rehearse_in(
    context: &Context<'_>,
    work: &[Loaded<'_>],
    depth: Depth,
    program: &Program,
    sandbox: &Sandbox,
    output: Output,
) -> Exit {
    let (terminal, paint) = (context.terminal, context.paint());
    let steps = Steps::new(terminal);
    let events = |event| steps.show(event);
    let subjects: Vec<_> =
        work.iter().map(|loaded| context.subject(loaded, depth, Some(program), sandbox, &events)).collect();
    let rehearsals = subjects.iter().map(async |subject| {
        let start = Instant::now();
        (subject.prove_all().await, start.elapsed())
    });
    let answered = join_all(rehearsals).await;
    steps.end();
    let mut exit = Exit::Ok;
    let mut reports = Vec::new();
    for (number, ((loaded, subject), (answers, took))) in work.iter().zip(&subjects).zip(answered).enumerate() {
        let database = loaded.database;
        if number > 0 && output == Output::Text {
            terminal.result("");
        }
        let answers = match answers {
            Ok(answers) => answers,
            Err(why) => {
                exit = exit.and(why.exit());
                if output == Output::Json {
                    let (reason, help) = (why.to_string(), why.help().map(|help| help.to_string()));
                    let name = &database.name;
                    reports.push(json!({ "database": name, "answers": null, "reason": reason, "help": help }));
                } else {
                    terminal.result(&not_done(&database.name, "rehearsed", &why, paint));
                }
                continue;
            }
        };
        let problems: usize = answers.iter().map(|answer| answer.problems.len()).sum();
        if problems > 0 {
            exit = exit.and(Exit::Failed);
        } else if lacks_rows(subject, &answers) {
            exit = exit.and(Exit::Incomplete);
        }
        if output == Output::Json {
            reports.push(json!({ "database": database.name, "answers": answers_json(&answers) }));
            continue;
        }
        let parts = [
            count(loaded.history.migrations.len() as u64, "migration"),
            count(subject.backfills.len() as u64, "backfill"),
            count((loaded.checks.len() + subject.row_checks.len()) as u64, "check"),
        ];
        terminal.result(&format!(
            "{} ({}): {}\n\n{}",
            paint.strong(&database.name),
            database.engine,
            parts.join(", "),
            matrix(&answers, paint)
        ));
        // Of a proof that failed they are told with its problems.
        let holding = || answers.iter().filter(|answer| answer.problems.is_empty());
        for answer in holding() {
            for note in &answer.notes {
                terminal.note(&paint.faint(format!("  {}: {note}", answer.proof.name())));
            }
        }
        for answer in holding() {
            for oddity in &answer.oddities {
                terminal.note(&format!("  {}: {}", answer.proof.name(), paint.odd(oddity)));
            }
        }
        for answer in holding() {
            for untried in &answer.untried {
                terminal.note(&format!("  {}: {}", answer.proof.name(), paint.odd(untried)));
            }
        }
        let took = duration(took);
        let proofs = count(answers.len() as u64, "proof");
        if problems > 0 {
            terminal.result(&failures(&database.name, &answers, paint));
            terminal.result(&format!("{} in {proofs}, {took}", paint.bad(count(problems as u64, "problem"))));
        } else if lacks_rows(subject, &answers) {
            let sentence =
                format!("incomplete: {} has no fixture, and made-up rows don't do for all of it", database.name);
            terminal.result(&format!("{}\n  {}", paint.odd(sentence), where_to_put_data(database)));
        } else {
            let made_up = match answers.iter().any(|answer| !answer.made_up.is_empty()) {
                _ if !database.fixtures.is_empty() => "",
                true => " (there is no fixture: rows were made up where a migration meets any)",
                false => " (there is no fixture, and no migration met a row)",
            };
            terminal.result(&format!("{} in {took}{made_up}", paint.good(format!("all {proofs} hold"))));
        }
    }
    if output == Output::Json {
        terminal.result(&serde_json::Value::from(reports).to_string());
    }
    exit
}

fn where_to_put_data(database: &Database) -> String {
    match database.origin {
        Origin::Workspace => {
            format!("put data into fixtures/{}/<name>.sql with `-- at: VERSION` in its first line", database.name)
        }
        Origin::Given { .. } => "add data of any version with `--fixture FILE@VERSION`".to_owned(),
    }
}
