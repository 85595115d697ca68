//! `fixture load`: loads a fixture into an empty database, for development and experiments.

use crate::args::FixtureLoadArgs;
use crate::consent::Consent;
use crate::context::Context;
use crate::error::Error;
use crate::target::Missing;
use crate::terminal::duration;
use rehearsal::Exit;
use rehearsal::event::Event;
use rehearsal::fixture;
use rehearsal::migration::{self, Goal};
use rehearsal::registry::Loaded;
use rehearsal::workspace::{Database, Fixture};
use rehearsal_db::{Address, Target};
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) async fn load(context: &Context<'_>, args: &FixtureLoadArgs) -> Result<Exit, Error> {
    let database = context.workspace.database(&args.database)?;
    let (database, name) = match is_file(&args.fixture) {
        true => {
            let (fixtures, name) = of_file(context, &args.fixture)?;
            (&Database { fixtures, ..database.clone() }, name)
        }
        false => (database, args.fixture.clone()),
    };
    let (loaded, fixture) = tried(context, database, &name).await?;
    for (_, target) in context.targets(&[database], &args.target, Missing::Make).await? {
        Consent::of(args.yes).to_write([&target])?;
        fill(context, &loaded, fixture, &target).await?;
    }
    Ok(Exit::Ok)
}

/// True if a user names a file instead of a fixture of the database.
fn is_file(name: &str) -> bool {
    name.contains('/') || Path::new(name).extension().is_some_and(|ending| ending == "sql") || name.contains(".sql@")
}

/// Returns the fixture in a file, which states its version, and its name.
fn of_file(context: &Context<'_>, name: &str) -> Result<(Vec<Fixture>, String), Error> {
    let fixtures = Fixture::of_file(&context.resolve(Path::new(name)))?;
    let name = fixtures.first().map(|fixture| fixture.name.clone()).unwrap_or_default();
    Ok((fixtures, name))
}

/// Loads a fixture into a new database at that address and migrates it to the newest version.
pub(super) async fn load_into(
    context: &Context<'_>,
    database: &Database,
    name: &str,
    address: &Address,
) -> Result<(), Error> {
    // No other process uses a new database, so a short wait is enough.
    const WAIT: Duration = Duration::from_secs(10);
    let (loaded, fixture) = tried(context, database, name).await?;
    let target = Target::real(address.clone(), WAIT).recording_in(&database.sqlx.table);
    fill(context, &loaded, fixture, &target).await?;
    migration::run(&target, Goal::Newest, &loaded.history, &loaded.backfills, &|event| context.tell(event)).await?;
    Ok(())
}

/// Returns the fixture with that name after loading it into a throwaway database, so that a broken fixture does not
/// change the target.
async fn tried<'d>(
    context: &'d Context<'_>,
    database: &'d Database,
    name: &str,
) -> Result<(Loaded<'d>, &'d Fixture), Error> {
    let loaded = context.load(database)?;
    let fixture = fixture::find(database, name)?;
    let sandbox = context.sandbox(&[database]).await?;
    let tried = sandbox.try_out(database, &loaded.history, Some(fixture)).await;
    sandbox.close().await?;
    tried?;
    Ok((loaded, fixture))
}

async fn fill(context: &Context<'_>, loaded: &Loaded<'_>, fixture: &Fixture, target: &Target) -> Result<(), Error> {
    let (terminal, paint) = (context.terminal, context.paint());
    let start = Instant::now();
    let events = |event| match event {
        Event::Migrating { .. } => {
            terminal.result(&format!("{} on {}", paint.strong(&loaded.database.name), target.address));
        }
        other => context.tell(other),
    };
    let filled = fixture::fill(target, loaded.database, &loaded.history, fixture, &events).await;
    context.ignore_development_files()?;
    filled?;
    terminal.result(&format!("  {}   fixture {} in {}", paint.good("loaded"), fixture.name, duration(start.elapsed())));
    Ok(())
}
