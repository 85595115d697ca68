//! `fixture`: fills an empty database with a fixture, so that there is something to look at and to try things on.

use super::args::FixtureLoadArgs;
use super::context::Context;
use super::error::Error;
use super::target::Missing;
use crate::Exit;
use crate::directive::nearest;
use crate::fixture;
use crate::report::duration;
use std::time::Instant;

pub(super) async fn load(context: &Context<'_>, args: &FixtureLoadArgs) -> Result<Exit, Error> {
    let database = context.workspace.database(&args.database)?;
    let loaded = context.load(database)?;
    let known: Vec<String> = database.fixtures.iter().map(|fixture| fixture.name.clone()).collect();
    let Some(fixture) = database.fixtures.iter().find(|fixture| fixture.name == args.fixture) else {
        let nearest = nearest(&args.fixture, &known);
        return Err(Error::UnknownFixture {
            database: database.name.clone(),
            name: args.fixture.clone(),
            nearest,
            known,
        });
    };
    fixture::check_version(fixture, &loaded.history)?;
    // Tried on a throwaway copy first: what can't be loaded leaves nothing in the target.
    let sandbox = context.sandbox(&[database]).await?;
    sandbox.template(database, &loaded.history, Some(fixture)).await?;
    sandbox.close().await?;
    let (terminal, paint) = (context.terminal, context.paint());
    for (_, target) in context.targets(&[database], &args.target, Missing::Make).await? {
        let _lock = context.lock(&target).await?;
        let start = Instant::now();
        let mut connection = target.open().await?;
        let work = async {
            if !connection.is_empty().await? {
                return Err(fixture::Error::NotEmpty { database: target.address.url(), name: database.name.clone() });
            }
            terminal.result(&format!("{} on {}", paint.strong(&database.name), target.address));
            fixture::load(&mut connection, &loaded.history, fixture, &|event| context.tell(event)).await
        };
        let worked = work.await;
        connection.close_with(worked).await?;
        terminal.result(&format!(
            "  {}   fixture {} in {}",
            paint.good("loaded"),
            fixture.name,
            duration(start.elapsed())
        ));
    }
    Ok(Exit::Ok)
}
