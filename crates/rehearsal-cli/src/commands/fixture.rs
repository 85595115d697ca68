//! `fixture`: fills an empty database with a fixture, so that there is something to look at and to try things on.

use crate::args::FixtureLoadArgs;
use crate::context::{Context, Loaded};
use crate::error::Error;
use crate::target::Missing;
use crate::terminal::duration;
use rehearsal::Exit;
use rehearsal::directive::nearest;
use rehearsal::fixture;
use rehearsal::migration::{self, Goal};
use rehearsal::workspace::{Database, Fixture};
use rehearsal_db::{Address, Target};
use std::time::{Duration, Instant};

pub(super) async fn load(context: &Context<'_>, args: &FixtureLoadArgs) -> Result<Exit, Error> {
    let database = context.workspace.database(&args.database)?;
    let (loaded, fixture) = tried(context, database, &args.fixture).await?;
    for (_, target) in context.targets(&[database], &args.target, Missing::Make).await? {
        fill(context, &loaded, fixture, &target).await?;
    }
    Ok(Exit::Ok)
}

/// Fills a new database at that address with a fixture, and brings it to the newest version.
pub(super) async fn load_into(
    context: &Context<'_>,
    database: &Database,
    name: &str,
    address: &Address,
) -> Result<(), Error> {
    let (loaded, fixture) = tried(context, database, name).await?;
    let target = Target::real(address.clone(), NEW_WAITS);
    fill(context, &loaded, fixture, &target).await?;
    let mut connection = target.open().await?;
    let work = async {
        let applied = migration::applied(&mut connection).await?;
        let steps = migration::plan(&loaded.history, &applied, Goal::Newest)?;
        migration::apply_all(&mut connection, &steps, &|event| context.tell(event)).await
    };
    let worked = work.await;
    Ok(connection.close_with(worked).await?)
}

/// Nobody else knows of a new database.
const NEW_WAITS: Duration = Duration::from_secs(10);

/// The fixture of that name, tried on a throwaway copy first: what can't be loaded leaves nothing in the target.
async fn tried<'d>(
    context: &Context<'_>,
    database: &'d Database,
    name: &str,
) -> Result<(Loaded<'d>, &'d Fixture), Error> {
    let loaded = context.load(database)?;
    let known: Vec<String> = database.fixtures.iter().map(|fixture| fixture.name.clone()).collect();
    let Some(fixture) = database.fixtures.iter().find(|fixture| fixture.name == name) else {
        let nearest = nearest(name, &known);
        return Err(Error::UnknownFixture { database: database.name.clone(), name: name.to_owned(), nearest, known });
    };
    let sandbox = context.sandbox(&[database]).await?;
    let tried = sandbox.try_out(database, &loaded.history, Some(fixture)).await;
    sandbox.close().await?;
    tried?;
    Ok((loaded, fixture))
}

async fn fill(context: &Context<'_>, loaded: &Loaded<'_>, fixture: &Fixture, target: &Target) -> Result<(), Error> {
    let (terminal, paint) = (context.terminal, context.paint());
    let _lock = context.lock(target).await?;
    let start = Instant::now();
    let mut connection = target.open().await?;
    let work = async {
        if !connection.is_empty().await? {
            let name = loaded.database.name.clone();
            return Err(fixture::Error::NotEmpty { database: target.address.url(), name });
        }
        terminal.result(&format!("{} on {}", paint.strong(&loaded.database.name), target.address));
        fixture::load(&mut connection, &loaded.history, fixture, &|event| context.tell(event)).await
    };
    let worked = work.await;
    connection.close_with(worked).await?;
    terminal.result(&format!("  {}   fixture {} in {}", paint.good("loaded"), fixture.name, duration(start.elapsed())));
    Ok(())
}
