//! `ci`: rehearses databases and reports the result. The proofs themselves are in `rehearsal::proofs`.

mod baseline;
mod interrupt;

use super::{completed, postgres};
use crate::args::{CiArgs, Detail, FaultName, Output, Rows};
use crate::context::Context;
use crate::environment;
use crate::error::Error;
use crate::git;
use crate::given;
use crate::host::Servers;
use crate::reporters::{Requests, Shown, Text};
use crate::terminal::{Terminal, diagnostic};
use interrupt::unless_interrupted;
use rehearsal::backfill::Fault;
use rehearsal::cache::{Cache, Inputs, Memory};
use rehearsal::proofs::{self, Depth, Program, Rehearsal, Selected};
use rehearsal::registry::{Loaded, Registry};
use rehearsal::report::{DatabaseReport, RehearsalReport};
use rehearsal::workspace::Database;
use rehearsal::{Began, Exit, Interim, Settings, Subject, Until};

/// How to rehearse.
pub(super) struct Options {
    pub(super) depth: Depth,
    pub(super) fault: Fault,
    /// The reports to write, as FORMAT=FILE.
    reports: Vec<String>,
    detail: Detail,
    /// Whether values of rows are shown.
    rows: Rows,
    pub(super) unchanged: Unchanged,
    settings: Settings,
    no_install: bool,
    /// The proofs to run; empty for all of them.
    only: Vec<String>,
    /// The proofs to leave out.
    skip: Vec<String>,
    /// The revision to compare with, or `none`.
    base: Option<String>,
    accepts: Accepts,
}

/// Whether the findings of the rehearsal are accepted from now on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Accepts {
    /// They are not.
    Nothing,
    /// They are added to `rehearsal.toml`.
    Everything,
}

/// What happens to proofs whose inputs have not changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unchanged {
    /// Their answers are taken from an earlier rehearsal.
    Recall,
    /// They are made again.
    Make,
}

impl Options {
    fn of(args: &CiArgs) -> Self {
        Self {
            depth: if args.exhaustive { Depth::Exhaustive } else { Depth::Sample },
            fault: FaultName::fault(args.fault),
            reports: args.reports.requested(args.json),
            rows: args.reports.rows.unwrap_or(Rows::Show),
            detail: if args.verbose { Detail::Full } else { Detail::Short },
            unchanged: if args.fresh { Unchanged::Make } else { Unchanged::Recall },
            no_install: args.no_install,
            settings: Settings {
                jobs: args.jobs,
                until: if args.fail_fast { Until::FirstFailure } else { Until::End },
            },
            only: args.only.clone(),
            skip: args.skip.clone(),
            base: args.base.clone(),
            accepts: if args.write_baseline { Accepts::Everything } else { Accepts::Nothing },
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            depth: Depth::Sample,
            fault: Fault::None,
            reports: Vec::new(),
            rows: Rows::Show,
            // The commands with these options have no `--verbose`.
            detail: Detail::Full,
            unchanged: Unchanged::Recall,
            no_install: false,
            settings: Settings::default(),
            only: Vec::new(),
            skip: Vec::new(),
            base: None,
            accepts: Accepts::Nothing,
        }
    }
}

pub(super) async fn run(context: &Context<'_>, args: &CiArgs) -> Result<Exit, Error> {
    let databases = context.databases(&args.databases)?;
    rehearse(context, &databases, &Options::of(args)).await
}

/// Rehearses a project without a workspace.
pub(super) async fn run_given(terminal: &Terminal, args: &CiArgs) -> Result<Exit, Error> {
    let nothing = Registry::default();
    let context = Context::given(&nothing, terminal, given::database(args)?)?;
    rehearse(&context, &context.databases(&[])?, &Options::of(args)).await
}

/// A database before its rehearsal.
enum Prepared<'a> {
    Ready(Box<Loaded<'a>>, Option<Memory>),
    Unchanged(Box<DatabaseReport>),
}

