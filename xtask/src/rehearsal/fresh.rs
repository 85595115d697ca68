//! *Fresh*: an empty database takes all migrations, passes the checks, and leaves the backfills nothing to do.

use super::{Course, What};
use crate::Error;
use crate::backfill::Effect;

pub(super) async fn prove(course: &mut Course<'_>) -> Result<(), Error> {
    let scratch = course.start("fresh").await?;
    let mut connection = scratch.open().await?;
    for migration in &course.subject.history.migrations {
        if !migration.requires.is_empty() {
            let mut done = Vec::new();
            course.run_due(&scratch, Some(migration), &mut done).await?;
        }
        course.up(migration, &mut connection).await?;
    }
    course.check(&mut connection).await?;
    for backfill in course.due(None, &[]) {
        let about = backfill.about();
        if about.until.is_some_and(|until| course.subject.history.get(until).is_some()) {
            continue;
        }
        let outcome = course.backfill(backfill, &scratch, Effect::Predict).await?;
        if outcome.counts.units > 0 {
            let sentence = format!(
                "finds {} {}s to do in a database that only migrations have seen",
                outcome.counts.units, about.unit
            );
            course.problem(What::Backfill { backfill: about.name, sentence });
        }
    }
    connection.close().await?;
    Ok(())
}