pub(super) async fn rehearse(context: &Context<'_>, databases: &[&Database], options: &Options) -> Result<Exit, Error> {
    let requests = Requests::read(&options.reports, &context.registry.reporters, &context.typed_in, Output::Text)?;
    requests.begin(context.terminal);
    let selected = proofs::select(&context.proofs(), &options.only, &options.skip)?;
    let program = Program { path: environment::program()?, fault: options.fault };
    let cache = match options.fault {
        Fault::None => Some(context.cache(&program)?),
        // A rehearsal with a fault in the library says nothing about the project.
        Fault::CursorApart => None,
    };
    let base = match databases.first() {
        Some(database) => git::find(&database.folder, options.base.as_deref())?,
        None => git::Found::Off,
    };
    postgres::provide_for(context.terminal, databases, options.no_install)?;
    let servers = Servers::describe(databases).await?;
    let prepared: Vec<_> = databases
        .iter()
        .map(|database| (*database, prepare(context, database, options, cache.as_ref(), &servers, &selected, &base)))
        .collect();
    let ready: Vec<&Database> = prepared
        .iter()
        .filter(|(_, it)| matches!(it, Ok(Prepared::Ready(..))))
        .map(|(database, _)| *database)
        .collect();
    // If the server does not start, the databases that need none are rehearsed nevertheless.
    let (sandbox, no_server) = match context.sandbox(&ready).await {
        Ok(sandbox) => (sandbox, None),
        Err(error) => (context.sandbox(&[]).await?, Some(error)),
    };
    let shown = if requests.use_standard_output() { Shown::Progress } else { Shown::Results(options.detail) };
    let reporter = Text::new(context.terminal, shown);
    let events = |event| {
        requests.event(&event);
        reporter.event(event);
    };
    let subjects: Vec<Subject<'_>> = prepared
        .iter()
        .map(|(database, prepared)| match (prepared, &no_server) {
            (Ok(Prepared::Ready(..)), Some(error)) if database.engine.storage().is_server() => {
                Subject::Refused(database, error.findings())
            }
            (Ok(Prepared::Ready(loaded, memory)), _) => {
                let whole = context.rehearsal(loaded, options.depth, Some(&program), &sandbox, &events);
                let Selected { proofs, left_out } = selected.clone();
                Subject::Ready(Box::new(Rehearsal { proofs, left_out, ..whole }), memory.as_ref())
            }
            (Ok(Prepared::Unchanged(report)), _) => Subject::Unchanged(database, report.clone()),
            (Err(error), _) => Subject::Refused(database, error.findings()),
        })
        .collect();
    let (began, interim) = (Began::now(), Interim::default());
    let root = &context.workspace.root;
    let finished = |report: &DatabaseReport| {
        let report = report.clone().relative_to(root);
        reporter.database(&match options.rows {
            Rows::Show => report,
            Rows::Hide => report.without_rows(),
        });
    };
    let whole = |report| RehearsalReport { base: base.report(), ..completed(context, report, options.rows) };
    let report = unless_interrupted(
        async || rehearsal::run(&subjects, &options.settings, &interim, &finished).await,
        || {
            let (unfinished, report) = (interim.unfinished(), whole(began.report(interim.reports())));
            for database in report.databases.iter().filter(|database| unfinished.contains(&database.name)) {
                reporter.database(database);
            }
            let report = RehearsalReport { exit: Exit::Incomplete, ..report };
            reporter.finish(&report);
            if let Err(error) = requests.write(&report, &mut context.terminal.raw()) {
                context.terminal.note(&diagnostic(&error, context.terminal.err()));
            }
        },
    );
    let report = whole(report);
    drop(subjects);
    // The report comes first, because closing the sandbox may fail.
    reporter.finish(&report);
    let written = requests.write(&report, &mut context.terminal.raw());
    let lost = written.as_ref().err().map_or(Exit::Ok, Error::exit);
    if let Err(error) = written {
        context.terminal.note(&diagnostic(&error, context.terminal.err()));
    }
    sandbox.close().await?;
    if options.accepts == Accepts::Nothing {
        return Ok(report.exit.and(lost));
    }
    let mut exit = lost;
    for (database, report) in databases.iter().zip(&report.databases) {
        exit = exit.and(baseline::accept(context, database, report)?);
    }
    Ok(exit)
}

/// Reads a database, and the answers of an earlier rehearsal if its inputs are equal.
fn prepare<'a>(
    context: &'a Context<'_>,
    database: &'a Database,
    options: &Options,
    cache: Option<&Cache>,
    servers: &Servers,
    selected: &Selected,
    base: &git::Found,
) -> Result<Prepared<'a>, Error> {
    let mut loaded = context.load(database)?;
    loaded.check_scaffolds()?;
    loaded.check_windows()?;
    if let git::Found::Revision(revision) = base {
        loaded.baseline = baseline::compare(&loaded, revision)?;
    }
    let Some((cache, server)) = cache.zip(servers.of(database.engine)) else {
        return Ok(Prepared::Ready(Box::new(loaded), None));
    };
    let Loaded { history, checks, .. } = &loaded;
    let memory = cache.memory(&Inputs { database, history, checks, depth: options.depth, server })?;
    let memory = match options.unchanged {
        // Stored answers say whether the whole rehearsal was complete, not whether some of its proofs are.
        Unchanged::Recall if selected.left_out.is_empty() => memory,
        Unchanged::Recall | Unchanged::Make => memory.forgotten(),
    };
    Ok(match memory.recalled.report(database, &selected.proofs) {
        Some(mut report) => {
            loaded.baseline.conclude(&mut report);
            Prepared::Unchanged(Box::new(report))
        }
        None => Prepared::Ready(Box::new(loaded), Some(memory)),
    })
}
